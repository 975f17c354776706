"""The input and output of one call, blocking and asynchronous; `Exchange` decides.

Each flow is a generator: it yields a request that is to be sent, and is given what came back. When it ends, the last
response is the caller's. httpx drives such generators itself; `call` and `acall` drive them for the other libraries.

Most calls need no generator: a plug may sign in advance and look for a plain success by itself (preemptive.py), and
begin a flow with what else came back.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

from .exchange import Exchange
from .library import AsyncBodyReader, BodyReader, RequestT, ResponseT
from .preemptive import is_plain_success, sign_preemptively
from .session import Session

__all__ = ["acall", "async_flow", "call", "sync_flow"]


def sync_flow(
    session: Session[RequestT, ResponseT],
    reader: BodyReader[RequestT, ResponseT],
    request: RequestT,
    exchange: Exchange[RequestT, ResponseT] | None = None,
    response: ResponseT | None = None,
) -> Generator[RequestT, ResponseT, None]:
    """Drive one call for a blocking client.

    With `exchange` it is what is left of a call: `response` is what came back, None if nothing was sent yet.
    """
    if exchange is None:
        preemptive = sign_preemptively(session, request)
        if preemptive is not None:
            response = yield request
            values = session.library.plain_answer(response, request, session.info_name)
            if is_plain_success(session, preemptive, values):
                return
        exchange = Exchange(session, request, preemptive)
    while True:
        if response is None:
            if exchange.needs_body:
                reader.hash_request(exchange.request, exchange.new_entity())
            exchange.sign()
            response = yield exchange.request
        if exchange.needs_body_of(response):
            reader.read_response(response)
        again = exchange.receive(response)
        while (wanted := exchange.take_wanted()) is not None:
            session.logins.ask(wanted)
            again = exchange.receive(response)
        if not again:
            return
        response = None


async def async_flow(
    session: Session[RequestT, ResponseT],
    reader: AsyncBodyReader[RequestT, ResponseT],
    request: RequestT,
    exchange: Exchange[RequestT, ResponseT] | None = None,
    response: ResponseT | None = None,
) -> AsyncGenerator[RequestT, ResponseT]:
    """Drive one call for an asynchronous client; see `sync_flow`."""
    if exchange is None:
        preemptive = sign_preemptively(session, request)
        if preemptive is not None:
            response = yield request
            values = session.library.plain_answer(response, request, session.info_name)
            if is_plain_success(session, preemptive, values):
                return
        exchange = Exchange(session, request, preemptive)
    while True:
        if response is None:
            if exchange.needs_body:
                await reader.ahash_request(exchange.request, exchange.new_entity())
            exchange.sign()
            response = yield exchange.request
        if exchange.needs_body_of(response):
            await reader.aread_response(response)
        again = exchange.receive(response)
        while (wanted := exchange.take_wanted()) is not None:
            await session.logins.aask(wanted)
            again = exchange.receive(response)
        if not again:
            return
        response = None


def call(flow: Generator[RequestT, ResponseT, None], send: Callable[[RequestT], ResponseT]) -> ResponseT:
    """Drive one call of a blocking library. `send` sends a request, and has done with the response before it."""
    request = next(flow)
    while True:
        response = send(request)
        try:
            request = flow.send(response)
        except StopIteration:
            return response


async def acall(
    flow: AsyncGenerator[RequestT, ResponseT],
    send: Callable[[RequestT], Awaitable[ResponseT]],
    answer: ResponseT | None = None,
) -> ResponseT:
    """Drive one call of an asynchronous library; see `call`. `answer` is what the flow was begun with, if it was."""
    try:
        request = await anext(flow)
    except StopAsyncIteration:
        if answer is None:
            raise
        return answer
    while True:
        response = await send(request)
        try:
            request = await flow.asend(response)
        except StopAsyncIteration:
            return response
