"""The entity body of a request signed with auth-int: read whole, hashed raw, handed on unchanged (RFC 7616 §3.4.3)."""

from __future__ import annotations

from typing import Final

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.errors import BodyTooLarge, NotOffered
from digest_http.httpauth.server import ServerContext

from .asgi import Message, Receive, Scope

__all__ = [
    "DEFAULT_MAX_BODY",
    "Disconnected",
    "Pieces",
    "announces_more",
    "cover_body",
    "longest_upload",
    "read_body",
    "replay",
]

#: Octets of a body that may wait in memory for its hash: a form or an API call, not a film. Also the limit up to which
#: a response is held back so that rspauth can stand in its header.
DEFAULT_MAX_BODY = 1024 * 1024

#: Seconds that any body may take: who types it, or waits for a network that comes and goes, is not told to begin anew.
PATIENCE: Final = 900.0

#: Octets a second of the slowest line for which the largest body is in time: an ISDN channel.
SLOWEST_LINE: Final = 8000


class Disconnected(Exception):
    """The client went away before the body was complete: there is nobody to answer and nothing to call."""


class Pieces:
    """A body that comes in pieces, kept as octets: it costs what it holds, not how it was cut.

    An object for each piece would cost some 35 octets and a place in a list besides, an empty one too.
    """

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        self._octets: bytes | bytearray = b""

    def add(self, piece: bytes) -> None:
        """Append a piece. Its octets are copied unless it is the first, so that a buffer may be used again."""
        octets = self._octets
        if isinstance(octets, bytearray):
            octets += piece
        elif octets:
            self._octets = bytearray(octets)
            self._octets += piece
        else:
            # Most bodies come in one piece: bytes() of bytes is the same object.
            self._octets = bytes(piece)

    def take(self) -> bytes:
        """All octets; nothing is kept."""
        octets, self._octets = self._octets, b""
        return bytes(octets)

    def __len__(self) -> int:
        return len(self._octets)


def announces_more(scope: Scope, limit: int) -> bool:
    """Whether the request says that its body has more than `limit` octets."""
    for name, value in scope["headers"]:
        # By length first: int() refuses thousands of digits, which some server may let through.
        digits = value.lstrip(b"0") if name == b"content-length" and value.isdigit() else b"0"
        if len(digits) > len(str(limit)) or int(digits or b"0") > limit:
            return True
    return False


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge over `limit` octets (before reading any if Content-Length says so)."""
    if announces_more(scope, limit):
        raise _too_large(limit)
    pieces = Pieces()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        piece = message.get("body", b"")
        if len(pieces) + len(piece) > limit:
            raise _too_large(limit)
        pieces.add(piece)
        if not message.get("more_body", False):
            return pieces.take()


def longest_upload(limit: int) -> float:
    """Seconds from the head to the end of a body of at most `limit` octets, for which its nonce's counts are kept."""
    return max(PATIENCE, limit / SLOWEST_LINE)


async def cover_body(
    scope: Scope, receive: Receive, verified: tuple[ServerContext, HTTPMessage], limit: int
) -> Receive:
    """Hash the request body into HEntity; the receive returned gives the app the same octets.

    Raises BodyTooLarge over `limit` octets; NotOffered if the client has not been told to use auth yet, and may.
    """
    context, message = verified
    if scope["type"] == "websocket":  # a handshake has no body
        message.hentity = calculation.entity_hash(context.algorithm, b"")
        return receive
    try:
        body = await read_body(scope, receive, limit)
    except BodyTooLarge as error:
        if context.may_drop_auth_int:
            raise NotOffered(str(error), reason=error.reason) from None
        raise
    message.hentity = calculation.entity_hash(context.algorithm, body)
    return replay(body, receive)


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
