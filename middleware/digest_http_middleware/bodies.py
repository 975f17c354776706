"""The entity body of a request signed with auth-int: read whole, hashed raw, handed on unchanged (RFC 7616 §3.4.3)."""

from __future__ import annotations

from digest_http.errors import BodyTooLarge

from .asgi import Message, Receive, Scope

__all__ = ["DEFAULT_MAX_BODY", "Disconnected", "read_body", "replay"]

#: Octets of a body that may wait in memory for its hash: a form or an API call, not a film. Also the limit up to which
#: a response is held back so that rspauth can stand in its header.
DEFAULT_MAX_BODY = 1024 * 1024


class Disconnected(Exception):
    """The client went away before the body was complete: there is nobody to answer and nothing to call."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge over `limit` octets (before reading any if Content-Length says so)."""
    for name, value in scope["headers"]:
        # By length first: int() refuses thousands of digits, which some server may let through.
        digits = value.lstrip(b"0") if name == b"content-length" and value.isdigit() else b"0"
        if len(digits) > len(str(limit)) or int(digits or b"0") > limit:
            raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives `body` in one message and then whatever the server has to say."""
    first: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def receive_again() -> Message:
        nonlocal first
        if first is None:
            return await receive()
        message, first = first, None
        return message

    return receive_again


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"a body signed with auth-int may have at most {limit} octets; use qop=auth for larger ones")
