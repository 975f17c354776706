"""`DigestAuth` for aiohttp: a middleware of its client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

import aiohttp
from multidict import CIMultiDict

from digest_http.errors import DigestError, WrongPrincipal

from .aiohttp_bodies import discard
from .aiohttp_family import AiohttpLibrary
from .aiohttp_messages import Answer, Message
from .aiohttp_redirects import REDIRECTS, Redirects
from .base_auth import BaseDigestAuth
from .exchange import Exchange
from .flow import acall, async_flow
from .library_errors import errors_also
from .preemptive import Preemptive, is_plain_success, sign_preemptively

__all__ = ["DigestAuth"]


class DigestAuth(BaseDigestAuth[Message, Answer]):
    """HTTP Digest (RFC 7616) for aiohttp: `aiohttp.ClientSession(middlewares=(DigestAuth(name, password),))`.

    Share one object between all requests, sessions, tasks and event loops: it signs in advance as soon as it knows a
    challenge. docs/client.md explains all keywords. Raises ConfigurationError for settings that cannot work. While
    sending it raises WrongPrincipal (the server did not prove that it knows the password) and BodyNotReplayable; both
    are `aiohttp.ClientError` too.
    """

    _library = _reader = AiohttpLibrary()
    _redirects = Redirects()

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send one request, and answer the challenges that it meets. aiohttp calls this for each hop of a redirect."""
        try:
            message, session = Message.of(request), self._session
            began = None if session.proxy else self._redirects.began_at(session, message)
            if began is not None and began != message.origin:
                response = await self._led_away(request, handler)
            else:
                # aiohttp keeps connections apart by these fields, and puts another one into them while it sends.
                given = request.proxy_headers
                fields = None if given is None else CIMultiDict[str](given)
                preemptive = sign_preemptively(session, message)
                if preemptive is None:
                    exchange = Exchange(session, message)
                    response = await self._driven(exchange, message, request, handler, fields)
                else:
                    if fields is not None:
                        request.proxy_headers = CIMultiDict(fields)
                    response = await handler(request)
                    answer = Answer(response.status, response.headers, response)
                    left = self._left(message, preemptive, answer)
                    if left is not None:
                        response = await self._driven(left, message, request, handler, fields, answer)
            if response.status in REDIRECTS and not session.proxy:
                self._redirects.note(session, response, message, began)
        except DigestError:
            with errors_also(aiohttp.ClientError):
                raise
        return response

    async def tunnel(self, message: Message, send: Callable[[Message], Awaitable[Answer]]) -> Answer:
        """Sign a CONNECT; `send` sends it, and gives the proxy's answer."""
        with errors_also(aiohttp.ClientError):
            async with aclosing(async_flow(self._session, self._reader, message)) as flow:
                return await acall(flow, send)

    async def _led_away(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send a request to another origin, to which a redirect led: it gets nothing. Raises WrongPrincipal."""
        session = self._session
        session.policy.report("it came from another origin, to which a redirect led")
        if session.demands_proof:
            raise WrongPrincipal("a redirect led to another origin, which proves nothing")
        return await handler(request)

    def _left(self, message: Message, preemptive: Preemptive, answer: Answer) -> Exchange[Message, Answer] | None:
        """What is left of a call that was signed in advance; None if its answer needs no more than a look."""
        session = self._session
        try:
            values = self._reader.plain_answer(answer, message, session.info_name)
            if is_plain_success(session, preemptive, values):
                return None
            return Exchange(session, message, preemptive)
        except BaseException:
            if answer.response is not None:
                _abandon(answer.response)
            raise

    async def _driven(  # noqa: PLR0917  # the parts of one call, which has one caller
        self,
        exchange: Exchange[Message, Answer],
        message: Message,
        request: aiohttp.ClientRequest,
        handler: aiohttp.ClientHandlerType,
        fields: CIMultiDict[str] | None,
        answer: Answer | None = None,
    ) -> aiohttp.ClientResponse:
        """What is left of a call; `answer` is what came back, None if nothing was sent yet."""
        last: aiohttp.ClientResponse | None = None if answer is None else answer.response
        # What `last` answered: the request, or its probe.
        sent = request

        async def send(message: Message) -> Answer:
            nonlocal last, sent
            if last is not None:
                await _have_done_with(last, sent)
            sent = message.request or request
            if fields is not None:
                sent.proxy_headers = CIMultiDict(fields)
            last = await handler(sent)
            return Answer.of(last)

        try:
            async with aclosing(async_flow(self._session, self._reader, message, exchange, answer)) as flow:
                answer = await acall(flow, send, answer)
            response = answer.response
            assert response is not None  # noqa: S101  # `send` gives no other answers
            if answer.unread is not None and not await discard(response, answer.unread) and response.connection:
                response.connection.close()
        except BaseException:
            if last is not None:
                _abandon(last)
            raise
        return response


def _abandon(response: aiohttp.ClientResponse) -> None:
    """Close a response that nobody gets to see, and its connection."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        # No farewell of TLS: the event loop may end before an answer to it comes.
        connection.transport.abort()
    response.close()


async def _have_done_with(response: aiohttp.ClientResponse, request: aiohttp.ClientRequest) -> None:
    """Make ready to send the request again that was answered so."""
    expecting = request.headers.get("Expect", "").lower() == "100-continue"
    if expecting:
        # The server may still wait for the body, and would take the next request for it. aiohttp 3.13 overlooks that.
        response.close()
    else:
        await discard(response, response.content)
        response.release()
    # Its body may still be on its way. Two that send from one file would send nonsense.
    with suppress(aiohttp.ClientError, OSError):
        await request.close()
    if expecting:
        # What the first sending waited for will not come any more.
        request.update_expect_continue(expect=True)
