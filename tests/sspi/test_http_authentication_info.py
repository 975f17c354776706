"""The server's proof in Authentication-Info, made by one side and checked by the other."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import BODY, INTEGRITY, OTHER_BODY, HTTPPair, http_message


def test_authentication_info():
    """PADDING with room gets the server's proof, which the client checks through its own verify_signature."""
    pair = HTTPPair().login()
    message = http_message(pair.sign())
    sspi.verify_signature(pair.server, message, 0)
    proof = message[4].data
    assert proof.startswith(b'rspauth="')
    assert sspi.verify_signature(pair.client, http_message(proof), 0) == 0
    with refused(NtStatus.SEC_E_WRONG_PRINCIPAL):
        sspi.verify_signature(pair.client, http_message(proof.replace(b'rspauth="', b'rspauth="0')), 0)


def test_authentication_info_over_a_body():
    """With auth-int the proof covers the answer's body: make_signature on the server, once the body is known."""
    pair = HTTPPair(client_flags=IscReq.ISC_REQ_HTTP | INTEGRITY, server_flags=AscReq.ASC_REQ_INTEGRITY)
    pair.login(hentity=BODY)
    message = http_message(pair.sign(hentity=BODY), hentity=BODY)
    sspi.verify_signature(pair.server, message, 0)
    assert b"rspauth" not in message[4].data
    answer = http_message(hentity=OTHER_BODY)
    sspi.make_signature(pair.server, 0, answer, 0)
    proof = answer[4].data
    assert sspi.verify_signature(pair.client, http_message(proof, hentity=OTHER_BODY), 0) == 0
    with refused(NtStatus.SEC_E_WRONG_PRINCIPAL):
        sspi.verify_signature(pair.client, http_message(proof, hentity=BODY), 0)
