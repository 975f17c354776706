"""A request body that can be read once only, kept in the pieces it came in until it needs to be sent no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

__all__ = ["HeldPieces"]

#: Octets of a piece that is kept as it came: the object around it takes one part in a hundred, at most.
KEPT_WHOLE: Final = 4096

#: Shorter ones are put together until they are so long.
PUT_TOGETHER: Final = 16384


class HeldPieces:
    """Octets in pieces, to be iterated as often as need be. Long pieces are not copied, and nothing is joined."""

    def __init__(self) -> None:
        self._pieces: Final[list[bytes | bytearray]] = []
        self.octets = 0
        """How many there are."""

    def add(self, piece: bytes | bytearray | memoryview) -> None:
        """Append a piece. A buffer that its owner may use again is copied."""
        octets = bytes(piece)  # of bytes it is the same object
        self.octets += len(octets)
        last = self._pieces[-1] if self._pieces else None
        if len(octets) >= KEPT_WHOLE:
            self._pieces.append(octets)
        elif isinstance(last, bytearray) and len(last) < PUT_TOGETHER:
            last += octets
        elif octets:
            self._pieces.append(bytearray(octets))

    def __iter__(self) -> Iterator[bytes]:
        return map(bytes, tuple(self._pieces))
