"""The input and output of one call as httpx and httpx2 want it, blocking and asynchronous; `Exchange` decides."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

from .exchange import Exchange
from .httpx_shapes import RequestT, ResponseT
from .preemptive import is_plain_success, sign_preemptively
from .session import Session

__all__ = ["async_flow", "sync_flow"]


def sync_flow(session: Session[RequestT, ResponseT], request: RequestT) -> Generator[RequestT, ResponseT, None]:
    """Drive one call for a blocking client."""
    response = None
    preemptive = sign_preemptively(session, request)
    if preemptive is not None:
        response = yield request
        if is_plain_success(session, request, preemptive, response):
            return
    exchange = Exchange(session, request, preemptive)
    while True:
        if response is None:
            if exchange.needs_body:
                exchange.request.read()
            exchange.sign()
            response = yield exchange.request
        if exchange.needs_body_of(response):
            response.read()
        if not exchange.receive(response):
            return
        response = None


async def async_flow(session: Session[RequestT, ResponseT], request: RequestT) -> AsyncGenerator[RequestT, ResponseT]:
    """Drive one call for an asynchronous client."""
    response = None
    preemptive = sign_preemptively(session, request)
    if preemptive is not None:
        response = yield request
        if is_plain_success(session, request, preemptive, response):
            return
    exchange = Exchange(session, request, preemptive)
    while True:
        if response is None:
            if exchange.needs_body:
                await exchange.request.aread()
            exchange.sign()
            response = yield exchange.request
        if exchange.needs_body_of(response):
            await response.aread()
        if not exchange.receive(response):
            return
        response = None
