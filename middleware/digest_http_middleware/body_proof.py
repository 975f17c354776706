"""Authentication-Info on an answer to auth-int (RFC 7616 §3.5): the proof covers its body, so its start waits for that.

Nearly every answer comes whole, in a start and one message of its body: its proof is made here. What comes in pieces is
handed to proof.py. Each request with auth-int goes through this file, so it may be compiled. What an app sends is its
own, and `Any` here.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Any

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.httpauth.server import ServerContext

from .asgi import Message, Scope, Send
from .header_proof import header_proof, with_header
from .proof import BodyProof, nothing, send_whole

__all__ = ["body_proof"]


def body_proof(  # noqa: PLR0917 - called in one place, once a request: names cost more
    scope: Scope, send: Send, field: bytes, refused: int, verified: tuple[ServerContext, HTTPMessage], limit: int
) -> Send:
    """A send for answers to auth-int. `limit`: octets of a body that may be held back; `refused`: see header_proof."""
    # What HEAD would send is not sent, and so not proved.
    if scope["type"] != "http" or scope["method"] == "HEAD":
        return header_proof(send, field, refused, verified)
    return partial(_send_proved, [], scope, send, field, refused, verified, limit)


def _send_proved(  # noqa: PLR0917 - called through a partial alone, as that of header_proof.py
    held: list[Any],
    scope: Scope,
    send: Send,
    field: bytes,
    refused: int,
    verified: tuple[ServerContext, HTTPMessage],
    limit: int,
    message: Message,
) -> Awaitable[None]:
    """Send one ASGI message, now or when the body before it is complete.

    `held`: the start of the answer, while it waits for the body; its last field is that of the proof, whose value is
    not known yet. Or what sends all messages, once the answer has turned out to come in pieces.
    """
    kind = message["type"]
    if not held:
        if kind != "http.response.start" or message["status"] == refused:
            return send(message)
        # As it is now: what the app does to its own before the body ends is no part of this answer.
        held.append(with_header(message, field, b""))
        return nothing()
    waiting = held[0]
    if isinstance(waiting, BodyProof):
        return waiting(message)
    start: Message = waiting
    if kind != "http.response.body" or message.get("more_body", False):
        held[0] = in_pieces = BodyProof(scope, send, field, refused, verified, limit, start)
        return in_pieces(message)
    held.clear()
    context, layout = verified
    body = message.get("body", b"")
    layout.hentity = calculation.entity_hash(context.algorithm, body)
    context.make_signature(layout)
    start["headers"][-1] = (field, layout.padding)
    return send_whole(send, start, body)
