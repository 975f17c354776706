"""What a server remembers of a nonce, beside its count: that one of its keys made it.

Each request looks here, so this file may be compiled.
"""

from __future__ import annotations

from typing import Final

__all__ = ["KnownNonce"]


class KnownNonce:
    """A nonce that one of our keys made."""

    __slots__ = ("epoch", "nonce_id")

    def __init__(self, nonce_id: int, epoch: bytes) -> None:
        self.nonce_id: Final = nonce_id
        """What a store counts by (nonce_ids.py)."""
        self.epoch: Final = epoch
        """The epoch of the store that counts it."""
