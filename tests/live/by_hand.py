"""A Digest answer worked out in a few lines, so that some tests owe nothing to the code they test."""

from __future__ import annotations

import hashlib

from tests.live.serving import parameter


def sha256(text: str) -> str:
    """H(text) in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def response(signed: str, password: str, method: str) -> str:
    """Return the response for a value of Authorization with SHA-256 and qop=auth (RFC 7616 §3.4.1).

    With an empty method it is the rspauth that has to answer it (§3.5).
    """
    username, realm, nonce, nc, cnonce, uri = (
        parameter(signed, name) for name in ("username", "realm", "nonce", "nc", "cnonce", "uri")
    )
    assert (parameter(signed, "algorithm"), parameter(signed, "qop")) == ("SHA-256", "auth")
    a1, a2 = sha256(f"{username}:{realm}:{password}"), sha256(f"{method}:{uri}")
    return sha256(f"{a1}:{nonce}:{nc}:{cnonce}:auth:{a2}")


def authorization(challenge: str, target: str, *, username: str, password: str, nc: int = 1) -> str:
    """Return the Authorization value that answers a SHA-256 ``challenge`` for a GET."""
    realm, nonce = parameter(challenge, "realm"), parameter(challenge, "nonce")
    signed = (
        f'Digest username="{username}", realm="{realm}", nonce="{nonce}", uri="{target}", algorithm=SHA-256, '
        f'qop=auth, nc={nc:08x}, cnonce="0a4f113b"'
    )
    return f'{signed}, response="{response(signed, password, "GET")}"'
