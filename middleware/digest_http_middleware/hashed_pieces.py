"""The octets of a request that wait for their verdict: hashed as they come, and counted against a limit.

Each piece of a body with auth-int goes through this file, so it may be compiled.
"""

from __future__ import annotations

from typing import Any, Final

from digest_http import calculation
from digest_http.algorithms import Hash
from digest_http.guard.uploads import too_large

from .pieces import PUT_TOGETHER, Pieces

__all__ = ["HashedPieces"]


class HashedPieces(Pieces):
    """Pieces of a body of at most `limit` octets, hashed by `entity`.

    `most`: octets that may be held; what is above has to go elsewhere.
    """

    __slots__ = ("_hash", "_limit", "most", "received")

    def __init__(self, entity: Hash, limit: int, most: int) -> None:
        super().__init__()
        self._hash: Final[Any] = entity
        self._limit: Final = limit
        self.most = most
        self.received = 0
        """How many octets came, held or not."""

    def take_in(self, piece: Any) -> bool:  # noqa: ANN401 - octets, which are the server's
        """Hash and keep a piece. True: more is held than `most`. Raises BodyTooLarge."""
        length = len(piece)
        received = self.received + length
        if received > self._limit:
            raise too_large(self._limit)
        self.received = received
        self._hash.update(piece)
        # What a long body comes in, without a call.
        if length >= PUT_TOGETHER and not self._short and isinstance(piece, bytes):
            self._long.append(piece)
            self.octets = octets = self.octets + length
            return octets > self.most
        return self.add(piece) > self.most

    @property
    def hentity(self) -> bytes:
        """The hash so far, in hex."""
        return calculation.hex_octets(self._hash.digest())
