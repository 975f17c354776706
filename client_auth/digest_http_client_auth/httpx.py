"""The plug for httpx."""

from __future__ import annotations

from typing import Any

from .httpx_auth import HttpxDigestAuth
from .httpx_family import HttpxLibrary
from .httpx_proxies import DigestProxy

try:
    import httpx
except ModuleNotFoundError as error:
    if error.name != "httpx":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for httpx needs httpx: pip install 'digest-http[client]'", name="httpx"
    ) from None

__all__ = ["AsyncProxyTransport", "DigestAuth", "ProxyTransport"]


class DigestAuth(HttpxDigestAuth[httpx.Request, httpx.Response], httpx.Auth):
    """HTTP Digest (RFC 7616) for httpx, blocking and asynchronous; a drop-in for `httpx.DigestAuth`.

    Share one object between all requests, clients, threads and tasks: it signs in advance as soon as it knows a
    challenge. docs/client.md explains all keywords. Raises ConfigurationError for settings that cannot work. While
    sending it raises WrongPrincipal (the server did not prove that it knows the password) and BodyNotReplayable.
    """

    _library = _reader = HttpxLibrary[httpx.Request, httpx.Response](httpx)


class ProxyTransport(httpx.HTTPTransport):
    """A transport through a proxy that wants Digest, for http and https: `httpx.Client(transport=...)`.

    `proxy` is the proxy's URL, `auth` a `DigestAuth(..., proxy=True)`. Pass all other settings of the connection here
    too, for `httpx.HTTPTransport`: `verify`, `http2`, `limits` and so on. A client with a transport ignores its own.
    Raises ConfigurationError.
    """

    def __init__(self, proxy: str | httpx.URL | httpx.Proxy, auth: DigestAuth, **keywords: Any) -> None:
        self._digest = DigestProxy(httpx, proxy, auth, DigestAuth)
        super().__init__(proxy=self._digest.proxy, **keywords)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises what the library raises, and WrongPrincipal and BodyNotReplayable."""
        response: httpx.Response = self._digest.send(request, super().handle_request)
        return response


class AsyncProxyTransport(httpx.AsyncHTTPTransport):
    """The same for `httpx.AsyncClient(transport=...)`."""

    def __init__(self, proxy: str | httpx.URL | httpx.Proxy, auth: DigestAuth, **keywords: Any) -> None:
        self._digest = DigestProxy(httpx, proxy, auth, DigestAuth)
        super().__init__(proxy=self._digest.proxy, **keywords)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; see `ProxyTransport`."""
        response: httpx.Response = await self._digest.asend(request, super().handle_async_request)
        return response
