"""One call of requests or niquests: the hooks that a prepared request carries, and each redirect of it after it.

The libraries ask an auth class once, when a request is prepared, and tell hooks about answers. So the order is:

1. `begin` is called: by requests' `DigestAuth` when the request is prepared, by niquests each time it is sent. It signs
   the request in advance, where that is possible.
2. The library sends it and calls `answered`. That goes on with the flow that `begin` started. Requests to be sent again
   go through the adapter that sent the first one, with the same settings.
3. At the end our field is taken out of the caller's request again, so that nothing that is copied from it (a redirect),
   and no second sending of it, carries a count that was used. `response.request` shows what was sent.
4. For a request that nobody has begun (a redirect of requests, a prepared request that is sent twice) a flow is started
   with the answer in hand.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncGenerator, Generator
from typing import Any, Final, Generic, TypeVar

from digest_http.errors import WrongPrincipal

from .exchange import Exchange
from .flow import async_flow, sync_flow
from .library_errors import errors_also
from .requests_family import AsyncRequestsLibrary, RequestsLibrary
from .requests_shapes import Answer, Request, RequestT
from .sent_bodies import BodyReplay
from .session import Session

__all__ = ["AsyncCall", "Call"]

_FlowT = TypeVar("_FlowT")
_LibraryT = TypeVar("_LibraryT", bound=RequestsLibrary[Any])


class _Begun(Generic[_FlowT]):
    """A request that was signed, or not, and is under way."""

    def __init__(self, flow: _FlowT, own: Any) -> None:
        self.flow: Final = flow
        #: The caller's own field of credentials, which ours replaces for the time of the call; None for none.
        self.own: Final = own


class BaseCall(Generic[_LibraryT, RequestT, _FlowT]):
    """What the blocking and the asynchronous form share."""

    def __init__(self, session: Session[RequestT, Answer], library: _LibraryT, module: Any, request: RequestT) -> None:
        self._session: Final = session
        self._library: Final = library
        self._module: Final = module
        self._field: Final = session.authorization_name.decode()
        self._origin: Final = library.origin(request)
        # The file's offset, for redirects too: requests itself goes back to it for them.
        self._replay: Final = None if library.holds_body(request) else BodyReplay(request.body)
        self._was_sent = False
        # By id: an entry keeps its request alive, so no other can have that id.
        self._begun: Final[dict[int, _Begun[_FlowT]]] = {}

    def _errors(self, request: Request) -> Any:
        return errors_also(self._module.exceptions.RequestException, request=request, response=None)

    def _is_at_home(self, request: RequestT) -> bool:
        """Whether a request goes to the origin that the credentials were given for. A redirect may lead away.

        From http to https of the same host, both at their usual ports, the libraries keep a field of credentials.
        """
        origin, first = self._library.origin(request), self._origin
        if origin == first:
            return True
        return (first.scheme, first.port, origin.scheme, origin.port, origin.host) == (
            "http", 80, "https", 443, first.host,
        )  # fmt: skip

    def _leave(self, status: int) -> None:
        """A redirect led to another origin, which gets nothing. Raises WrongPrincipal where a proof is demanded."""
        if self._session.demands_proof:
            raise WrongPrincipal("a redirect led away from the request whose answer the server could prove")
        if status == self._session.status:
            self._session.policy.report("it came from another origin, to which a redirect led")

    def _rewind(self, request: RequestT) -> None:
        """Let a body that was sent before, in this call, be sent again. Raises BodyNotReplayable."""
        if self._replay is not None and self._was_sent:
            self._replay.restore(request)
        self._was_sent = True

    def _note_begun(self, request: RequestT, flow: _FlowT, own: Any) -> None:
        self._begun[id(request)] = _Begun(flow, own)

    def _unsigned(self, request: RequestT) -> Exchange[RequestT, Answer]:
        return Exchange(self._session, request, unsigned=True, replay=self._replay)

    def _answer(self, response: Any, request: RequestT, settings: dict[str, Any]) -> Answer:
        origin = self._library.origin(request)
        proxy = self._library.proxy_among(request, settings.get("proxies"))
        self._library.note_proxy(request, proxy)
        peer = origin if proxy is None else proxy
        return Answer(response, (peer.host, peer.port))

    def _show(self, response: Any, request: RequestT) -> None:
        """Let a response show its request as it was sent, whatever is done to the caller's from now on."""
        if response.request is request:
            # The attributes that a library has hung on it go along; the fields are what will differ.
            response.request = shown = copy.copy(request)
            shown.headers = request.headers.copy()

    def _give_back(self, request: RequestT, own: Any) -> None:
        """Take our field out of the caller's request."""
        if own is None:
            request.headers.pop(self._field, None)
        else:
            request.headers[self._field] = own

    def _resend(self, request: RequestT) -> RequestT:
        sent: RequestT = copy.copy(request)
        sent.headers = request.headers.copy()
        return sent

    def __reduce__(self) -> tuple[Any, ...]:
        # Responses are pickled with their request and its hooks; the password is not to be among them.
        return (_Forgotten, ())

    def __deepcopy__(self, _: Any) -> Any:
        return self


class Call(BaseCall[RequestsLibrary[RequestT], RequestT, Generator[RequestT, Answer, None]]):
    """The hooks of a blocking call."""

    def begin(self, request: RequestT) -> RequestT:
        """Sign a request that is about to be sent; the same object."""
        if self._is_at_home(request):
            flow = sync_flow(self._session, self._library, request)
            own = request.headers.get(self._field)
            with self._errors(request):
                self._rewind(request)
                next(flow)
            self._note_begun(request, flow, own)
        return request

    def answered(self, response: Any, **settings: Any) -> Any:
        """Look at the answer to a request, and send it again if need be; the response that is the caller's."""
        request: RequestT = response.request
        begun = self._begun.pop(id(request), None)
        if begun is None:
            if self._is_at_home(request):
                flow = sync_flow(self._session, self._library, request, self._unsigned(request))
            else:
                flow = self._away(request)
            begun = _Begun(flow, request.headers.get(self._field))
            next(flow)
        try:
            with self._errors(request):
                return self._drive(begun.flow, response, request, settings)
        finally:
            self._give_back(request, begun.own)

    def _away(self, request: RequestT) -> Generator[RequestT, Answer, None]:
        """The flow of a request to another origin."""
        answer = yield request
        self._leave(answer.response.status_code)

    def _drive(
        self, flow: Generator[RequestT, Answer, None], response: Any, request: RequestT, settings: dict[str, Any]
    ) -> Any:
        while True:
            self._show(response, request)
            answer = self._answer(response, request, settings)
            try:
                flow.send(answer)
            except StopIteration:
                return response
            except BaseException:
                response.close()  # nobody gets it, and its connection goes back to the pool
                raise
            self._library.drain(answer)
            response = response.connection.send(self._resend(request), **settings)


class AsyncCall(BaseCall[AsyncRequestsLibrary[RequestT], RequestT, AsyncGenerator[RequestT, Answer]]):
    """The hooks of an asynchronous call; see `Call`."""

    async def begin(self, request: RequestT) -> RequestT:
        """Sign a request that is about to be sent; the same object."""
        if self._is_at_home(request):
            flow = async_flow(self._session, self._library, request)
            own = request.headers.get(self._field)
            with self._errors(request):
                self._rewind(request)
                await anext(flow)
            self._note_begun(request, flow, own)
        return request

    async def answered(self, response: Any, **settings: Any) -> Any:
        """Look at the answer to a request, and send it again if need be; the response that is the caller's."""
        request: RequestT = response.request
        begun = self._begun.pop(id(request), None)
        if begun is None:
            if self._is_at_home(request):
                flow = async_flow(self._session, self._library, request, self._unsigned(request))
            else:
                flow = self._away(request)
            begun = _Begun(flow, request.headers.get(self._field))
            await anext(flow)
        try:
            with self._errors(request):
                return await self._drive(begun.flow, response, request, settings)
        finally:
            self._give_back(request, begun.own)

    async def _away(self, request: RequestT) -> AsyncGenerator[RequestT, Answer]:
        """The flow of a request to another origin."""
        answer = yield request
        self._leave(answer.response.status_code)

    async def _drive(
        self, flow: AsyncGenerator[RequestT, Answer], response: Any, request: RequestT, settings: dict[str, Any]
    ) -> Any:
        while True:
            self._show(response, request)
            answer = self._answer(response, request, settings)
            try:
                await flow.asend(answer)
            except StopAsyncIteration:
                return response
            except BaseException:
                await response.close()
                raise
            await self._library.adrain(answer)
            response = await response.connection.send(self._resend(request), **settings)


class _Forgotten:
    """What a pickle has in place of a call: hooks that do nothing."""

    def begin(self, request: Any) -> Any:
        """Leave a request as it is."""
        return request

    def answered(self, response: Any, **_settings: Any) -> Any:
        """Leave an answer as it is."""
        return response
