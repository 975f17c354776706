"""What the flow needs of a client library's requests and responses: the common part of httpx and httpx2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from digest_http.httpauth.origins import Origin

from .wire import WireBody

__all__ = [
    "URL",
    "Headers",
    "Library",
    "Request",
    "RequestT",
    "Response",
    "carries",
    "field_values",
    "origin_of",
    "request_of",
    "set_field",
    "target_of",
]


class URL(Protocol):
    """A parsed URL, in the library's normal form: lower case, IDNA, no default port."""

    @property
    def scheme(self) -> str:
        """The scheme, without its colon."""
        ...

    @property
    def raw_host(self) -> bytes:
        """The host in ASCII; an IPv6 address without brackets."""
        ...

    @property
    def port(self) -> int | None:
        """The port if it is not the default one."""
        ...

    @property
    def raw_path(self) -> bytes:
        """Path and query as they go over the wire."""
        ...


class Headers(Protocol):
    """The header section of a message."""

    @property
    def encoding(self) -> str:
        """How octets are shown as text."""
        ...

    @encoding.setter
    def encoding(self, value: str) -> None: ...

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """All field lines as octets."""
        ...

    def update(self, headers: list[tuple[bytes, bytes]], /) -> None:
        """Set fields to octets."""
        ...

    def get(self, key: str, /) -> Any:  # as both libraries declare it
        """The value of a field as text, or None."""
        ...

    def __contains__(self, key: Any, /) -> bool: ...  # as both libraries declare it
    def __setitem__(self, key: str, value: str, /) -> None: ...
    def __delitem__(self, key: str, /) -> None: ...


class Request(Protocol):
    """A request that may be sent more than once."""

    method: str

    @property
    def url(self) -> URL:
        """The URL."""
        ...

    @property
    def headers(self) -> Headers:
        """The header section."""
        ...

    @property
    def stream(self) -> object:
        """The body, in one of the library's own classes."""
        ...

    @property
    def extensions(self) -> Mapping[str, Any]:
        """What was passed to the transport."""
        ...

    def read(self) -> bytes:
        """The body, read into memory."""
        ...

    async def aread(self) -> bytes:
        """The body, read into memory."""
        ...


RequestT = TypeVar("RequestT", bound=Request)
_RequestT_co = TypeVar("_RequestT_co", bound=Request, covariant=True)


class Response(Protocol[_RequestT_co]):
    """A response whose body has not been read yet."""

    status_code: int
    history: list[Any]

    @property
    def request(self) -> _RequestT_co:
        """The request it answers; RuntimeError if it was made by hand without one."""
        ...

    @property
    def headers(self) -> Headers:
        """The header section."""
        ...

    @property
    def extensions(self) -> Mapping[str, Any]:
        """What came from the transport."""
        ...

    @property
    def content(self) -> bytes:
        """The body after `read`, decoded."""
        ...

    def read(self) -> bytes:
        """Read the body into memory."""
        ...

    async def aread(self) -> bytes:
        """Read the body into memory."""
        ...


class Library(NamedTuple):
    """What the flow asks of a library beyond the messages themselves; each plug makes one."""

    watch: Callable[[Any], WireBody]
    """Put a WireBody around a response's body stream."""
    cookie_field: Callable[[Any, Any], str]
    """The Cookie field that the Set-Cookie fields of a response give for a request."""
    withhold: Callable[[Any], None]
    """Take a response's body away, read or not: it reads as empty, and what is left of it is thrown away."""


def request_of(response: Response[RequestT], sent: RequestT) -> RequestT:
    """The request that the response answers: after a redirect another one than was sent."""
    try:
        return response.request
    except RuntimeError:  # a response made by hand, without its request
        return sent


def target_of(request: Request) -> bytes:
    """The request target as it goes over the wire, octet for octet."""
    # The extension is how `OPTIONS *` and unusual targets are sent; it replaces the URL's path and query.
    target: bytes | str | None = request.extensions.get("target")
    if target is None:
        return request.url.raw_path
    return target if isinstance(target, bytes) else target.encode("ascii")


def origin_of(url: URL) -> Origin:
    """The origin of a URL."""
    return Origin.of(url.scheme, url.raw_host.decode("ascii"), url.port)


def field_values(message: Request | Response[Any], name: bytes) -> list[bytes]:
    """The values of all field lines of a (lower-case) name, as the octets that came."""
    return [value for key, value in message.headers.raw if key.lower() == name]


def carries(request: Request, name: bytes, value: bytes) -> bool:
    """Whether a request carries exactly this field value; a redirect copies fields into the next request."""
    return field_values(request, name) == [value]


def set_field(request: Request, name: str, value: bytes) -> None:
    """Set a header field to octets, replacing what was there."""
    try:
        request.headers[name] = value.decode("ascii")
    except UnicodeDecodeError:
        request.headers.update([(name.encode(), value)])
        # A section that was once read as ASCII would go on to be, and fail; every octet reads as ISO 8859-1.
        request.headers.encoding = "iso-8859-1"
