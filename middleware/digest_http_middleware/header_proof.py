"""Authentication-Info in the header of an answer: for qop=auth, where the proof depends on the request alone.

The app's messages are copied before anything is put into them, as in proof.py. Each request goes through this file, so
it may be compiled. What an app sends is its own, and `Any` here: its fields may be lists, where we write tuples.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.httpauth.server import ServerContext

from .asgi import Message, Send

__all__ = ["header_proof", "with_header"]


def header_proof(send: Send, field: bytes, refused: int, verified: tuple[ServerContext, HTTPMessage]) -> Send:
    """A send for answers whose header can carry the proof at once: qop=auth, HEAD, and websockets.

    `refused` is the status of a refusal (401, 407), which never carries a proof, even if the app makes it.
    """
    context, layout = verified
    # Only HEAD and handshakes come here with auth-int: their answers have no body.
    layout.hentity = calculation.entity_hash(context.algorithm, b"") if context.covers_body else b""

    return partial(_send_with_proof, send, field, refused, context, layout)


def _send_with_proof(  # noqa: PLR0917 - called through a partial alone, which costs less than a closure of five
    send: Send, field: bytes, refused: int, context: ServerContext, layout: HTTPMessage, message: Message
) -> Awaitable[None]:
    kind = message["type"]
    if kind == "http.response.body":  # half of all messages
        return send(message)
    if (kind == "http.response.start" and message["status"] != refused) or kind == "websocket.accept":
        context.make_signature(layout)
        message = with_header(message, field, layout.padding)
    elif kind == "websocket.http.response.start" and message["status"] != refused:
        # The app itself turns the handshake down. With auth-int its body would have to be known by now.
        context.make_signature(layout)
        value = context.authentication_info(None) if context.covers_body else layout.padding
        message = with_header(message, field, value)
    # Handed on, not awaited: a coroutine of our own around each message costs as much as finding the field.
    return send(message)


def with_header(message: Message, field: bytes, value: bytes) -> Message:
    """A copy of a message that has the field once, as the last of its fields."""
    # dict() copies a dict in one piece; {**message, ...} would enter one key after the other.
    copied: dict[str, Any] = dict(message)
    headers: list[Any] = list(copied.get("headers", ()))
    length = len(field)
    for header in headers:
        name = header[0]
        # By length first: hardly any other name is as long.
        if len(name) == length and name.lower() == field:
            # An app, or what it proxies, may have a field of that name: two would contradict each other.
            headers = [each for each in headers if each[0].lower() != field]
            break
    headers.append((field, value))
    copied["headers"] = headers
    return copied
