"""How long a nonce lives, and the clock that says so. Each request asks, so this file may be compiled."""

from __future__ import annotations

import time
from typing import Final

from .nonce_ids import MICROSECONDS, RANDOM_BITS

__all__ = ["CLOCK_SKEW", "NonceLife", "steady_clock", "steady_microseconds"]

#: A nonce from a worker whose clock runs ahead is taken this many microseconds early.
CLOCK_SKEW: Final = 2_000_000

_wall_clock_at_start: Final[float] = time.time() - time.monotonic()


def steady_clock() -> float:
    """Seconds since 1970 as the wall clock had them at import, advanced by the monotonic clock.

    A step of the wall clock neither ages nor revives a nonce.
    """
    return _wall_clock_at_start + time.monotonic()


def steady_microseconds() -> int:
    """The same in microseconds: what NonceSource.now makes of steady_clock, in one call for two."""
    return int((_wall_clock_at_start + time.monotonic()) * MICROSECONDS)


class NonceLife:
    """The times of one source of nonces, all in microseconds from the issue."""

    __slots__ = ("kept", "lifetime", "renewal")

    def __init__(self, lifetime: int, kept: int, renewal: int) -> None:
        self.lifetime: Final = lifetime
        """Until the head of a request must have arrived."""
        self.kept: Final = kept
        """Until all of it must have arrived."""
        self.renewal: Final = renewal
        """Until a next nonce is to be sent."""

    def renewal_if_alive(self, nonce_id: int, now: int, arrived: int | None) -> bool | None:
        """See NonceSource.renewal_if_alive."""
        issued = nonce_id >> RANDOM_BITS
        age = now - issued
        at_head = age if arrived is None else arrived - issued
        if at_head < -CLOCK_SKEW or at_head > self.lifetime or age > self.kept:
            return None
        return age > self.renewal
