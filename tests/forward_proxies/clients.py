"""The clients that speak to a proxy which wants Digest, each behind one face."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import httpx
import httpx2
import niquests
import requests
import urllib3

from digest_http_client_auth import aiohttp as for_aiohttp
from digest_http_client_auth import httpx as for_httpx
from digest_http_client_auth import httpx2 as for_httpx2
from digest_http_client_auth import niquests as for_niquests
from digest_http_client_auth import requests as for_requests
from digest_http_client_auth import urllib3 as for_urllib3

__all__ = ["CLIENTS", "Call", "Client", "Way"]

SECONDS = 30.0


class Call(NamedTuple):
    """A request; `body` makes a new body each time, and is told whether the client is asynchronous."""

    url: str
    method: str = "GET"
    body: Callable[[bool], Any] | None = None


@dataclass(frozen=True)
class Way:
    """How requests go: through which proxy, with whose credentials, and which certificate the server has."""

    proxy: str
    proxy_auth: Any
    site_auth: Any = None
    authority: Path | None = None
    redirects: bool = False

    @property
    def context(self) -> ssl.SSLContext:
        """What TLS connections are made with."""
        return ssl.create_default_context(cafile=self.authority)


@dataclass(frozen=True)
class Client:
    """A library in one of its ways. `send` makes some calls with one client of it, one after the other or at once."""

    plug: Any
    send: Callable[[Way, Sequence[Call], bool], list[tuple[int, bytes]]]
    #: The base of what the library raises.
    error: type[Exception]
    kind: str = "DigestAuth"
    #: Whether it shows so little of a refused CONNECT that the challenge is fetched by another one.
    asks_apart: bool = False
    #: Tunnels that the library makes besides the one that it needs, with or without us.
    spare_tunnels: int = 0

    def auth(self, name: str, password: str, **settings: Any) -> Any:
        """Credentials of its plug."""
        return getattr(self.plug, self.kind)(name, password, **settings)

    def calls(self, way: Way, *calls: Call | str, at_once: bool = False) -> list[tuple[int, bytes]]:
        """Status and body of each call."""
        return self.send(way, [Call(call) if isinstance(call, str) else call for call in calls], at_once)


def _blocking(library: Any, plug: Any) -> Client:
    def send(way: Way, calls: Sequence[Call], at_once: bool) -> list[tuple[int, bytes]]:
        transport = plug.ProxyTransport(way.proxy, way.proxy_auth, verify=way.context)

        def one(call: Call) -> tuple[int, bytes]:
            answer = client.request(call.method, call.url, content=call.body(False) if call.body else None)
            return answer.status_code, answer.content

        with library.Client(
            transport=transport, auth=way.site_auth, timeout=SECONDS, follow_redirects=way.redirects
        ) as client:
            if not at_once:
                return [one(call) for call in calls]
            with ThreadPoolExecutor(len(calls)) as pool:
                return list(pool.map(one, calls))

    return Client(plug, send, library.HTTPError)


def _asynchronous(library: Any, plug: Any) -> Client:
    async def main(way: Way, calls: Sequence[Call], at_once: bool) -> list[tuple[int, bytes]]:
        transport = plug.AsyncProxyTransport(way.proxy, way.proxy_auth, verify=way.context)

        async def one(call: Call) -> tuple[int, bytes]:
            answer = await client.request(call.method, call.url, content=call.body(True) if call.body else None)
            return answer.status_code, answer.content

        async with library.AsyncClient(
            transport=transport, auth=way.site_auth, timeout=SECONDS, follow_redirects=way.redirects
        ) as client:
            if at_once:
                return await asyncio.gather(*(one(call) for call in calls))
            return [await one(call) for call in calls]

    return Client(plug, lambda *given: asyncio.run(main(*given)), library.HTTPError)


async def _aiohttp(way: Way, calls: Sequence[Call], at_once: bool) -> list[tuple[int, bytes]]:
    middlewares = (way.proxy_auth,) if way.site_auth is None else (way.site_auth, way.proxy_auth)
    connector = for_aiohttp.ProxyConnector(way.proxy_auth, ssl=way.context)

    async def one(call: Call) -> tuple[int, bytes]:
        body = call.body(True) if call.body else None
        async with client.request(call.method, call.url, data=body, allow_redirects=way.redirects) as answer:
            return answer.status, await answer.read()

    async with aiohttp.ClientSession(
        connector=connector,
        middlewares=middlewares,
        proxy=way.proxy,
        timeout=aiohttp.ClientTimeout(total=SECONDS),
    ) as client:
        if at_once:
            return await asyncio.gather(*(one(call) for call in calls))
        return [await one(call) for call in calls]


def _session_of(library: Any, kind: str, adapter: Any, way: Way) -> Any:
    """A session of requests, or of niquests."""
    session = getattr(library, kind)()
    session.trust_env = False
    session.auth = way.site_auth
    session.verify = str(way.authority) if way.authority is not None else True
    session.proxies = {"http": way.proxy, "https": way.proxy}
    for prefix in ("http://", "https://"):
        mounted = adapter(way.proxy_auth, pool_maxsize=32)
        if library is niquests and way.authority is not None:
            # Of several requests at once, each of which finds no connections yet, niquests forgets those of all but one
            # and leaves them open. So they are there before.
            mounted.proxy_manager_for(way.proxy, cert_reqs="CERT_REQUIRED", ca_certs=str(way.authority))
        session.mount(prefix, mounted)
    return session


def _requests(library: Any, plug: Any) -> Client:
    def send(way: Way, calls: Sequence[Call], at_once: bool) -> list[tuple[int, bytes]]:
        def one(call: Call) -> tuple[int, bytes]:
            body = call.body(False) if call.body else None
            answer = session.request(call.method, call.url, data=body, allow_redirects=way.redirects, timeout=SECONDS)
            return answer.status_code, answer.content

        with _session_of(library, "Session", plug.DigestProxyAdapter, way) as session:
            if not at_once:
                return [one(call) for call in calls]
            with ThreadPoolExecutor(len(calls)) as pool:
                return list(pool.map(one, calls))

    return Client(plug, send, library.RequestException, asks_apart=True)


async def _niquests(way: Way, calls: Sequence[Call], at_once: bool) -> list[tuple[int, bytes]]:
    async with _session_of(niquests, "AsyncSession", for_niquests.AsyncDigestProxyAdapter, way) as session:

        async def one(call: Call) -> tuple[int, bytes]:
            body = call.body(True) if call.body else None
            answer = await session.request(
                call.method, call.url, data=body, allow_redirects=way.redirects, timeout=SECONDS
            )
            return answer.status_code, answer.content

        if at_once:
            return await asyncio.gather(*(one(call) for call in calls))
        return [await one(call) for call in calls]


def _urllib3(way: Way, calls: Sequence[Call], at_once: bool) -> list[tuple[int, bytes]]:
    manager = for_urllib3.DigestProxyManager(
        way.proxy, way.proxy_auth, auth=way.site_auth, maxsize=32, ssl_context=way.context
    )

    def one(call: Call) -> tuple[int, bytes]:
        body = call.body(False) if call.body else None
        retries = urllib3.Retry(connect=0, read=0, other=0, redirect=5)
        answer = manager.request(
            call.method, call.url, body=body, redirect=way.redirects, timeout=SECONDS, retries=retries
        )
        return answer.status, answer.data

    with manager:
        if not at_once:
            return [one(call) for call in calls]
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))


CLIENTS: dict[str, Client] = {
    "httpx": _blocking(httpx, for_httpx),
    "httpx-async": _asynchronous(httpx, for_httpx),
    "httpx2": _blocking(httpx2, for_httpx2),
    "httpx2-async": _asynchronous(httpx2, for_httpx2),
    "requests": _requests(requests, for_requests),
    "niquests": _requests(niquests, for_niquests),
    "niquests-async": Client(
        for_niquests,
        lambda *given: asyncio.run(_niquests(*given)),
        niquests.RequestException,
        kind="AsyncDigestAuth",
        asks_apart=True,
        spare_tunnels=1,
    ),
    "urllib3": Client(for_urllib3, _urllib3, urllib3.exceptions.HTTPError, asks_apart=True),
    "aiohttp": Client(for_aiohttp, lambda *given: asyncio.run(_aiohttp(*given)), aiohttp.ClientError),
}
