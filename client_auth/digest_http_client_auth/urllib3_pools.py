"""Pools of urllib3 that sign what goes through them, and the managers that make such pools.

A manager follows redirects by asking pools for one request after the other. So a pool signs each for its own target,
and the manager says where the first one went: other origins get nothing.

urllib3 sends a request again by itself where `retries` says so, from inside `urlopen`, by calling `urlopen`. That call
signs anew, and so no count goes out twice; the call around it takes its answer as it is.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Final, cast

from urllib3 import (
    BaseHTTPResponse,
    HTTPConnectionPool,
    HTTPHeaderDict,
    HTTPSConnectionPool,
    PoolManager,
    ProxyManager,
)
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from digest_http.errors import ConfigurationError
from digest_http.httpauth.origins import Origin

from .library_errors import errors_also
from .sent_bodies import BodyReplay, is_octets
from .signed_tunnels import connection_class
from .urllib3_auth import DigestAuth
from .urllib3_messages import Answer, Message
from .wire_targets import wire_target, with_path

__all__ = ["DigestPoolManager", "DigestProxyManager"]


class Calls(threading.local):
    """What a manager's pools know of the call that is under way in a thread."""

    def __init__(self) -> None:
        #: Where the caller's request goes; None outside a call. A redirect may lead away from it.
        self.home: Origin | None = None
        #: How often `urlopen` of a pool was called.
        self.entered = 0
        #: Our fields of credentials in the request that was sent last.
        self.fields: tuple[tuple[str, str], ...] = ()
        #: The body that was begun, and how to send it again.
        self.body: Any = None
        self.replay: BodyReplay | None = None

    @contextmanager
    def to(self, url: str) -> Generator[None]:
        """A call to a URL; one inside another is a redirect of that."""
        outermost = self.home is None
        if outermost:
            parsed = parse_url(url)
            self.home = Origin.of(parsed.scheme or "http", parsed.host or "", parsed.port)
        try:
            yield
        finally:
            if outermost:
                self.home, self.fields, self.body, self.replay = None, (), None, None

    def make_ready(self, message: Message, body_pos: Any) -> None:
        """Let a body that is not in memory be sent from where it began. Raises BodyNotReplayable.

        urllib3 itself would send what is left of it, for a redirect: nothing.
        """
        if is_octets(message.body):
            return
        if self.replay is not None and self.body is message.body:
            self.replay.restore(message)
            return
        if isinstance(body_pos, int):
            message.body.seek(body_pos)
        self.body, self.replay = message.body, BodyReplay(message.body)


class SigningPool(HTTPConnectionPool):
    """A pool whose requests are signed; its subclasses say with what."""

    auth: ClassVar[DigestAuth | None]
    proxy_auth: ClassVar[DigestAuth | None]
    calls: ClassVar[Calls]

    def urlopen(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *arguments: Any,
        preload_content: bool = True,
        body_pos: Any = None,
        chunked: bool = False,
        **keywords: Any,
    ) -> BaseHTTPResponse:
        """Send a request; see urllib3. Raises what it raises, and WrongPrincipal and BodyNotReplayable."""
        self.calls.entered += 1
        keywords.pop("release_conn", None)  # the connection goes back when the body was read
        send: Any = super().urlopen  # the arguments are handed on as they are
        message = self._message(method, url, body, self.headers if headers is None else headers)
        message.chunked = chunked
        if message.proxy is not None:
            url = with_path(url)
        with errors_also(HTTPError):
            self.calls.make_ready(message, body_pos)
        own = _credentials(message)

        def send_once(message: Message) -> Answer:
            entered = self.calls.entered
            self.calls.fields = tuple(field for field in _credentials(message) if field not in own)
            response = send(
                message.method, url, message.body, message.headers, *arguments,
                preload_content=False, chunked=message.chunked, **keywords,
            )  # fmt: skip
            peer = message.proxy or Origin.of(self.scheme or "", self.host, self.port)
            return Answer(response, peer, settled=self.calls.entered != entered)

        response = self._signed(message, send_once).response
        if preload_content:
            _ = response.data
        return response

    def _signed(self, message: Message, send: Any) -> Answer:
        """Send with the credentials for the server and, inside that, those for the proxy."""
        proxy_auth, auth = self.proxy_auth, self.auth

        def forward(message: Message) -> Answer:
            if proxy_auth is None or message.proxy is None:
                return cast("Answer", send(message))
            return proxy_auth.drive(message, send)

        if auth is None:
            return forward(message)
        if self._is_at_home(message.origin):
            return auth.drive(message, forward)
        return auth.leave(forward(message))

    def _is_at_home(self, origin: Origin) -> bool:
        return self.calls.home in {None, origin}

    def _message(self, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Message:
        fields = HTTPHeaderDict(headers)
        for name, value in self.calls.fields:
            # urllib3 sends a request again that it has sent with our fields; the caller's own are not among them.
            if fields.get(name) == value:
                fields.discard(name)
        if url.startswith("/"):
            origin, target = Origin.of(self.scheme or "", self.host, self.port), wire_target(url)
        else:
            parsed = parse_url(url)
            origin = Origin.of(parsed.scheme or self.scheme or "", parsed.host or self.host, parsed.port)
            target = parsed.request_uri.encode("ascii")
        proxy = None
        if self.proxy is not None and origin.scheme == "http":
            proxy = Origin.of(self.proxy.scheme or "http", self.proxy.host or "", self.proxy.port)
        return Message(method, origin, target, fields, body, proxy=proxy)


def _credentials(message: Message) -> tuple[tuple[str, str], ...]:
    names = ("Authorization", "Proxy-Authorization")
    return tuple((name, message.headers[name]) for name in names if name in message.headers)


def _pool_classes(auth: DigestAuth | None, proxy_auth: DigestAuth | None, calls: Calls) -> dict[str, Any]:
    members: dict[str, Any] = {"auth": auth, "proxy_auth": proxy_auth, "calls": calls}
    secure = dict(members)
    if proxy_auth is not None:
        secure["ConnectionCls"] = connection_class(HTTPSConnectionPool.ConnectionCls, proxy_auth.tunnel)
    return {
        "http": type("DigestHTTPConnectionPool", (SigningPool,), members),
        "https": type("DigestHTTPSConnectionPool", (SigningPool, HTTPSConnectionPool), secure),
    }


class DigestPoolManager(PoolManager):
    """A `urllib3.PoolManager` whose requests are signed with `auth`. The other arguments are its own."""

    def __init__(
        self, auth: DigestAuth, num_pools: int = 10, headers: Mapping[str, str] | None = None, **keywords: Any
    ) -> None:
        _check("auth", auth, proxy=False)
        super().__init__(num_pools, headers, **keywords)
        self._calls: Final = Calls()
        self.pool_classes_by_scheme = _pool_classes(auth, None, self._calls)

    def urlopen(self, method: str, url: str, redirect: bool = True, **keywords: Any) -> BaseHTTPResponse:  # type: ignore[override]  # noqa: FBT001, FBT002  # as urllib3 has it
        """Send a request and follow redirects; see urllib3."""
        with self._calls.to(url):
            return super().urlopen(method, url, redirect, **keywords)


class DigestProxyManager(ProxyManager):
    """A `urllib3.ProxyManager` for a proxy that wants Digest, for http and https (CONNECT) URLs.

    `proxy_auth` has the credentials for the proxy, made with `proxy=True`; `auth` those for servers. The other
    arguments are those of `urllib3.ProxyManager`.
    """

    def __init__(
        self, proxy_url: str, proxy_auth: DigestAuth, *, auth: DigestAuth | None = None, **keywords: Any
    ) -> None:
        _check("proxy_auth", proxy_auth, proxy=True)
        if auth is not None:
            _check("auth", auth, proxy=False)
        super().__init__(proxy_url, **keywords)
        self._calls: Final = Calls()
        self.pool_classes_by_scheme = _pool_classes(auth, proxy_auth, self._calls)

    def urlopen(self, method: str, url: str, redirect: bool = True, **keywords: Any) -> BaseHTTPResponse:  # type: ignore[override]  # noqa: FBT001, FBT002  # as urllib3 has it
        """Send a request and follow redirects; see urllib3."""
        with self._calls.to(url):
            return super().urlopen(method, url, redirect, **keywords)


def _check(name: str, auth: object, *, proxy: bool) -> None:
    if not isinstance(auth, DigestAuth) or auth.is_for_proxies is not proxy:
        made = "with proxy=True" if proxy else "without proxy=True"
        raise ConfigurationError(f"{name} is a DigestAuth of this module that was made {made}")
