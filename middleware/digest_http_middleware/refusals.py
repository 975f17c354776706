"""The answers that say what was wrong. What that is, is a value of the guard's (digest_http.guard.outcomes)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from digest_http.guard import Refusal
from digest_http.guard.refusal import body_fields

from .asgi import Headers, Receive, Scope, Send
from .refusal_messages import refusal_messages

__all__ = ["Answer", "Refusal", "refuse_later", "send_refusal"]

#: A custom body: (scope, refusal) -> (content type, body), or an awaitable of it. Status and fields stay ours.
Answer = Callable[[Scope, Refusal], "tuple[str, bytes] | Awaitable[tuple[str, bytes]]"]


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
    described, body = refusal.plain_fields, refusal.plain_body
    if answer is not None:
        content_type, body = await _made(answer, refusal, scope)
        described = body_fields(content_type, body)
    for message in refusal_messages(refusal.status, fields, described, body, scope):
        await send(message)


async def refuse_later(
    refusal: Refusal, fields: Awaitable[Headers], answer: Answer | None, connection: tuple[Scope, Receive, Send]
) -> None:
    """The same, once the fields are known."""
    await send_refusal(refusal, await fields, answer, connection)


async def _made(answer: Answer, refusal: Refusal, scope: Scope) -> tuple[bytes, bytes]:
    made = answer(scope, refusal)
    content_type, body = await made if isawaitable(made) else made
    return content_type.encode("latin-1"), body
