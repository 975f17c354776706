"""Calls of a program that uses the client without I/O."""

from __future__ import annotations

from typing import Any

from digest_http.httpauth import DigestClient
from tests.client_auth.strict_server import StrictServer

CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
INFO = "authentication-info"


def client_for(password: str = "s3cret", **policy: Any) -> DigestClient:
    """The one user of these tests."""
    return DigestClient("alice", password, **policy)


def exchange(
    client: DigestClient, server: StrictServer, method: str = "GET", target: str = "/x", body: bytes = b""
) -> tuple[int, bool | None]:
    """One call of a program: the last status, and what `verify` said of it."""
    while True:
        signed = client.authorization(method, target, body)
        fields = {} if signed is None else {"authorization": signed.octets.decode()}
        status, sent, content = server.answer(method, target, fields, body)
        values = [value for name, value in sent if name == "WWW-Authenticate"]
        if status != 401:
            info = [value for name, value in sent if name == "Authentication-Info"]
            return status, client.verify(signed, info, content)
        if not client.challenged(values, signed):
            return status, None
