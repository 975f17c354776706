"""One call of requests or niquests: the hooks that a prepared request carries, and each redirect of it after it.

The libraries ask an auth class once, when a request is prepared, and tell hooks about answers. So the order is:

1. `begin` is called: by requests' `DigestAuth` when the request is prepared, by niquests each time it is sent. It signs
   the request in advance, where that is possible.
2. The library sends it and calls `answered`. That goes on with the flow that `begin` started. Requests to be sent again
   go through the adapter that sent the first one, with the same settings.
   Where a probe goes first (`probe=True`), the caller's request is changed into that until its answer has come, since
   the library sends no other; the request itself is then sent as one that is to be sent again.
3. At the end our field is taken out of the caller's request again, so that nothing that is copied from it (a redirect),
   and no second sending of it, carries a count that was used. `response.request` shows what was sent.
4. For a request that nobody has begun (a redirect of requests, a prepared request that is sent twice) a flow is started
   with the answer in hand. So it is for one that was signed in advance, unless its answer needs no more than a look.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

from digest_http.errors import DigestError

from .exchange import Exchange
from .flow import async_flow, sync_flow
from .requests_begun import BaseCall, Begun
from .requests_family import AsyncRequestsLibrary, RequestsLibrary
from .requests_glances import Answer
from .requests_shapes import RequestT

__all__ = ["AsyncCall", "Call"]


class Call(BaseCall[RequestsLibrary[RequestT], RequestT, Generator[RequestT, Answer, None]]):
    """The hooks of a blocking call."""

    def begin(self, request: RequestT) -> RequestT:
        """Sign a request that is about to be sent; the same object."""
        if (request.url == self._url or self._is_at_home(request)) and not self._sign_at_once(request):
            message = self._make_ready(request)
            own = self._library.field(request, self._field)
            with self._errors(request):
                self._rewind(request)
                flow = sync_flow(self._session, self._library, message, Exchange(self._session, message))
                sent = next(flow)
            self._note_begun(request, message, flow, sent, own)
        return request

    def answered(self, response: Any, **settings: Any) -> Any:
        """Look at the answer to a request, and send it again if need be; the response that is the caller's."""
        request: RequestT = response.request
        begun = self._begun.pop(id(request), None) or self._as_it_is(request)
        try:
            return self._drive(begun, response, request, settings)
        except DigestError:
            with self._errors(request):
                raise
        finally:
            self._give_back(request, begun)

    def _drive(
        self,
        begun: Begun[RequestT, Generator[RequestT, Answer, None]],
        response: Any,
        request: RequestT,
        settings: dict[str, Any],
    ) -> Any:
        message, flow = begun.sent, begun.flow
        while True:
            self._show(response, request)
            try:
                if flow is None:
                    left = self._left(begun, response, request, settings)
                    if left is None:
                        return response
                    exchange, answer = left
                    flow = sync_flow(self._session, self._library, message, exchange, answer)
                    message = next(flow)
                else:
                    answer = self._answer(response, message, settings)
                    message = flow.send(answer)
            except StopIteration:
                return response
            except BaseException:
                response.close()  # nobody gets it, and its connection goes back to the pool
                raise
            self._library.drain(answer)
            response = response.connection.send(self._resend(message), **settings)


class AsyncCall(BaseCall[AsyncRequestsLibrary[RequestT], RequestT, AsyncGenerator[RequestT, Answer]]):
    """The hooks of an asynchronous call; see `Call`."""

    async def begin(self, request: RequestT) -> RequestT:
        """Sign a request that is about to be sent; the same object."""
        if (request.url == self._url or self._is_at_home(request)) and not self._sign_at_once(request):
            message = self._make_ready(request)
            own = self._library.field(request, self._field)
            with self._errors(request):
                self._rewind(request)
                flow = async_flow(self._session, self._library, message, Exchange(self._session, message))
                sent = await anext(flow)
            self._note_begun(request, message, flow, sent, own)
        return request

    async def answered(self, response: Any, **settings: Any) -> Any:
        """Look at the answer to a request, and send it again if need be; the response that is the caller's."""
        request: RequestT = response.request
        begun = self._begun.pop(id(request), None) or self._as_it_is(request)
        try:
            return await self._drive(begun, response, request, settings)
        except DigestError:
            with self._errors(request):
                raise
        finally:
            self._give_back(request, begun)

    async def _drive(
        self,
        begun: Begun[RequestT, AsyncGenerator[RequestT, Answer]],
        response: Any,
        request: RequestT,
        settings: dict[str, Any],
    ) -> Any:
        message, flow = begun.sent, begun.flow
        while True:
            self._show(response, request)
            try:
                if flow is None:
                    left = self._left(begun, response, request, settings)
                    if left is None:
                        return response
                    exchange, answer = left
                    flow = async_flow(self._session, self._library, message, exchange, answer)
                    message = await anext(flow)
                else:
                    answer = self._answer(response, message, settings)
                    message = await flow.asend(answer)
            except StopAsyncIteration:
                return response
            except BaseException:
                await response.close()
                raise
            await self._library.adrain(answer)
            response = await response.connection.send(self._resend(message), **settings)
