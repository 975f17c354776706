"""The plug for httpx."""

from __future__ import annotations

from .httpx_auth import HttpxDigestAuth
from .httpx_family import HttpxLibrary
from .httpx_proxies import AsyncDigestProxy, DigestProxy

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

    Share one object by all requests, clients, threads and tasks: it signs in advance what it has learnt to sign. All
    keywords are explained in docs/client.md. Raises ConfigurationError for settings that cannot work; while sending,
    WrongPrincipal (the server did not prove itself) and BodyNotReplayable.
    """

    _library = _reader = HttpxLibrary[httpx.Request, httpx.Response](httpx)


class ProxyTransport(DigestProxy, httpx.HTTPTransport):
    """A transport through a proxy that wants Digest, for http and https: `httpx.Client(transport=...)`.

    `proxy` is its URL, `auth` a `DigestAuth(..., proxy=True)`; all else goes to `httpx.HTTPTransport`: `verify`,
    `http2`, `limits` and so on, which a client ignores that has a transport. Raises ConfigurationError.
    """

    _module = httpx
    _auth = DigestAuth


class AsyncProxyTransport(AsyncDigestProxy, httpx.AsyncHTTPTransport):
    """The same for `httpx.AsyncClient(transport=...)`."""

    _module = httpx
    _auth = DigestAuth
