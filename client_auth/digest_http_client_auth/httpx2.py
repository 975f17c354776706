"""The plug for httpx2."""

from __future__ import annotations

from typing import Any

from .httpx_auth import HttpxDigestAuth
from .httpx_family import HttpxLibrary
from .httpx_proxies import DigestProxy

try:
    import httpx2
except ModuleNotFoundError as error:
    if error.name != "httpx2":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for httpx2 needs httpx2: pip install 'digest-http[client2]'", name="httpx2"
    ) from None

__all__ = ["AsyncProxyTransport", "DigestAuth", "ProxyTransport"]


class DigestAuth(HttpxDigestAuth[httpx2.Request, httpx2.Response], httpx2.Auth):
    """HTTP Digest (RFC 7616) for httpx2, blocking and asynchronous; a drop-in for `httpx2.DigestAuth`.

    Share one object between all requests, clients, threads and tasks: it signs in advance as soon as it knows a
    challenge. docs/client.md explains all keywords. Raises ConfigurationError for settings that cannot work. While
    sending it raises WrongPrincipal (the server did not prove that it knows the password) and BodyNotReplayable.
    """

    _library = _reader = HttpxLibrary[httpx2.Request, httpx2.Response](httpx2)


class ProxyTransport(httpx2.HTTPTransport):
    """A transport through a proxy that wants Digest, for http and https: `httpx2.Client(transport=...)`.

    `proxy` is the proxy's URL, `auth` a `DigestAuth(..., proxy=True)`. Pass all other settings of the connection here
    too, for `httpx2.HTTPTransport`: `verify`, `http2`, `limits` and so on. A client with a transport ignores its own.
    Raises ConfigurationError.
    """

    def __init__(self, proxy: str | httpx2.URL | httpx2.Proxy, auth: DigestAuth, **keywords: Any) -> None:
        self._digest = DigestProxy(httpx2, proxy, auth, DigestAuth)
        super().__init__(proxy=self._digest.proxy, **keywords)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request. Raises what the library raises, and WrongPrincipal and BodyNotReplayable."""
        response: httpx2.Response = self._digest.send(request, super().handle_request)
        return response


class AsyncProxyTransport(httpx2.AsyncHTTPTransport):
    """The same for `httpx2.AsyncClient(transport=...)`."""

    def __init__(self, proxy: str | httpx2.URL | httpx2.Proxy, auth: DigestAuth, **keywords: Any) -> None:
        self._digest = DigestProxy(httpx2, proxy, auth, DigestAuth)
        super().__init__(proxy=self._digest.proxy, **keywords)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; see `ProxyTransport`."""
        response: httpx2.Response = await self._digest.asend(request, super().handle_async_request)
        return response
