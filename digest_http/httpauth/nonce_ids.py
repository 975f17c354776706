"""The number that stands for a nonce where its counts are kept: time of issue and randomness in one int.

The upper bits are the time of issue in microseconds, the lower RANDOM_BITS are the nonce's own randomness. Both are in
the nonce itself. So a nonce has one number for all who know its key, whatever their settings are, and a store that
must forget knows from the number alone which nonces came before another.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MICROSECONDS", "RANDOM_BITS", "issued_at"]

MICROSECONDS: Final = 1_000_000
RANDOM_BITS: Final = 96


def issued_at(nonce_id: int) -> int:
    """When a nonce was issued, in microseconds on the clock of the nonces."""
    return nonce_id >> RANDOM_BITS
