"""aiohttp: client sessions, with an event loop for each."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from tests.servers.faces.face import CONTENT, FORM, SECONDS, Answer, Client, Login, pieces

__all__ = ["AiohttpFace"]


async def pieces_in_turn() -> AsyncIterator[bytes]:
    """The content, piece by piece, once only."""
    for piece in pieces():
        yield piece


class Session:
    """A `ClientSession`, whose calls are waited for."""

    def __init__(self, library: Any, session: Any, proxy: str | None, run: Callable[[Any], Any]) -> None:
        self.library, self.session, self.proxy, self.run = library, session, proxy, run

    async def ask(self, method: str, url: str, body: Any = None) -> Answer:
        """Follow redirects."""
        async with self.session.request(method, url, data=body, proxy=self.proxy) as response:
            return Answer(response.status, await response.read())

    def get(self, url: str) -> Answer:
        """Ask and wait."""
        answer: Answer = self.run(self.ask("GET", url))
        return answer

    def send(self, method: str, url: str, kind: str) -> Answer:
        """Ask and wait. A body is made in the loop that sends it."""

        async def ask() -> Answer:
            form = self.library.FormData()
            form.add_field("file", CONTENT, filename="name")
            bodies = {
                "bytes": CONTENT,
                "form": FORM,
                "multipart": form,
                "file": io.BytesIO(CONTENT),
                "generator": pieces_in_turn(),
            }
            return await self.ask(method, url, bodies[kind])

        answer: Answer = self.run(ask())
        return answer


class AiohttpFace:
    """The library."""

    def __init__(self, library: ModuleType, plug: ModuleType) -> None:
        self.library: Any = library
        self.plug: Any = plug

    @contextmanager
    def _opened(self, login: Login) -> Iterator[Session]:
        async def open_session() -> Any:
            auth = self.plug.DigestAuth(login.user, login.password, **login.settings)
            timeout = self.library.ClientTimeout(SECONDS)
            # A jar that takes cookies of an address, as jars of other libraries do.
            jar = self.library.CookieJar(unsafe=True)
            return self.library.ClientSession(middlewares=[auth], timeout=timeout, cookie_jar=jar)

        with asyncio.Runner() as runner:
            session = runner.run(open_session())
            try:
                yield Session(self.library, session, login.proxy, runner.run)
            finally:
                runner.run(session.close())

    @contextmanager
    def session(self, login: Login) -> Iterator[Client]:
        """One session."""
        with self._opened(login) as session:
            yield session

    def at_once(self, login: Login, urls: Sequence[str]) -> list[int]:
        """One task for each."""

        async def get_all(session: Session) -> list[int]:
            return [answer.status for answer in await asyncio.gather(*(session.ask("GET", url) for url in urls))]

        with self._opened(login) as session:
            statuses: list[int] = session.run(get_all(session))
            return statuses
