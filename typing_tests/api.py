"""The public API as users write it, for type checkers only: checked by mypy and pyright, never run."""

from __future__ import annotations

import aiohttp
import httpx
import httpx2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Scope

from digest_http.algorithms import Algorithm
from digest_http.httpauth import DigestClient
from digest_http.httpauth.protocols import CountedUsers, HashCounts, NonceStore, Users
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.stores import MemoryStore
from digest_http_client_auth import DigestAuth
from digest_http_client_auth.aiohttp import DigestAuth as DigestAuthOfAiohttp
from digest_http_client_auth.aiohttp import ProxyConnector
from digest_http_client_auth.httpx import AsyncProxyTransport, ProxyTransport
from digest_http_client_auth.httpx2 import DigestAuth as DigestAuth2
from digest_http_client_auth.httpx2 import ProxyTransport as ProxyTransport2
from digest_http_middleware import DigestAuthMiddleware, Refusal


class Directory:
    """A user source that answers later."""

    async def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | None:
        """Nobody is known."""
        return None if username and realm and algorithm.name else b""


class CountedDirectory(Directory):
    """One that also tells which hashes it holds."""

    async def count_hashes(self, realm: str) -> HashCounts | None:
        """One user with MD5."""
        return HashCounts(users=1, having={"MD5": 1}) if realm else None


async def by_function(username: str, realm: str, algorithm: Algorithm) -> bytes | None:
    """A function as a user source."""
    return await Directory().ha1(username, realm, algorithm)


def answer(scope: Scope, refusal: Refusal) -> tuple[str, bytes]:
    """A custom body."""
    return "text/plain", f"{refusal.status} {refusal.reason} at {scope['path']}".encode()


async def later(scope: Scope, refusal: Refusal) -> tuple[str, bytes]:
    """A custom body that takes time."""
    return answer(scope, refusal)


users: Users = Directory()
counted: CountedUsers = CountedDirectory()
store: NonceStore = MemoryStore(capacity=10)

starlette = Starlette(middleware=[Middleware(DigestAuthMiddleware, users={"alice": "s3cret"}, realm="home")])
starlette.add_middleware(DigestAuthMiddleware, users=users, realm="home", store=store)

by_mapping = DigestAuthMiddleware(starlette, {"alice": "s3cret"}, "home", algorithms=["SHA-256"], qop=["auth"])
by_look_up = DigestAuthMiddleware(starlette, users=by_function, realm="home", answer=answer, public=["/health"])
by_old_clients = DigestAuthMiddleware(starlette, users=CountedDirectory(), realm="home", old_clients=True)
by_rule = DigestAuthMiddleware(
    starlette, users=users, realm="home", answer=later, protect=lambda scope: scope["path"] != "/"
)


def call() -> httpx.Response:
    """Both clients take the object where they take an auth."""
    httpx2.Client(auth=DigestAuth2("alice", "s3cret", verify="required", algorithms=["SHA-256"]))
    httpx.AsyncClient(auth=DigestAuth("alice", "s3cret"))
    return httpx.get("http://127.0.0.1/", auth=DigestAuth("alice", "s3cret", verify="off"))


async def call_of_aiohttp() -> int:
    """A middleware of a session and of a request; a connector for a proxy."""
    proxy_auth = DigestAuthOfAiohttp("bob", "pr0xy", proxy=True)
    middlewares = (DigestAuthOfAiohttp("alice", "s3cret", verify="required"), proxy_auth)
    connector = ProxyConnector(proxy_auth, limit=10)
    async with aiohttp.ClientSession(middlewares=middlewares, connector=connector) as session:
        answer = await session.get("http://127.0.0.1/", middlewares=[proxy_auth])
    return answer.status


def through_a_proxy() -> tuple[httpx.Client, httpx.AsyncClient, httpx2.Client]:
    """Transports for proxies go where transports go."""
    proxy_auth, url = DigestAuth("bob", "pr0xy", proxy=True), "http://proxy.example:3128"
    return (
        httpx.Client(transport=ProxyTransport(url, proxy_auth, verify=False), mounts={"http://": None}),
        httpx.AsyncClient(transport=AsyncProxyTransport(httpx.URL(url), proxy_auth)),
        httpx2.Client(transport=ProxyTransport2(url, DigestAuth2("bob", "pr0xy", proxy=True))),
    )


def signed() -> str | None:
    """Challenges as libraries give them; a value that is a str."""
    client = DigestClient("alice", "s3cret", prefer="server-order", cnonce=lambda: "c")
    value = client.authorization("REGISTER", b"sip:example.org", b"body")
    if client.challenged(["Digest ...", b"Basic ..."], value) or client.challenged(None, None):
        value = client.authorization(b"OPTIONS", "*")
    proved: bool = client.verify(value, "rspauth=...", b"body")
    return value if value is not None and proved and value.parameters else None


def login() -> bytes:
    """The SASL objects speak octets."""
    client = DigestMD5Client("alice", "s3cret", service="imap", host="mail.example.com")
    server = DigestMD5Server({"alice": "s3cret"}, service="imap", host="mail.example.com")
    token: bytes = server.step()
    return server.step(client.step(token))
