"""The number that stands for a nonce where its counts are kept: expiry and randomness in one int.

The upper bits are the expiry in microseconds, the lower RANDOM_BITS are the nonce's own randomness: unique, small, and
a store that must forget knows from the key alone how long it would have been asked for.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MICROSECONDS", "RANDOM_BITS", "expiry_of"]

MICROSECONDS: Final = 1_000_000
RANDOM_BITS: Final = 96


def expiry_of(nonce_id: int) -> int:
    """The expiry of a nonce, in microseconds on the clock of the nonces."""
    return nonce_id >> RANDOM_BITS
