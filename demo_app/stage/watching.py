"""Watching: stands outside of the middleware and notes what passes, each way, and what the middleware's log says of it.

It changes nothing. The reason of a refusal comes from the log `digest_http.middleware`, since the answer tells a
stranger less than the log tells the operator.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, MutableMapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .exchanges import Exchange, Exchanges

__all__ = ["Watching", "log_notes"]

#: The request that the running task answers. The log knows no other way to say which request it means.
_current: Final[ContextVar[tuple[Exchanges, Exchange] | None]] = ContextVar("demo_exchange", default=None)

_LOG: Final = "digest_http.middleware"


class Watching:
    """An ASGI middleware that notes each request and the head of its answer."""

    def __init__(self, app: ASGIApp, exchanges: Exchanges) -> None:
        self._app: Final = app
        self._exchanges: Final = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection on, and note it if it is a request."""
        if scope["type"] not in {"http", "websocket"} or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        exchange = self._begun(scope)

        async def send_noted(message: MutableMapping[str, Any]) -> None:
            self._note(exchange, message)
            await send(message)

        token = _current.set((self._exchanges, exchange))
        try:
            await self._app(scope, receive, send_noted)
        finally:
            _current.reset(token)

    def _begun(self, scope: Scope) -> Exchange:
        headers = Headers(scope=scope)
        given = headers.get("authorization")
        return self._exchanges.begin(
            at=time.monotonic(),
            method=scope.get("method", "GET"),
            target=target_of(scope),
            authorization=given.encode("latin-1") if given is not None else None,
            agent=headers.get("user-agent", ""),
            scheme=scope["type"],
        )

    def _note(self, exchange: Exchange, message: MutableMapping[str, Any]) -> None:
        kind = message["type"]
        if kind in {"http.response.start", "websocket.http.response.start"}:
            status = message["status"]
        elif kind in {"websocket.accept", "websocket.close"} and not exchange.status:
            # What servers make of the two, before the handshake is over.
            status = 101 if kind == "websocket.accept" else 403
        else:
            return
        headers = [(name.lower(), value) for name, value in message.get("headers") or ()]
        challenges = tuple(value for name, value in headers if name == b"www-authenticate")
        proof = next((value for name, value in headers if name == b"authentication-info"), None)
        self._exchanges.answered(exchange, status, challenges, proof)


def target_of(scope: Scope) -> str:
    """The request target as it stood in the request line, as text of one character an octet."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return (path + (b"?" + query if query else b"")).decode("latin-1")


class _Notes(logging.Handler):
    """Puts the reason of a log record on the exchange that it was written for."""

    def emit(self, record: logging.LogRecord) -> None:
        current = _current.get()
        reason = getattr(record, "digest_reason", None)
        if current is not None and isinstance(reason, str):
            exchanges, exchange = current
            exchanges.judged(exchange, reason, getattr(record, "digest_username", None))


@asynccontextmanager
async def log_notes() -> AsyncGenerator[None]:
    """Read the middleware's log, accepted requests too, until the block is left."""
    logger, notes = logging.getLogger(_LOG), _Notes()
    before = logger.level
    logger.addHandler(notes)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(notes)
