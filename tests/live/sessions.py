"""Our client in its four dresses, behind one face: httpx and httpx2, each called directly and from an event loop.

A session keeps a log of every hop it made, as the wire saw it, 401s included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from anyio.from_thread import BlockingPortal, start_blocking_portal

from tests.live.peers import python_peer
from tests.live.serving import USER, parameter

SECONDS = 20.0

#: A client library, and the module that holds our plug for it.
PLUGS = {"httpx": "digest_http_client_auth", "httpx2": "digest_http_client_auth.httpx2"}


@dataclass(frozen=True, slots=True)
class Hop:
    """One request that left the client, and its answer."""

    authorization: str | None
    status: int

    def parameter(self, name: str) -> str:
        """A parameter of the Authorization value that was sent."""
        assert self.authorization is not None
        return parameter(self.authorization, name)

    @property
    def nonce_and_count(self) -> tuple[str, int]:
        """What must never be sent twice."""
        return self.parameter("nonce"), int(self.parameter("nc"), 16)


@dataclass(slots=True)
class Hops:
    """Every hop of a session, in the order of the answers."""

    seen: list[Hop] = field(default_factory=list)

    def note(self, response: Any) -> None:
        """An httpx event hook."""
        self.seen.append(Hop(response.request.headers.get("authorization"), response.status_code))

    async def note_async(self, response: Any) -> None:
        """The same for an asynchronous client."""
        self.note(response)

    @property
    def statuses(self) -> list[int]:
        """The status of each hop."""
        return [hop.status for hop in self.seen]

    @property
    def signed(self) -> list[Hop]:
        """The hops that carried credentials."""
        return [hop for hop in self.seen if hop.authorization is not None]


class Session(Protocol):
    """What the tests do with a client."""

    hops: Hops

    def send(self, method: str, url: str, content: bytes | None = None) -> Any:
        """One request and its final response."""
        ...

    def at_once(self, urls: Sequence[str]) -> list[Any]:
        """One GET for each URL, all under way together; the final responses in the order of the URLs."""
        ...


class DirectSession:
    """An httpx.Client; at once means one thread for each request."""

    def __init__(self, client: Any, hops: Hops) -> None:
        self.client = client
        self.hops = hops

    def send(self, method: str, url: str, content: bytes | None = None) -> Any:
        """One request and its final response."""
        return self.client.request(method, url, content=content)

    def at_once(self, urls: Sequence[str]) -> list[Any]:
        """One thread for each URL."""
        with ThreadPoolExecutor(len(urls)) as threads:
            return list(threads.map(self.client.get, urls))


class LoopSession:
    """An httpx.AsyncClient in an event loop of its own; at once means one task for each request."""

    def __init__(self, client: Any, hops: Hops, portal: BlockingPortal) -> None:
        self.client = client
        self.hops = hops
        self.portal = portal

    def send(self, method: str, url: str, content: bytes | None = None) -> Any:
        """One request and its final response."""

        async def request() -> Any:
            return await self.client.request(method, url, content=content)

        return self.portal.call(request)

    def at_once(self, urls: Sequence[str]) -> list[Any]:
        """One task for each URL."""

        async def gather() -> list[Any]:
            return list(await asyncio.gather(*(self.client.get(url) for url in urls)))

        return self.portal.call(gather)


@contextmanager
def session(library: str, mode: str, password: str, *, username: str = USER, **policy: Any) -> Iterator[Session]:
    """A client of ``library``, "direct" or in a "loop", with DigestAuth(username, password, **policy)."""
    http = python_peer(library)
    auth = python_peer(PLUGS[library]).DigestAuth(username, password, **policy)
    hops = Hops()
    if mode == "direct":
        with http.Client(event_hooks={"response": [hops.note]}, **settings(http, auth)) as client:
            yield DirectSession(client, hops)
    else:
        with start_blocking_portal("asyncio") as portal:
            client = http.AsyncClient(event_hooks={"response": [hops.note_async]}, **settings(http, auth))
            with portal.wrap_async_context_manager(client):
                yield LoopSession(client, hops, portal)


#: Called with a password and DigestAuth's keywords, it opens a session; what the fixture ``log_in`` is.
LogIn = Callable[..., AbstractContextManager[Session]]


def settings(http: ModuleType, auth: Any) -> dict[str, Any]:
    """Client settings that leave this machine's own settings out, with a connection for each request at once."""
    return {
        "auth": auth,
        "follow_redirects": True,
        "trust_env": False,
        "timeout": SECONDS,
        "limits": http.Limits(max_connections=40),
    }
