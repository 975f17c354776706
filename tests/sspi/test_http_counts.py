"""The count of a nonce (nc): each is taken once, and only by what was signed or verified."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import BODY, INTEGRITY, OTHER_BODY, HTTPPair, accept_input, http_message


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


def test_qop_and_sequence_numbers_have_to_be_zero():
    """fQOP and MessageSeqNo other than 0 are refused, and nothing is counted."""
    pair = HTTPPair().login()
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.make_signature(pair.client, 1, http_message(), 0)
    with refused(NtStatus.SEC_E_INVALID_PARAMETER):
        sspi.make_signature(pair.client, 0, http_message(), 2)
    assert b"nc=00000002" in pair.sign()
