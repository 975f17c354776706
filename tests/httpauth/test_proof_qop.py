"""Whether a proof covers the body is read as the general parser reads it, however qop is written."""

from __future__ import annotations

import pytest

from digest_http.errors import WrongPrincipal
from digest_http.httpauth import Authorization, DigestClient
from tests.client_auth.proof_spellings import AUTH, AUTH_INT, NEITHER, proof_of

CHALLENGE = 'Digest realm="api@example.org", nonce="n", qop="{}", algorithm=SHA-256'

pytestmark = [
    pytest.mark.parametrize("asked", ["auth", "auth-int"]),
    pytest.mark.parametrize("first", [False, True]),
]


def signed_by(asked: str) -> tuple[DigestClient, Authorization]:
    """A client that has signed a request with that qop."""
    client = DigestClient("alice", "s3cret", qop=(asked,), verify="if-present")
    assert client.challenged(CHALLENGE.format(asked), None)
    signed = client.authorization("GET", "/x", b"")
    assert signed is not None
    return client, signed


@pytest.mark.parametrize("spelling", AUTH_INT)
def test_a_proof_of_auth_int_covers_the_body(asked: str, first: bool, spelling: str) -> None:
    """Another body than that of the proof is refused, and so is none at all; an empty one does not stand for it."""
    client, signed = signed_by(asked)
    for page in (b"page", b""):
        proof = proof_of(signed, "auth-int", spelling, page, first=first)
        assert client.verify(signed, proof, page)
        for body in (b"evil", None, b"" if page else b"page"):
            with pytest.raises(WrongPrincipal):
                client.verify(signed, proof, body)
    with pytest.raises(WrongPrincipal):
        client.verify(signed, proof_of(signed, "auth", spelling, b"", first=first), b"")


@pytest.mark.parametrize("spelling", AUTH)
def test_a_proof_of_auth_asks_for_no_body(asked: str, first: bool, spelling: str) -> None:
    """Whatever the body is; and a proof that was made with auth-int does not pass for it."""
    client, signed = signed_by(asked)
    for body in (None, b"", b"page"):
        assert client.verify(signed, proof_of(signed, "auth", spelling, b"", first=first), body)
        with pytest.raises(WrongPrincipal):
            client.verify(signed, proof_of(signed, "auth-int", spelling, body or b"", first=first), body)


@pytest.mark.parametrize("spelling", NEITHER)
def test_what_is_neither_is_refused(asked: str, first: bool, spelling: str) -> None:
    """A qop that stands twice, is unknown or cannot be read makes no proof, with any body."""
    client, signed = signed_by(asked)
    for qop in ("auth", "auth-int"):
        for body in (None, b"", b"page"):
            with pytest.raises(WrongPrincipal):
                client.verify(signed, proof_of(signed, qop, spelling, body or b"", first=first), body)
