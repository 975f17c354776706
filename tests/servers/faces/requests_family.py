"""requests and niquests: sessions, and threads that share one."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from tests.servers.faces.face import CONTENT, FORM, SECONDS, Answer, Client, Login, pieces
from tests.servers.faces.threads import at_once_in_threads

__all__ = ["RequestsFace"]

BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "bytes": lambda: {"data": CONTENT},
    "form": lambda: {"data": FORM},
    "multipart": lambda: {"files": {"file": ("name", CONTENT)}},
    "file": lambda: {"data": io.BytesIO(CONTENT)},
    "generator": lambda: {"data": pieces()},
}
#: Connections that a session keeps; it says so in the log where it has to close one.
CONNECTIONS = 50


class Session:
    """A `Session`."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def get(self, url: str) -> Answer:
        """Follow redirects."""
        response = self.session.get(url, timeout=SECONDS)
        return Answer(response.status_code, response.content)

    def send(self, method: str, url: str, kind: str) -> Answer:
        """Send a body."""
        response = self.session.request(method, url, timeout=SECONDS, **BODIES[kind]())
        return Answer(response.status_code, response.content)


class RequestsFace:
    """One of the two libraries."""

    def __init__(self, library: ModuleType, plug: ModuleType) -> None:
        self.library: Any = library
        self.plug: Any = plug

    @contextmanager
    def session(self, login: Login) -> Iterator[Client]:
        """One session."""
        with self.library.Session() as session:
            session.trust_env = False
            session.mount("http://", self.library.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
            session.auth = self.plug.DigestAuth(login.user, login.password, **login.settings)
            if login.proxy is not None:
                session.proxies = {"http": login.proxy}
            yield Session(session)

    def at_once(self, login: Login, urls: Sequence[str]) -> list[int]:
        """One thread for each."""
        with self.session(login) as session:
            return at_once_in_threads(session, urls)
