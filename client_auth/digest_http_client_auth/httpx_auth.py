"""`DigestAuth` for httpx and httpx2: one class, which each plug joins with its library's own base class."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing

from digest_http.errors import DigestError

from .base_auth import BaseDigestAuth
from .exchange import Exchange
from .flow import async_flow, sync_flow
from .httpx_family import HttpxLibrary
from .httpx_shapes import RequestT, ResponseT
from .library_errors import joined_error
from .preemptive import is_plain_success, sign_preemptively

__all__ = ["HttpxDigestAuth"]


class HttpxDigestAuth(BaseDigestAuth[RequestT, ResponseT]):
    """HTTP Digest (RFC 7616), blocking and asynchronous. A plug sets `_library` and `_reader`, to the same object."""

    _reader: HttpxLibrary[RequestT, ResponseT]

    def withhold(self, response: ResponseT) -> None:
        """Make the body of a response read as empty; reading it then throws away what is left of it."""
        self._reader.withhold(response)

    def auth_flow(self, request: RequestT) -> Generator[RequestT, ResponseT, None]:
        """The flow for callers that drive it by hand."""
        return self.sync_auth_flow(request)

    def sync_auth_flow(self, request: RequestT) -> Generator[RequestT, ResponseT, None]:
        """The flow of `Client`, which reads a response whole before it sends the next request."""
        session = self._session
        response = None
        try:
            preemptive = sign_preemptively(session, request)
            if preemptive is not None:
                response = yield request
                values_of = session.library.plain_answer
                if is_plain_success(session, preemptive, values_of(response, request, session.info_name)):
                    return
            reader = self._reader
            flow = sync_flow(session, reader, request, Exchange(session, request, preemptive), response)
            message = next(flow, None)
            while message is not None:
                if response is not None:
                    reader.bound(response)
                response = yield message
                try:
                    message = flow.send(response)
                except StopIteration:
                    return
        except DigestError as error:
            raise self._joined(error, request) from error.__cause__

    async def async_auth_flow(self, request: RequestT) -> AsyncGenerator[RequestT, ResponseT]:
        """The flow of `AsyncClient`."""
        session = self._session
        response = None
        try:
            preemptive = sign_preemptively(session, request)
            if preemptive is not None:
                response = yield request
                values_of = session.library.plain_answer
                if is_plain_success(session, preemptive, values_of(response, request, session.info_name)):
                    return
            reader, exchange = self._reader, Exchange(session, request, preemptive)
            async with aclosing(async_flow(session, reader, request, exchange, response)) as flow:
                message = await anext(flow, None)
                while message is not None:
                    if response is not None:
                        reader.bound(response)
                    response = yield message
                    try:
                        message = await flow.asend(response)
                    except StopAsyncIteration:
                        return
        except DigestError as error:
            raise self._joined(error, request) from error.__cause__

    def _joined(self, error: DigestError, request: RequestT) -> DigestError:
        """The same error, which `except httpx.RequestError` catches too."""
        joined = joined_error(error, self._reader.error)
        vars(joined)["_request"] = request
        return joined.with_traceback(error.__traceback__)
