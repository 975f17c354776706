"""HTTP Digest through the SSPI names: the documented sequence, and what challenge and response name."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.credentials import Credentials
from digest_http.sspi import AscReq, IscReq, NtStatus
from tests.sspi.refusals import refused
from tests.sspi.wiring import (
    INTEGRITY,
    HTTPPair,
    accept_input,
    body_hash,
    client_handle,
    http_message,
    server_handle,
)

ALGORITHMS = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]


@pytest.mark.obeys("sspi-sequence")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("integrity", [False, True], ids=["auth", "auth-int"])
def test_the_documented_sequence(algorithm, integrity):
    """Challenge, response, then signed requests by verify_signature and by complete_auth_token, nc rising by one."""
    pair = HTTPPair(
        server_handle=server_handle(algorithms=[algorithm]),
        client_flags=IscReq.ISC_REQ_HTTP | (INTEGRITY if integrity else IscReq(0)),
        server_flags=AscReq.ASC_REQ_HTTP | (AscReq.ASC_REQ_INTEGRITY if integrity else AscReq(0)),
    ).login(hentity=body_hash(algorithm, b"body") if integrity else b"")
    hentity = body_hash(algorithm, b"other") if integrity else b""
    for number in range(2, 6):
        token = pair.sign(method=b"POST", url=b"/y?q=1", hentity=hentity)
        assert b"nc=%08x" % number in token
        assert (b'qop="auth-int"' in token) is integrity
        if number % 2:
            given = accept_input(token, b"POST", b"/y?q=1", hentity)
            result = pair.accept(token, method=b"POST", url=b"/y?q=1", hentity=hentity)
            assert result.status is NtStatus.SEC_I_COMPLETE_NEEDED
            assert result.context is pair.server
            sspi.complete_auth_token(result.context, given)
        else:
            message = http_message(token, b"POST", b"/y?q=1", hentity, room=None)
            assert sspi.verify_signature(pair.server, message, 0) == 0


def test_the_challenge_names_what_was_asked_for():
    """Realm from its buffer, qop from the flags, an opaque, a nonce that says it can check bindings, UTF-8."""
    token = HTTPPair(server_flags=AscReq.ASC_REQ_REPLAY_DETECT).challenge(realm="other")
    assert token.startswith(b'realm="other", nonce="+Upgraded+v1')
    assert b'qop="auth,auth-int"' in token
    assert b", charset=UTF-8" in token
    assert b', opaque="' in token
    assert b"algorithm=MD5-sess" in token
    assert b'qop="auth"' in HTTPPair().challenge()


def test_the_strongest_of_several_challenges():
    """One token with two challenges; a client that may not use the stronger one takes the other."""
    server = server_handle(algorithms=["MD5", "SHA-256"])
    for allowed, chosen in ((None, b'"SHA-256"'), (["MD5"], b'"MD5"')):
        pair = HTTPPair(client_handle(algorithms=allowed), server)
        challenge = pair.challenge()
        assert challenge.count(b"Digest realm=") == 1
        token = pair.respond(challenge)
        assert b"algorithm=" + chosen in token
        assert pair.accept(token).status is NtStatus.SEC_E_OK


def test_userhash():
    """With userhash the name goes out hashed, and the server's context knows the name."""
    pair = HTTPPair(server_handle=server_handle(algorithms=["SHA-256"], userhash=True))
    token = pair.respond(pair.challenge())
    assert b"alice" not in token
    context = pair.accept(token).context
    assert sspi.query_context_attributes(context, sspi.SecPkgContextNames).username == "alice"


def test_rfc_2069():
    """A challenge without qop is answered without; a server that allows it takes each nonce once."""
    pair = HTTPPair(server_handle=server_handle(algorithms=["MD5"], allow_rfc2069=True))
    challenge = pair.challenge().replace(b', qop="auth"', b"")
    token = pair.respond(challenge)
    assert b"nc=" not in token
    context = pair.accept(token).context
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.complete_auth_token(context, accept_input(token))


def test_the_target_is_compared_where_it_is_given():
    """accept_security_context's third buffer: empty is no check, another target is refused."""
    pair = HTTPPair()
    token = pair.respond(pair.challenge())
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        pair.accept(token, url=b"/other")
    assert pair.accept(token, url=b"/x").status is NtStatus.SEC_E_OK


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_one_token_is_parsed_once(monkeypatch, algorithm):
    """By the call that takes it: the login, and a request in another spelling; none where the spelling is known."""
    parsed = []
    read = Credentials.parse

    def parse(token: bytes) -> Credentials:
        parsed.append(token)
        return read(token)

    pair = HTTPPair(server_handle=server_handle(algorithms=[algorithm]))
    challenge = pair.challenge()
    monkeypatch.setattr(Credentials, "parse", parse)
    response = pair.respond(challenge)
    pair.server = pair.accept(response, pair.server).context
    assert parsed == [response]
    token = pair.sign().replace(b", ", b",")
    assert sspi.verify_signature(pair.server, http_message(token), 0) == 0
    assert parsed == [response, token]
    assert sspi.verify_signature(pair.server, http_message(pair.sign()), 0) == 0
    assert parsed == [response, token]
