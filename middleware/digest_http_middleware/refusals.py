"""The answers that say what was wrong. What that is, is a value of the guard's (digest_http.guard.outcomes)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Final

from digest_http.errors import SourceUnavailable
from digest_http.guard import Refusal

from .asgi import Headers, Receive, Scope, Send

__all__ = ["UNAVAILABLE", "Answer", "Refusal", "send_refusal"]

#: A custom body: (scope, refusal) -> (content type, body), or an awaitable of it. Status and fields stay ours.
Answer = Callable[[Scope, Refusal], "tuple[str, bytes] | Awaitable[tuple[str, bytes]]"]

UNAVAILABLE: Final = SourceUnavailable.http_status

#: The content type of our own bodies.
PLAIN_TEXT: Final = b"text/plain; charset=utf-8"

#: Seconds after which a client may try again when a source is down; long enough not to add to its load.
RETRY_AFTER: Final = b"5"


async def send_refusal(
    refusal: Refusal, fields: Headers, answer: Answer | None, connection: tuple[Scope, Receive, Send]
) -> None:
    """Answer an http request, or refuse a websocket handshake before it is accepted."""
    scope, receive, send = connection
    if scope["type"] == "websocket":
        await receive()  # websocket.connect; an answer may only follow it
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            # Without the extension a server can only say 403: the challenge is lost, the door stays shut.
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.reason})
            return
        kind = "websocket.http.response"
    else:
        kind = "http.response"
    if answer is None:
        content_type, body = PLAIN_TEXT, refusal.text.encode() + b"\n"
    else:
        content_type, body = await _made(answer, refusal, scope)
    headers = [
        *fields,
        (b"content-type", content_type),
        (b"content-length", b"%d" % len(body)),
        # A shared cache must not serve one client's challenge, whose nonce is his, to another.
        (b"cache-control", b"no-store"),
    ]
    if refusal.status == UNAVAILABLE:
        headers.append((b"retry-after", RETRY_AFTER))
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": b"" if scope.get("method") == "HEAD" else body})


async def _made(answer: Answer, refusal: Refusal, scope: Scope) -> tuple[bytes, bytes]:
    made = answer(scope, refusal)
    content_type, body = await made if isawaitable(made) else made
    return content_type.encode("latin-1"), body
