"""Each plug behind one face. A new one is a class with `session` and a line in CALLERS.

`send` is all that a plug's class needs. What the suite asks for beyond it is made of that.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, NamedTuple, Protocol


class Outcome(NamedTuple):
    """What a caller gets: status, body, and the statuses of `response.history`, oldest first."""

    status: int
    body: bytes
    history: list[int]


class Session(Protocol):
    """An open session, whose credentials are one DigestAuth for all that is sent."""

    auth: Any

    def send(
        self, method: str, url: str, *, body: Any = None, stream: bool = False, headers: dict[str, str] | None = None
    ) -> Outcome:
        """Send one request. A body is bytes, text, a dictionary for a form, Files, a file, or a generator."""
        ...

    def send_all(self, requests: Sequence[tuple[str, str]]) -> list[Outcome]:
        """Send requests (method, URL) at the same time."""
        ...


class Files(NamedTuple):
    """A multipart body with one file."""

    content: bytes


class Caller(ABC):
    """A library. `session` opens one; the keywords are DigestAuth's."""

    name: ClassVar[str]
    #: Where its base class of errors is: module, name.
    error: ClassVar[tuple[str, str]]
    plug: ClassVar[str] = "DigestAuth"
    #: Whether it follows redirects beneath an auth class, and carries the field for the page before along.
    follows_beneath: ClassVar[bool] = False

    def make_auth(self, username: str = "alice", password: str = "s3cret", **settings: Any) -> Any:
        """The plug's own class."""
        plug = importlib.import_module(f"digest_http_client_auth.{self.name}")
        return getattr(plug, self.plug)(username, password, **settings)

    @property
    def errors(self) -> type[Exception]:
        """What callers of the library catch."""
        module, name = self.error
        found: type[Exception] = getattr(importlib.import_module(module), name)
        return found

    @abstractmethod
    def session(self, **settings: Any) -> AbstractContextManager[Any]:
        """An open session."""

    def __repr__(self) -> str:
        return type(self).__name__


class Blocking(ABC):
    """A session of a blocking library: threads send at the same time."""

    send: Callable[..., Outcome]

    def send_all(self, requests: Sequence[tuple[str, str]]) -> list[Outcome]:
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(lambda request: self.send(*request), requests))


class Asynchronous(ABC):
    """A session of an asynchronous library, in an event loop of its own. `asend` is as `Session.send`, awaited."""

    asend: Callable[..., Coroutine[Any, Any, Outcome]]

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner

    def send(self, method: str, url: str, **keywords: Any) -> Outcome:
        return self.runner.run(self.asend(method, url, **keywords))

    def send_all(self, requests: Sequence[tuple[str, str]]) -> list[Outcome]:
        async def gathered() -> list[Outcome]:
            return list(await asyncio.gather(*(self.asend(*request) for request in requests)))

        return self.runner.run(gathered())


def body_keywords(body: Any) -> dict[str, Any]:
    """A body as requests takes it, and those that learnt from it."""
    if body is None:
        return {}
    return {"files": {"file": ("name.bin", body.content)}} if isinstance(body, Files) else {"data": body}


class RequestsSession(Blocking):
    def __init__(self, session: Any) -> None:
        self.session = session
        self.auth = session.auth

    def send(self, method: str, url: str, *, body: Any = None, stream: bool = False, headers: Any = None) -> Outcome:
        response = self.session.request(method, url, stream=stream, headers=headers, timeout=30, **body_keywords(body))
        content = b"".join(response.iter_content(7)) if stream else response.content
        return Outcome(response.status_code, content, [hop.status_code for hop in response.history])


class Requests(Caller):
    name = "requests"
    error = ("requests", "RequestException")

    @contextmanager
    def session(self, **settings: Any) -> Iterator[RequestsSession]:
        with importlib.import_module(self.name).Session() as session:
            session.auth = self.make_auth(**settings)
            session.trust_env = False
            # As many connections as the suite sends requests at the same time.
            session.mount("http://", importlib.import_module(f"{self.name}.adapters").HTTPAdapter(pool_maxsize=64))
            yield RequestsSession(session)


class Niquests(Requests):
    name = "niquests"
    error = ("niquests", "RequestException")


class AsyncNiquestsSession(Asynchronous):
    def __init__(self, runner: asyncio.Runner, session: Any) -> None:
        super().__init__(runner)
        self.session = session
        self.auth = session.auth

    async def asend(
        self, method: str, url: str, *, body: Any = None, stream: bool = False, headers: Any = None
    ) -> Outcome:
        response = await self.session.request(
            method, url, stream=stream, headers=headers, timeout=30, **body_keywords(body)
        )
        content = b"".join([chunk async for chunk in await response.iter_content(7)]) if stream else response.content
        return Outcome(response.status_code, content, [hop.status_code for hop in response.history])


class AsyncNiquests(Caller):
    name = "niquests"
    error = ("niquests", "RequestException")
    plug = "AsyncDigestAuth"

    @contextmanager
    def session(self, **settings: Any) -> Iterator[AsyncNiquestsSession]:
        niquests = importlib.import_module("niquests")
        with asyncio.Runner() as runner:
            session = niquests.AsyncSession(pool_maxsize=64)
            session.auth = self.make_auth(**settings)
            session.trust_env = False
            yield AsyncNiquestsSession(runner, session)
            runner.run(session.close())


class Urllib3Session(Blocking):
    def __init__(self, manager: Any, auth: Any) -> None:
        self.manager = manager
        self.auth = auth

    def send(self, method: str, url: str, *, body: Any = None, stream: bool = False, headers: Any = None) -> Outcome:
        keywords: dict[str, Any] = {"headers": headers} if headers else {}
        if isinstance(body, Files):
            keywords["fields"] = {"file": ("name.bin", body.content)}
        elif isinstance(body, dict):
            keywords.update(fields=body, encode_multipart=False)
        elif body is not None:
            keywords["body"] = body
        response = self.manager.request(method, url, preload_content=not stream, timeout=30, **keywords)
        content = b"".join(response.stream(7)) if stream else response.data
        return Outcome(response.status, content, [hop.status for hop in response.retries.history])


class Urllib3(Caller):
    name = "urllib3"
    error = ("urllib3.exceptions", "HTTPError")

    @contextmanager
    def session(self, **settings: Any) -> Iterator[Urllib3Session]:
        auth = self.make_auth(**settings)
        plug = importlib.import_module("digest_http_client_auth.urllib3")
        with plug.DigestPoolManager(auth, maxsize=64) as manager:
            yield Urllib3Session(manager, auth)


class HttpxSession(Blocking):
    def __init__(self, client: Any) -> None:
        self.client = client
        self.auth = client.auth

    def send(self, method: str, url: str, *, body: Any = None, stream: bool = False, headers: Any = None) -> Outcome:
        keywords = body_keywords(body)
        if not isinstance(body, dict) and "data" in keywords:
            keywords = {"content": body}
        request = self.client.build_request(method, url, headers=headers, **keywords)
        if hasattr(body, "seekable"):
            # httpx counts what stands before the offset, too.
            request.headers["Content-Length"] = str(os.fstat(body.fileno()).st_size - body.tell())
        response = self.client.send(request, stream=stream)
        content = b"".join(response.iter_bytes(7)) if stream else response.content
        return Outcome(response.status_code, content, [hop.status_code for hop in response.history])


class Httpx(Caller):
    name = "httpx"
    error = ("httpx", "HTTPError")
    follows_beneath = True

    @contextmanager
    def session(self, **settings: Any) -> Iterator[HttpxSession]:
        library = importlib.import_module(self.name)
        auth = self.make_auth(**settings)
        with library.Client(auth=auth, trust_env=False, follow_redirects=True, timeout=30) as client:
            yield HttpxSession(client)


class Httpx2(Httpx):
    name = "httpx2"
    error = ("httpx2", "HTTPError")


class AiohttpSession(Asynchronous):
    #: The statuses of one call: `response.history` has redirects alone.
    seen: ClassVar[ContextVar[list[int]]] = ContextVar("seen")

    def __init__(self, runner: asyncio.Runner, session: Any, auth: Any) -> None:
        super().__init__(runner)
        self.session = session
        self.auth = auth

    async def asend(
        self, method: str, url: str, *, body: Any = None, stream: bool = False, headers: Any = None
    ) -> Outcome:
        aiohttp = importlib.import_module("aiohttp")
        if isinstance(body, Files):
            form = aiohttp.FormData()
            form.add_field("file", body.content, filename="name.bin")
            body = form
        elif hasattr(body, "__next__") and not hasattr(body, "read"):
            body = _each(body)
        self.seen.set([])
        async with self.session.request(method, url, data=body, headers=headers) as response:
            pieces = [piece async for piece in response.content.iter_chunked(7)] if stream else [await response.read()]
        return Outcome(response.status, b"".join(pieces), self.seen.get()[:-1])

    @classmethod
    async def watch(cls, request: Any, handler: Any) -> Any:
        """A middleware beneath ours."""
        response = await handler(request)
        cls.seen.get().append(response.status)
        return response


async def _each(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


class Aiohttp(Caller):
    name = "aiohttp"
    error = ("aiohttp", "ClientError")

    @contextmanager
    def session(self, **settings: Any) -> Iterator[AiohttpSession]:
        aiohttp = importlib.import_module("aiohttp")
        auth = self.make_auth(**settings)

        async def opened() -> Any:
            timeout = aiohttp.ClientTimeout(total=30)
            return aiohttp.ClientSession(middlewares=(auth, AiohttpSession.watch), timeout=timeout)

        with asyncio.Runner() as runner:
            session = runner.run(opened())
            yield AiohttpSession(runner, session, auth)
            runner.run(session.close())


#: All that pass the suite.
CALLERS: list[Caller] = [Requests(), Niquests(), AsyncNiquests(), Urllib3(), Httpx(), Httpx2(), Aiohttp()]
