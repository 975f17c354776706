"""The common part of the messages of httpx and httpx2, as far as it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

__all__ = ["URL", "Headers", "Request", "RequestT", "Response", "ResponseT"]


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
    stream: Any  # the body, in one of the library's own classes

    @property
    def url(self) -> URL:
        """The URL."""
        ...

    @property
    def headers(self) -> Headers:
        """The header section."""
        ...

    @property
    def extensions(self) -> Mapping[str, Any]:
        """What was passed to the transport."""
        ...

    def read(self) -> bytes:
        """The body, read into memory."""
        ...

    @property
    def content(self) -> bytes:
        """The body after `read`."""
        ...

    async def aread(self) -> bytes:
        """The body, read into memory."""
        ...


RequestT = TypeVar("RequestT", bound=Request)


class Response(Protocol):
    """A response, its body read or not."""

    status_code: int
    history: list[Any]
    stream: Any  # the library's own class

    @property
    def cookies(self) -> Any:  # as above
        """The cookies that it sets."""
        ...

    @property
    def request(self) -> Any:  # the library's own class
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


ResponseT = TypeVar("ResponseT", bound=Response)
