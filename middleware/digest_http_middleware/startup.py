"""What a server should know before its first challenge, learnt when ASGI says that the server starts."""

from __future__ import annotations

from digest_http.errors import ConfigurationError
from digest_http.guard import Guard
from digest_http.httpauth.waiting import Wait

from .asgi import Receive, Send

__all__ = ["started"]


async def started(guard: Guard, wait: Wait, receive: Receive, send: Send) -> bool:
    """Let `guard` learn it. False: it cannot work here, and that was said to the server."""
    try:
        await guard.start(wait)
    except ConfigurationError as error:
        await receive()  # lifespan.startup; an answer may only follow it
        await send({"type": "lifespan.startup.failed", "message": str(error)})
        return False
    return True
