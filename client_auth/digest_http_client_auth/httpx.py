"""The plug for httpx."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from typing import Final, Literal, NoReturn

from .flow import async_flow, sync_flow
from .learnt import Learnt, export_learnt, take_in
from .messages import Library
from .session import Session, Verify
from .wire import WireBody, WithheldBody, forget_body

try:
    import httpx
except ModuleNotFoundError as error:
    if error.name != "httpx":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for httpx needs httpx: pip install 'digest-http[client]'", name="httpx"
    ) from None

__all__ = ["DigestAuth"]


class _WireBody(WireBody, httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body stream that httpx accepts."""


class _WithheldBody(WithheldBody, httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body stream that httpx accepts."""


def _watch(response: httpx.Response) -> WireBody:
    response.stream = body = _WireBody(response.stream)
    return body


def _cookie_field(response: httpx.Response, request: httpx.Request) -> str:
    # An empty request for the same URL: the jar decides by domain, path and scheme which cookies apply to it, and adds
    # nothing to a request that has a Cookie field already.
    probe = httpx.Request(request.method, request.url)
    response.cookies.set_cookie_header(probe)
    return str(probe.headers.get("Cookie", ""))


def _withhold(response: httpx.Response) -> None:
    response.stream = _WithheldBody(response.stream)
    forget_body(response)


class DigestAuth(httpx.Auth):
    """HTTP Digest (RFC 7616) for httpx, blocking and asynchronous; a drop-in for `httpx.DigestAuth`.

    Share one object by all requests, clients, threads and tasks: it signs in advance what it has learnt to sign. All
    keywords are explained in docs/client.md. Raises ConfigurationError for settings that cannot work; while sending,
    WrongPrincipal (the server did not prove itself) and BodyNotReplayable.
    """

    def __init__(
        self,
        username: str | bytes,
        password: str | bytes,
        *,
        verify: Verify = "if-present",
        algorithms: Iterable[str] | None = None,
        qop: Iterable[str] = ("auth", "auth-int"),
        allow_rfc2069: bool | None = None,
        allow_weaker: bool = False,
        prefer: Literal["strongest", "server-order"] = "strongest",
        charset: str = "utf-8",
        proxy: bool = False,
        challenge_header: str | None = None,
        quote_all: bool = False,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session: Final = Session(
            username,
            password,
            library=Library(_watch, _cookie_field, _withhold),
            verify=verify,
            algorithms=algorithms,
            qop=qop,
            allow_rfc2069=allow_rfc2069,
            allow_weaker=allow_weaker,
            prefer=prefer,
            charset=charset,
            proxy=proxy,
            challenge_header=challenge_header,
            quote_all=quote_all,
            random=random,
            clock=clock,
        )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The flow for callers that drive it by hand."""
        return sync_flow(self._session, request)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The flow of `httpx.Client`."""
        return sync_flow(self._session, request)

    def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """The flow of `httpx.AsyncClient`."""
        return async_flow(self._session, request)

    def export_learnt(self) -> list[Learnt]:
        """What has been learnt so far, to be stored (as JSON, say) and given to `learn` of another object later."""
        return export_learnt(self._session)

    def learn(self, origin: str, challenge: str, nc: int = 0) -> None:
        """Take `challenge`, a WWW-Authenticate value, as if a server at `origin` had sent it.

        Requests to that server are then signed from the first one on; a weaker challenge from it is answered no more.
        `nc` is how often its nonce has been used. Raises MalformedField for no usable challenge.
        """
        take_in(self._session, httpx.URL(origin), challenge, nc)

    def __repr__(self) -> str:
        return f"<DigestAuth of {self._session.identity.username!a}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("DigestAuth is not pickled: a pickle would hold the password. Make it anew from settings")
