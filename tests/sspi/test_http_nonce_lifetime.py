"""A nonce that grows old: stale=true for the right password, nextnonce ahead of it."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import AscReq, NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import TOKEN, HTTPPair, accept_input, buffers, client_handle, http_message, server_handle


class Clock:
    """Seconds that a test moves."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_an_old_nonce_and_the_right_password():
    """After its lifetime the answer is a new challenge with stale=true, which the client takes up at once."""
    clock = Clock()
    pair = HTTPPair(server_handle=server_handle(lifetime=60, clock=clock)).login()
    token = pair.sign()
    clock.now += 61
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sspi.verify_signature(pair.server, http_message(token), 0)
    output = buffers((TOKEN, 4096))
    result = sspi.accept_security_context(pair.server_handle, None, accept_input(token), AscReq.ASC_REQ_HTTP, 0, output)
    assert result.status is NtStatus.SEC_I_CONTINUE_NEEDED
    assert b"stale=true" in output[0].data
    again = pair.respond(output[0].data)
    assert b"nc=00000001" in again
    assert pair.accept(again, result.context).status is NtStatus.SEC_E_OK
    wrong = HTTPPair(client_handle("wrong"), pair.server_handle)
    token = wrong.respond(wrong.challenge())
    clock.now += 61
    with refused(NtStatus.SEC_E_LOGON_DENIED):
        wrong.accept(token)


def test_a_stale_answer_stays_in_its_realm():
    """The new challenge names the realm of the response, not the default one."""
    clock = Clock()
    pair = HTTPPair(server_handle=server_handle(clock=clock))
    token = pair.respond(pair.challenge(realm="other"))
    clock.now += 3600
    output = buffers((TOKEN, 4096))
    sspi.accept_security_context(pair.server_handle, None, accept_input(token), AscReq.ASC_REQ_HTTP, 0, output)
    assert output[0].data.startswith(b'realm="other"')
    assert b"stale=true" in output[0].data


def test_nextnonce_is_taken_up():
    """Near the end of a nonce the server hands out the next; the client signs with it, and a new context begins."""
    clock = Clock()
    handle = server_handle(lifetime=100, clock=clock, algorithms=["MD5"])
    pair = HTTPPair(server_handle=handle).login()
    clock.now += 90
    message = http_message(pair.sign())
    sspi.verify_signature(pair.server, message, 0)
    assert b"nextnonce=" in message[4].data
    sspi.verify_signature(pair.client, http_message(message[4].data), 0)
    clock.now += 20
    token = pair.sign()
    assert b"nc=00000001" in token
    assert pair.accept(token).status is NtStatus.SEC_E_OK
