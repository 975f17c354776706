"""`DigestAuth` for httpx and httpx2: one class, which each plug joins with its library's own base class."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

from .base_auth import BaseDigestAuth
from .flow import async_flow, sync_flow
from .httpx_family import HttpxLibrary
from .httpx_shapes import RequestT, ResponseT

__all__ = ["HttpxDigestAuth"]


class HttpxDigestAuth(BaseDigestAuth[RequestT, ResponseT]):
    """HTTP Digest (RFC 7616), blocking and asynchronous. A plug sets `_library` and `_reader`, to the same object."""

    _reader: HttpxLibrary[RequestT, ResponseT]

    def withhold(self, response: ResponseT) -> None:
        """Make the body of a response read as empty; reading it then throws away what is left of it."""
        self._reader.withhold(response)

    def auth_flow(self, request: RequestT) -> Generator[RequestT, ResponseT, None]:
        """The flow for callers that drive it by hand."""
        return sync_flow(self._session, self._reader, request)

    def sync_auth_flow(self, request: RequestT) -> Generator[RequestT, ResponseT, None]:
        """The flow of `Client`."""
        return sync_flow(self._session, self._reader, request)

    def async_auth_flow(self, request: RequestT) -> AsyncGenerator[RequestT, ResponseT]:
        """The flow of `AsyncClient`."""
        return async_flow(self._session, self._reader, request)
