"""httpx and httpx2: one after the other with `Client`, all at once with `AsyncClient`."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from tests.servers.faces.face import CONTENT, FORM, SECONDS, Answer, Client, Login, pieces

__all__ = ["HttpxFace"]

#: No certificate is asked for here; without these, each client would read the system's.
CERTIFICATES = ssl.create_default_context()

#: What the library calls each kind of body. They are made anew for each request.
BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "bytes": lambda: {"content": CONTENT},
    "form": lambda: {"data": FORM},
    "multipart": lambda: {"files": {"file": ("name", CONTENT)}},
    "file": lambda: {"content": io.BytesIO(CONTENT)},
    "generator": lambda: {"content": pieces()},
}


class Blocking:
    """A `Client`."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, url: str) -> Answer:
        """Follow redirects."""
        response = self.client.get(url)
        return Answer(response.status_code, response.content)

    def send(self, method: str, url: str, kind: str) -> Answer:
        """Send a body."""
        response = self.client.request(method, url, **BODIES[kind]())
        return Answer(response.status_code, response.content)


class HttpxFace:
    """One of the two libraries."""

    def __init__(self, library: ModuleType, plug: ModuleType) -> None:
        self.library: Any = library
        self.plug: Any = plug

    def _settings(self, login: Login) -> dict[str, Any]:
        auth = self.plug.DigestAuth(login.user, login.password, **login.settings)
        kept = {"timeout": SECONDS, "trust_env": False, "follow_redirects": True, "verify": CERTIFICATES}
        return {"auth": auth, "proxy": login.proxy, **kept}

    @contextmanager
    def session(self, login: Login) -> Iterator[Client]:
        """One client."""
        with self.library.Client(**self._settings(login)) as client:
            yield Blocking(client)

    def at_once(self, login: Login, urls: Sequence[str]) -> list[int]:
        """One task for each."""

        async def get_all() -> list[int]:
            # httpcore looks through all its connections each time: fifty that are kept take longer than fifty new.
            limits = self.library.Limits(max_connections=None, max_keepalive_connections=0)
            async with self.library.AsyncClient(**self._settings(login), limits=limits) as client:
                return [answer.status_code for answer in await asyncio.gather(*map(client.get, urls))]

        return asyncio.run(get_all())
