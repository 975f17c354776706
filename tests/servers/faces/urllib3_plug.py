"""urllib3: pool managers, and threads that share one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from tests.servers.faces.face import CONTENT, FORM, SECONDS, Answer, Client, Login, pieces
from tests.servers.faces.threads import at_once_in_threads

__all__ = ["Urllib3Face"]

BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "bytes": lambda: {"body": CONTENT},
    "form": lambda: {"fields": FORM, "encode_multipart": False},
    "multipart": lambda: {"fields": {"file": ("name", CONTENT)}},
    "file": lambda: {"body": io.BytesIO(CONTENT)},
    "generator": lambda: {"body": pieces()},
}
#: Connections that a pool keeps.
CONNECTIONS = 50


class Manager:
    """A `PoolManager`."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    def get(self, url: str) -> Answer:
        """Follow redirects."""
        response = self.manager.request("GET", url, timeout=SECONDS)
        return Answer(response.status, response.data)

    def send(self, method: str, url: str, kind: str) -> Answer:
        """Send a body."""
        ask = self.manager.request_encode_body if kind in {"form", "multipart"} else self.manager.request
        response = ask(method, url, timeout=SECONDS, **BODIES[kind]())
        return Answer(response.status, response.data)


class Urllib3Face:
    """The library; a proxy has a manager of its own."""

    def __init__(self, plug: ModuleType) -> None:
        self.plug: Any = plug

    @contextmanager
    def session(self, login: Login) -> Iterator[Client]:
        """One manager."""
        auth = self.plug.DigestAuth(login.user, login.password, **login.settings)
        if login.proxy is None:
            manager = self.plug.DigestPoolManager(auth, maxsize=CONNECTIONS)
        else:
            manager = self.plug.DigestProxyManager(login.proxy, auth, maxsize=CONNECTIONS)
        with manager:
            yield Manager(manager)

    def at_once(self, login: Login, urls: Sequence[str]) -> list[int]:
        """One thread for each."""
        with self.session(login) as manager:
            return at_once_in_threads(manager, urls)
