"""The count of a nonce (nc): each is taken once, and only by what was signed or verified."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus
from tests.sspi.refusals import refused
from tests.sspi.scenarios.contexts import use_up
from tests.sspi.wiring import BODY, INTEGRITY, OTHER_BODY, TOKEN, HTTPPair, accept_input, buffers, http_message


@pytest.mark.obeys("sspi-out-of-sequence")
def test_each_count_is_taken_once():
    """A replay is out of sequence by either way, and the next count still good."""
    pair = HTTPPair().login()
    token = pair.sign()
    sspi.verify_signature(pair.server, http_message(token), 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.verify_signature(pair.server, http_message(token), 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.complete_auth_token(pair.accept(token).context, accept_input(token))
    sspi.verify_signature(pair.server, http_message(pair.sign()), 0)


@pytest.mark.obeys("sspi-out-of-sequence")
def test_a_request_that_was_refused_does_not_count():
    """Altered method, target, body hash or digest: SEC_E_MESSAGE_ALTERED, and the same token is good afterwards."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_INTEGRITY)
    pair.login(hentity=BODY)
    token = pair.sign(hentity=BODY)
    digest = token[token.index(b'response="') + 10 :][:32]
    for message in (
        http_message(token, b"PUT", hentity=BODY),
        http_message(token, url=b"/other", hentity=BODY),
        http_message(token, hentity=OTHER_BODY),
        http_message(token.replace(digest, digest[::-1]), hentity=BODY),
    ):
        with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
            sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.verify_signature(pair.server, http_message(token, hentity=BODY, room=5), 0)
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.verify_signature(pair.server, http_message(token), 0)
    assert sspi.verify_signature(pair.server, http_message(token, hentity=BODY), 0) == 0


def test_a_request_that_could_not_be_signed_does_not_count():
    """A PADDING buffer that is one octet short takes no nc."""
    pair = HTTPPair().login()
    length = len(pair.sign())
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        pair.sign(room=length - 1)
    assert b"nc=00000003" in pair.sign(room=length)


def test_a_count_out_of_order_without_a_context_is_stale():
    """A first response with nc 2 is right but for its count: a new challenge, no access."""
    pair = HTTPPair()
    challenge = pair.challenge()
    pair.respond(challenge)
    result = pair.accept(pair.respond(challenge))
    assert result.status is NtStatus.SEC_I_CONTINUE_NEEDED
    assert not result.attributes


@pytest.mark.obeys("sspi-zero-parameters")
def test_qop_and_sequence_numbers_have_to_be_zero():
    """fQOP and MessageSeqNo other than 0 are refused, and nothing is counted."""
    pair = HTTPPair().login()
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.make_signature(pair.client, 1, http_message(), 0)
    with refused(NtStatus.SEC_E_INVALID_PARAMETER):
        sspi.make_signature(pair.client, 0, http_message(), 2)
    assert b"nc=00000002" in pair.sign()


def test_what_a_server_sends_after_out_of_sequence():
    """The same array, given to accept_security_context once more, is a challenge with stale=true; nothing passes twice.

    The context goes on: requests in their order are not disturbed by one that was not.
    """
    pair = HTTPPair().login()
    early, late = pair.sign(), pair.sign()
    given = accept_input(late, url=b"/x")
    found = pair.accept(late, url=b"/x")
    output, answer = buffers((TOKEN, 4096)), found
    for _ in range(2):
        with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
            sspi.complete_auth_token(found.context, given)
        answer = sspi.accept_security_context(pair.server_handle, None, given, AscReq.ASC_REQ_HTTP, 0, output)
        assert answer.status is NtStatus.SEC_I_CONTINUE_NEEDED
        assert b"stale=true" in output[0].data
    sspi.complete_auth_token(pair.accept(early, url=b"/x").context, accept_input(early, url=b"/x"))
    fresh = pair.respond(output[0].data)
    assert pair.accept(fresh, answer.context, url=b"/x").status is NtStatus.SEC_E_OK


def test_the_same_for_a_server_that_verifies():
    """After verify_signature the context is deleted first; the count stays, so the replay is stale and no access."""
    pair = HTTPPair().login()
    token = pair.sign()
    sspi.verify_signature(pair.server, http_message(token), 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.verify_signature(pair.server, http_message(token), 0)
    sspi.delete_security_context(pair.server)
    output = buffers((TOKEN, 4096))
    given = accept_input(token, url=b"/x")
    answer = sspi.accept_security_context(pair.server_handle, None, given, AscReq.ASC_REQ_HTTP, 0, output)
    assert answer.status is NtStatus.SEC_I_CONTINUE_NEEDED
    assert b"stale=true" in output[0].data
    with refused(NtStatus.SEC_E_INVALID_HANDLE):
        sspi.complete_auth_token(answer.context, given)


def test_a_wrong_digest_is_owed_no_challenge():
    """After any other refusal accept_security_context finds the context as before."""
    pair = HTTPPair().login()
    token = pair.sign().replace(b'response="', b'response="0')
    given = accept_input(token, url=b"/x")
    for _ in range(2):
        found = pair.accept(token, url=b"/x")
        assert found.status is NtStatus.SEC_I_COMPLETE_NEEDED
        with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
            sspi.complete_auth_token(found.context, given)


def test_counts_that_are_used_up_need_a_new_handshake():
    """SEC_I_RENEGOTIATE from make_signature over HTTP; a new challenge to the same context goes on."""
    pair = use_up(HTTPPair().login())
    message = http_message()
    with refused(NtStatus.SEC_I_RENEGOTIATE):
        sspi.make_signature(pair.client, 0, message, 0)
    assert message[4].data == bytes(4096)
    assert b"nc=00000001" in pair.respond(pair.challenge())
    assert b"nc=00000002" in pair.sign()
