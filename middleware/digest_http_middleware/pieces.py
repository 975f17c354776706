"""Octets that come in pieces and wait: those of a request for its verdict, those of an answer for its proof.

Each piece of a body with auth-int goes through this file, so it may be compiled.
"""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["KEPT_WHOLE", "PUT_TOGETHER", "Pieces"]

#: Octets of a piece that is kept as it came: the object around it takes one part in a hundred, at most.
KEPT_WHOLE: Final = 4096

#: Shorter ones are put together until they are so long.
PUT_TOGETHER: Final = 16384


class Pieces:
    """Octets that come in pieces: long ones are kept as they came, short ones are put together.

    So it costs what it holds, not how that was cut, and nothing is copied that is long.
    """

    __slots__ = ("_long", "_short", "octets")

    def __init__(self) -> None:
        self._long: Final[deque[bytes]] = deque()
        self._short: bytes | bytearray = b""
        self.octets = 0
        """How many there are."""

    def add(self, piece: bytes | bytearray | memoryview) -> int:
        """Append a piece, and give how many octets there are. A buffer that may be used again is copied."""
        length = len(piece)
        self.octets = octets = self.octets + length
        if length >= PUT_TOGETHER or (length >= KEPT_WHOLE and not self._short):
            if self._short:
                self._close()
            self._long.append(piece if isinstance(piece, bytes) else bytes(piece))
        elif isinstance(self._short, bytearray):
            self._short += piece
            if len(self._short) >= PUT_TOGETHER:
                self._close()
        elif self._short:
            self._short = bytearray(self._short)
            self._short += piece
        else:
            # Most bodies come in one piece.
            self._short = bytes(piece)
        return octets

    def take(self) -> bytes:
        """The next octets, which are kept no longer; none at the end."""
        if not self._long:
            self._close()
            if not self._long:
                return b""
        piece = self._long.popleft()
        self.octets -= len(piece)
        return piece

    def _close(self) -> None:
        if self._short:
            self._long.append(bytes(self._short))
            self._short = b""
