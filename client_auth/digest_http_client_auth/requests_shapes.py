"""The common part of the messages of requests and niquests, as far as it is used."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

__all__ = ["Request", "RequestT", "Response"]


class Request(Protocol):
    """A prepared request."""

    # Both libraries declare these wider than what a request that is being sent has: without None, in text.
    method: Any
    url: Any
    headers: Any
    body: Any
    hooks: Any

    @property
    def path_url(self) -> str:
        """Path and query."""
        ...


class Response(Protocol):
    """A response; `raw` is that of urllib3, or of its fork urllib3-future."""

    status_code: Any
    headers: Any
    history: Any
    raw: Any
    request: Any

    @property
    def cookies(self) -> Any:
        """A jar with the cookies that it sets."""
        ...

    @property
    def content(self) -> Any:
        """The body, decoded; in the asynchronous form, what is awaited for it."""
        ...


RequestT = TypeVar("RequestT", bound=Request)
