"""Proxies that want Digest, for requests and niquests: what their adapters do with a request, and with a CONNECT.

An auth class is asked before it is known which way a request goes. An adapter knows its proxy: so it signs in advance,
and leaves `auth=` to the server.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, ClassVar, Final

from digest_http.errors import ConfigurationError
from digest_http.httpauth.origins import Origin

from .flow import acall, async_flow, call, sync_flow
from .library_errors import errors_also
from .requests_family import AsyncRequestsLibrary, RequestsLibrary
from .requests_glances import Answer
from .session import Session
from .signed_tunnels import AsyncConnect, Connect, async_connection_class, connection_class
from .wire_targets import with_path

__all__ = ["AsyncProxyAdapter", "AsyncProxySigner", "ProxyAdapter", "ProxySigner"]


class _Tunnel:
    """A CONNECT, as far as a signature looks at it."""

    method: Final = "CONNECT"
    body: Final = None

    def __init__(self, module: Any, proxy: Origin, target: str) -> None:
        host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
        self.url: Any = f"{proxy.scheme}://{host}:{proxy.port}"
        self.path_url: Final = target
        self.headers: Any = module.structures.CaseInsensitiveDict()


class _TunnelAnswer:
    """A proxy's answer to it."""

    def __init__(self, module: Any, status: int, fields: tuple[tuple[str, str], ...]) -> None:
        urllib3 = module.packages.urllib3
        self.status_code: Final = status
        self.headers: Final = module.structures.CaseInsensitiveDict(fields)
        self.cookies: Final = module.cookies.RequestsCookieJar()
        self.history: Any = []
        self.raw: Any = urllib3.HTTPResponse(
            b"", urllib3.HTTPHeaderDict(list(fields)), status=status, preload_content=False
        )


class ProxySigner:
    """The credentials for a proxy, and how a library's messages are signed with them."""

    def __init__(self, module: Any, session: Session[Any, Answer], library: RequestsLibrary[Any]) -> None:
        self._module: Final = module
        self._session: Final = session
        self._library: Final = library

    def prepare(self, manager: Any) -> Any:
        """Let the pools of a proxy manager sign their tunnels; the same manager."""
        pools = dict(manager.pool_classes_by_scheme)
        signed = self._connection_class(pools["https"].ConnectionCls)
        pools["https"] = type("DigestHTTPSConnectionPool", (pools["https"],), {"ConnectionCls": signed})
        manager.pool_classes_by_scheme = pools
        return manager

    def send(self, request: Any, proxies: Any, send: Callable[[Any], Any]) -> Any:
        """Send a request through what `proxies` says; `send` sends one. The response shows the caller's request."""
        proxy = self._library.proxy_among(request, proxies)
        with errors_also(self._module.exceptions.RequestException, request=request, response=None):
            if proxy is None:
                return send(request)  # to the server, or through a tunnel
            forwarded = self._forwarded(request, proxy)
            last: Answer | None = None

            def send_next(message: Any) -> Answer:
                nonlocal last
                if last is not None:
                    self._library.drain(last)
                last = Answer(send(message), (proxy.host, proxy.port))
                return last

            try:
                response = call(sync_flow(self._session, self._library, forwarded), send_next).response
            except BaseException:
                if last is not None:
                    last.response.close()
                raise
        response.request = request
        return response

    def _forwarded(self, request: Any, proxy: Origin) -> Any:
        """What is sent: a copy, so that nothing that is copied from the caller's request carries the field."""
        forwarded = copy.copy(request)
        forwarded.headers = request.headers.copy()
        forwarded.url = with_path(request.url)
        self._library.note_proxy(forwarded, proxy)
        return forwarded

    def _connection_class(self, base: Any) -> Any:
        return connection_class(base, self._tunnel)

    def _connect_to(self, proxy: Origin, target: str) -> Any:
        message = _Tunnel(self._module, proxy, target)
        self._library.note_proxy(message, proxy)
        return message

    def _tunnel(self, proxy: Origin, target: str, connect: Connect) -> None:
        message = self._connect_to(proxy, target)

        def send(message: Any) -> Answer:
            refusal = connect(message.headers.get("Proxy-Authorization"))
            return Answer(_TunnelAnswer(self._module, *refusal), (proxy.host, proxy.port))

        call(sync_flow(self._session, self._library, message), send)


class AsyncProxySigner(ProxySigner):
    """The same for the asynchronous form of niquests."""

    def __init__(self, module: Any, session: Session[Any, Answer], library: AsyncRequestsLibrary[Any]) -> None:
        super().__init__(module, session, library)
        self._alibrary: Final = library

    async def asend(self, request: Any, proxies: Any, send: Callable[[Any], Awaitable[Any]]) -> Any:
        """See `send`."""
        proxy = self._library.proxy_among(request, proxies)
        with errors_also(self._module.exceptions.RequestException, request=request, response=None):
            if proxy is None:
                return await send(request)
            last: Answer | None = None

            async def send_next(message: Any) -> Answer:
                nonlocal last
                if last is not None:
                    await self._alibrary.adrain(last)
                last = Answer(await send(message), (proxy.host, proxy.port))
                return last

            try:
                forwarded = self._forwarded(request, proxy)
                async with aclosing(async_flow(self._session, self._alibrary, forwarded)) as flow:
                    response = (await acall(flow, send_next)).response
            except BaseException:
                if last is not None:
                    await last.response.close()
                raise
        response.request = request
        return response

    def _connection_class(self, base: Any) -> Any:
        return async_connection_class(base, self._atunnel)

    async def _atunnel(self, proxy: Origin, target: str, connect: AsyncConnect) -> None:
        async def send(message: Any) -> Answer:
            refusal = await connect(message.headers.get("Proxy-Authorization"))
            return Answer(_TunnelAnswer(self._module, *refusal), (proxy.host, proxy.port))

        async with aclosing(async_flow(self._session, self._alibrary, self._connect_to(proxy, target))) as flow:
            await acall(flow, send)


class ProxyAdapter:
    """An adapter of either library; a plug joins it with its library's own, and sets `_kind` to its DigestAuth."""

    _kind: ClassVar[Any]

    def __init__(self, proxy_auth: Any, **keywords: Any) -> None:
        if not isinstance(proxy_auth, self._kind) or not proxy_auth.is_for_proxies:
            raise ConfigurationError("proxy_auth is a DigestAuth of this module that was made with proxy=True")
        self._signer: Final[Any] = proxy_auth.proxy_signer()
        adapter: Any = super()
        adapter.__init__(**keywords)

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Called by the library for each request that goes through a proxy."""
        adapter: Any = super()
        itself: Any = self
        is_new = proxy not in itself.proxy_manager
        manager = adapter.proxy_manager_for(proxy, **proxy_kwargs)
        return self._signer.prepare(manager) if is_new and not proxy.lower().startswith("socks") else manager

    def send(self, request: Any, *arguments: Any, **settings: Any) -> Any:
        """Called by the library for each request."""
        adapter: Any = super()

        def send(message: Any) -> Any:
            return adapter.send(message, *arguments, **settings)

        return self._signer.send(request, settings.get("proxies"), send)


class AsyncProxyAdapter(ProxyAdapter):
    """The same for an asynchronous adapter."""

    async def send(self, request: Any, *arguments: Any, **settings: Any) -> Any:
        """Called by the library for each request."""
        adapter: Any = super(ProxyAdapter, self)

        async def send(message: Any) -> Any:
            return await adapter.send(message, *arguments, **settings)

        return await self._signer.asend(request, settings.get("proxies"), send)
