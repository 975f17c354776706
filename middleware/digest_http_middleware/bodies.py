"""The entity body of a request signed with auth-int: read whole, handed on unchanged (RFC 7616 §3.4.3)."""

from __future__ import annotations

from digest_http.guard.uploads import DEFAULT_MAX_BODY, PATIENCE, SLOWEST_LINE, longest_upload, too_large

from .asgi import Message, Receive, Scope

__all__ = [
    "DEFAULT_MAX_BODY",
    "PATIENCE",
    "SLOWEST_LINE",
    "Disconnected",
    "Pieces",
    "announces_more",
    "longest_upload",
    "read_body",
    "replay",
]


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
        raise too_large(limit)
    pieces = Pieces()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        piece = message.get("body", b"")
        if len(pieces) + len(piece) > limit:
            raise too_large(limit)
        pieces.add(piece)
        if not message.get("more_body", False):
            return pieces.take()


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
