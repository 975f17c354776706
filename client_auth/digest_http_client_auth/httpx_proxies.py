"""Digest for a proxy as transports of httpx and httpx2, blocking and asynchronous: http URLs, and CONNECT for https.

An auth class sees a request before redirects are followed and after a tunnel was made. A transport sees each request
that is sent, and knows its proxy: so it signs in advance, carries nothing along, and leaves `auth=` to the server.

The library makes a tunnel by itself, out of our sight. What we use is its `trace` extension: it tells of each step of
a request, with the request, CONNECT among them. The field is put in before CONNECT is sent, and the proxy's answer is
read there too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, suppress
from typing import Any, Final

from digest_http.errors import ConfigurationError
from digest_http.httpauth.origins import Origin

from .flow import acall, call
from .httpx_auth import HttpxDigestAuth
from .httpx_family import PROXY

__all__ = ["DigestProxy"]

#: The steps of a request that the `trace` extension tells of, as the library documents them.
_SENDING: Final = "http11.send_request_headers.started"
_ANSWERED: Final = "http11.receive_response_headers.complete"


class _Tunnel:
    """The CONNECTs that one request leads to, usually none; what blocking and asynchronous ones have in common."""

    def __init__(self, proxy: DigestProxy, request: Any) -> None:
        self._proxy: Final = proxy
        self._request: Final = request
        self._traced: Final = request.extensions.get("trace")
        #: What to send next, with its signature; None if that was sent, or there is nothing more to try.
        self.prepared: Any = None
        self._sent: Any = None

    def _is_connect(self, name: str, info: Any) -> bool:
        """Whether our CONNECT is about to be sent, and not one of the caller's to a server."""
        if name != _SENDING or self._request.method == "CONNECT":
            return False
        request = info["request"]
        return bool(request.method == b"CONNECT")

    def _sign(self, info: Any) -> None:
        """Put the credentials into the CONNECT that is about to be sent."""
        self._sent, self.prepared = self.prepared, None
        fields = [pair for pair in self._sent.headers.raw if pair[0].lower() == b"proxy-authorization"]
        info["request"].headers.extend(fields)

    def _answer(self, name: str, info: Any) -> Any:
        """What the proxy answered to it, if this step tells of that."""
        if name != _ANSWERED or self._sent is None:
            return None
        _, status, _, fields = info["return_value"]
        sent, self._sent = self._sent, None
        return self._proxy.module.Response(status, headers=fields, request=sent)


class _BlockingTunnel(_Tunnel):
    _flow: Generator[Any, Any, None] | None = None

    def trace(self, name: str, info: Any) -> None:
        """Called by the library at each step."""
        if self._is_connect(name, info):
            if self.prepared is None:
                self._flow = self._proxy.auth.sync_auth_flow(self._proxy.connect_to(info["request"].url.target))
                self.prepared = next(self._flow)
            self._sign(info)
        answer = self._answer(name, info)
        if answer is not None and self._flow is not None:
            try:
                self.prepared = self._flow.send(answer)
            except StopIteration:
                self._flow = None
        if self._traced is not None:
            self._traced(name, info)


class _AsyncTunnel(_Tunnel):
    _flow: AsyncGenerator[Any, Any] | None = None

    async def trace(self, name: str, info: Any) -> None:
        """Called by the library at each step."""
        if self._is_connect(name, info):
            if self.prepared is None:
                self._flow = self._proxy.auth.async_auth_flow(self._proxy.connect_to(info["request"].url.target))
                self.prepared = await anext(self._flow)
            self._sign(info)
        answer = self._answer(name, info)
        if answer is not None and self._flow is not None:
            try:
                self.prepared = await self._flow.asend(answer)
            except StopAsyncIteration:
                self._flow = None
        if self._traced is not None:
            await self._traced(name, info)

    async def aclose(self) -> None:
        """End a flow that waits for an answer that will not come."""
        if self._flow is not None:
            await self._flow.aclose()


class DigestProxy:
    """A proxy and the credentials for it. `module` is httpx or httpx2; the messages here are its own.

    `proxy` is its URL, or the library's own Proxy; `auth` is a `kind`, the DigestAuth of that library. Raises
    ConfigurationError.
    """

    def __init__(self, module: Any, proxy: Any, auth: Any, kind: type) -> None:
        if not isinstance(auth, kind) or not isinstance(auth, HttpxDigestAuth) or not auth.is_for_proxies:
            raise ConfigurationError("auth is a DigestAuth of this module that was made with proxy=True")
        try:
            given: Any = proxy if isinstance(proxy, module.Proxy) else module.Proxy(proxy)
        except (TypeError, ValueError, module.InvalidURL):
            given = None
        if given is None or given.url.scheme not in {"http", "https"} or not given.url.host:
            # What was given may hold a password.
            raise ConfigurationError(
                "proxy is not a URL of a proxy that speaks HTTP: write 'http://proxy.example:3128'"
            )
        if given.auth is not None:
            raise ConfigurationError("proxy holds a name or a password: they go into DigestAuth(..., proxy=True)")
        self.module: Final = module
        self.proxy: Final = given
        self.auth: Final[HttpxDigestAuth[Any, Any]] = auth
        self._origin: Final = Origin.of(given.url.scheme, given.url.raw_host.decode("ascii"), given.url.port)

    def connect_to(self, target: bytes) -> Any:
        """The CONNECT that the library sends, as far as a signature looks at it; `target` is host and port."""
        return self.module.Request("CONNECT", self.proxy.url, extensions={"target": target, PROXY: self._origin})

    def send(self, request: Any, send: Callable[[Any], Any]) -> Any:
        """Send one request through the proxy; `send` is the library's transport, which raises what it raises."""
        if request.url.scheme == "https":
            tunnel = _BlockingTunnel(self, request)
            copy = self._copy_of(request, trace=tunnel.trace)
            while True:
                try:
                    return send(copy)
                except self.module.ProxyError:
                    # The tunnel was refused, so of the request itself nothing was sent.
                    if tunnel.prepared is None:
                        raise
        last: Any = None

        def send_next(message: Any) -> Any:
            nonlocal last
            if last is not None:
                with suppress(self.module.TransportError):
                    self.auth.withhold(last)
                    last.read()
            last = send(message)
            last.request = message
            return last

        try:
            return call(self.auth.sync_auth_flow(self._copy_of(request, **{PROXY: self._origin})), send_next)
        except BaseException:
            if last is not None:
                last.close()
            raise

    async def asend(self, request: Any, send: Callable[[Any], Awaitable[Any]]) -> Any:
        """The same for the asynchronous transport."""
        if request.url.scheme == "https":
            async with aclosing(_AsyncTunnel(self, request)) as tunnel:
                copy = self._copy_of(request, trace=tunnel.trace)
                while True:
                    try:
                        return await send(copy)
                    except self.module.ProxyError:
                        if tunnel.prepared is None:
                            raise
        last: Any = None

        async def send_next(message: Any) -> Any:
            nonlocal last
            if last is not None:
                with suppress(self.module.TransportError):
                    self.auth.withhold(last)
                    await last.aread()
            last = await send(message)
            last.request = message
            return last

        try:
            async with aclosing(self.auth.async_auth_flow(self._copy_of(request, **{PROXY: self._origin}))) as flow:
                return await acall(flow, send_next)
        except BaseException:
            if last is not None:
                await last.aclose()
            raise

    def _copy_of(self, request: Any, **extensions: Any) -> Any:
        """A request like the caller's: what is put into it goes to the proxy, and to no redirect."""
        return self.module.Request(
            request.method,
            request.url,
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, **extensions},
        )
