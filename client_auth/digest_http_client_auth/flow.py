"""The input and output of one call, blocking and asynchronous, for any client library; `Exchange` decides."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

from .ahead import passed, sign_ahead
from .exchange import Exchange
from .messages import RequestT, Response
from .session import Session

__all__ = ["async_flow", "sync_flow"]


def sync_flow(session: Session, request: RequestT) -> Generator[RequestT, Response[RequestT], None]:
    """Drive one call for a blocking client."""
    response = None
    ahead = sign_ahead(session, request)
    if ahead is not None:
        response = yield request
        if passed(session, request, ahead, response):
            return
    exchange = Exchange(session, request, ahead)
    while True:
        if response is None:
            if exchange.needs_body:
                exchange.request.read()
            exchange.sign()
            response = yield exchange.request
        if exchange.needs_body_of(response):
            response.read()
        if not exchange.take(response):
            return
        response = None


async def async_flow(session: Session, request: RequestT) -> AsyncGenerator[RequestT, Response[RequestT]]:
    """Drive one call for an asynchronous client."""
    response = None
    ahead = sign_ahead(session, request)
    if ahead is not None:
        response = yield request
        if passed(session, request, ahead, response):
            return
    exchange = Exchange(session, request, ahead)
    while True:
        if response is None:
            if exchange.needs_body:
                await exchange.request.aread()
            exchange.sign()
            response = yield exchange.request
        if exchange.needs_body_of(response):
            await response.aread()
        if not exchange.take(response):
            return
        response = None
