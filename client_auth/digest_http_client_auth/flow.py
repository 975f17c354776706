"""The input and output of one call, blocking and asynchronous, for any client library; `Exchange` decides."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

from .exchange import Exchange
from .messages import RequestT, Response
from .session import Session

__all__ = ["async_flow", "sync_flow"]


def sync_flow(session: Session, request: RequestT) -> Generator[RequestT, Response[RequestT], None]:
    """Drive one call for a blocking client."""
    exchange = Exchange(session, request)
    while True:
        if exchange.needs_body:
            exchange.request.read()
        exchange.sign()
        response = yield exchange.request
        if exchange.needs_body_of(response):
            response.read()
        if not exchange.take(response):
            return


async def async_flow(session: Session, request: RequestT) -> AsyncGenerator[RequestT, Response[RequestT]]:
    """Drive one call for an asynchronous client."""
    exchange = Exchange(session, request)
    while True:
        if exchange.needs_body:
            await exchange.request.aread()
        exchange.sign()
        response = yield exchange.request
        if exchange.needs_body_of(response):
            await response.aread()
        if not exchange.take(response):
            return
