"""A server that says what it is told to, for httpx's DigestAuth; and Digest worked out by hand with hashlib."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from digest_http_client_auth import DigestAuth
from tests.client_auth.strict_server import StrictServer, parameters_of

__all__ = ["HOME", "Seen", "answered", "client", "is_right", "strict"]

HOME = "http://server.example"
USER, PASSWORD = "alice", "s3cret"

#: Status, fields, body.
Answer = tuple[int, Sequence[tuple[str, str | bytes]], bytes]
#: From a request and its body to the answer.
Script = Callable[[httpx.Request, bytes], Answer]

HASHES = {"md5": hashlib.md5, "sha-256": hashlib.sha256}


class Seen(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """What a script was asked, request by request. It reads bodies as a connection does: each time from the stream."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[httpx.Request] = []
        self.statuses: list[int] = []
        #: The Authorization of each request.
        self.fields: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        return self._answer(request, b"".join(request.stream))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        # Others have their turn here, as on a real connection.
        await asyncio.sleep(0)
        return self._answer(request, b"".join([chunk async for chunk in request.stream]))

    def _answer(self, request: httpx.Request, content: bytes) -> httpx.Response:
        self.requests.append(request)
        self.fields.append(request.headers.get("authorization"))
        status, fields, body = self.script(request, content)
        self.statuses.append(status)
        octets = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in fields]
        return httpx.Response(status, headers=octets, content=body)


def client(seen: Seen, auth: httpx.Auth | None = None, **settings: Any) -> httpx.Client:
    """A client of the script; the settings are those of DigestAuth."""
    auth = DigestAuth(USER, PASSWORD, **settings) if auth is None else auth
    return httpx.Client(transport=seen, auth=auth, follow_redirects=True)


def strict(server: StrictServer) -> Script:
    """A strict server's answers."""

    def script(request: httpx.Request, body: bytes) -> Answer:
        fields = {name.decode().lower(): value.decode() for name, value in request.headers.raw}
        answer: Answer = server.answer(request.method, request.url.raw_path.decode(), fields, body)
        return answer

    return script


def answered(lines: Sequence[str | bytes | tuple[str, str]], **settings: Any) -> str | None:
    """The Authorization that a 401 with these challenges is answered with; None if it is handed to the caller."""
    fields = [line if isinstance(line, tuple) else ("WWW-Authenticate", line) for line in lines]
    seen = Seen(lambda request, _: (200, (), b"") if "authorization" in request.headers else (401, fields, b""))
    auth = DigestAuth(settings.pop("username", USER), PASSWORD, **settings)
    with client(seen, auth) as asking:
        status = asking.get(f"{HOME}/a?b=c").status_code
    assert status == (200 if len(seen.requests) == 2 else 401)
    return seen.fields[-1]


def is_right(field: str, *, username: str = USER, charset: str = "utf-8", method: str = "GET", body: str = "") -> bool:
    """Whether the response follows from all that was sent (RFC 7616 §3.4.1, RFC 2069 §2.1.2)."""
    p = parameters_of(field)
    name = p.get("algorithm", "MD5").lower()

    def h(text: str) -> str:
        return HASHES[name.removesuffix("-sess")](text.encode(charset)).hexdigest()

    a1 = h(f"{username}:{p['realm']}:{PASSWORD}")
    if name.endswith("-sess"):
        a1 = h(f"{a1}:{p['nonce']}:{p['cnonce']}")
    a2 = f"{method}:{p['uri']}" + (f":{h(body)}" if p.get("qop") == "auth-int" else "")
    middle = f"{p['nc']}:{p['cnonce']}:{p['qop']}:" if "qop" in p else ""
    return bool(p["response"] == h(f"{a1}:{p['nonce']}:{middle}{h(a2)}"))
