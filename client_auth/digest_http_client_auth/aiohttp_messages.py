"""What the core sees of one call of aiohttp: a request on its way, and what came back."""

from __future__ import annotations

from typing import Final, TypeAlias

import aiohttp
from multidict import CIMultiDict, MultiMapping
from yarl import URL

from digest_http.httpauth.origins import Origin

__all__ = ["Answer", "Message"]

#: Fields of a request, as text: aiohttp sends it as UTF-8.
Fields: TypeAlias = CIMultiDict[str]


def _origin(url: URL) -> Origin:
    return Origin.of(url.scheme, url.raw_host or "", url.port)


class Message:
    """A request: one of aiohttp's, the CONNECT that goes before one, or, for `learn`, a URL alone."""

    __slots__ = ("fields", "method", "proxy", "request", "target", "url")

    def __init__(self, method: str, url: URL, target: str, fields: Fields, proxy: Origin | None) -> None:
        self.method: Final = method
        self.url: Final = url
        self.target: Final = target
        self.fields: Final = fields
        #: The proxy that reads it; None if a server does.
        self.proxy: Final = proxy
        self.request: aiohttp.ClientRequest | None = None

    @classmethod
    def of(cls, request: aiohttp.ClientRequest) -> Message:
        """A request that is to be sent. What is set in its fields is set in the request."""
        # Through a proxy aiohttp writes the whole URL; curl, browsers and we sign its path, and proxies take that.
        proxy = None if request.proxy is None or request.is_ssl() else _origin(request.proxy)
        if proxy is not None and request.url == request.url.origin():
            # It writes no path where the URL has none, and Apache compares what is written.
            request.url = URL(f"{request.url.origin()}/")
        url = request.url
        made = cls(request.method, url, url.raw_path_qs, request.headers, proxy)
        made.request = request
        return made

    @classmethod
    def connect(cls, request: aiohttp.ClientRequest, proxy: URL) -> Message:
        """The CONNECT that makes a tunnel through `proxy` for a request."""
        url = request.url
        return cls("CONNECT", url, f"{url.host_subcomponent}:{url.port}", CIMultiDict(), _origin(proxy))

    @classmethod
    def to(cls, url: str) -> Message:
        """A GET request for a URL, which nobody sends. Raises aiohttp.InvalidURL."""
        try:
            parsed = URL(url)
        except ValueError:
            raise aiohttp.InvalidURL(url) from None
        if not parsed.raw_host:
            raise aiohttp.InvalidURL(url, "a URL of http or https is wanted")
        return cls("GET", parsed, parsed.raw_path_qs, CIMultiDict(), None)

    @property
    def origin(self) -> Origin:
        """The origin of its URL."""
        return _origin(self.url)


class Answer:
    """A response of aiohttp, or what a proxy answered to CONNECT, which comes without a body."""

    __slots__ = ("body", "fields", "response", "status", "unread")

    def __init__(
        self, status: int, fields: MultiMapping[str] | None, response: aiohttp.ClientResponse | None = None
    ) -> None:
        self.status: Final = status
        self.fields: Final[MultiMapping[str]] = CIMultiDict() if fields is None else fields
        self.response: Final = response
        #: The body, once it was read into memory, as it was transferred.
        self.body = b""
        #: The stream of a body that is withheld: it is still to be read and thrown away.
        self.unread: aiohttp.StreamReader | None = None

    @classmethod
    def of(cls, response: aiohttp.ClientResponse) -> Answer:
        """A response whose body was not read yet."""
        return cls(response.status, response.headers, response)
