"""Epochs: how the stores name the stretch of time that their memory goes back."""

from __future__ import annotations

import os
from typing import Final

__all__ = ["SET_BACK", "new_epoch"]

#: Microseconds that a caller's clock may be behind a nonce that was dropped, as much as the clocks of workers may
#: differ anyway (nonce_life.CLOCK_SKEW). Further behind, its fresh nonces would be FORGOTTEN until it catches up, be it
#: hours: then a new epoch begins, which costs each client one round trip.
SET_BACK: Final = 2_000_000


def new_epoch() -> bytes:
    """A name that no epoch had: eight hex digits."""
    return os.urandom(4).hex().encode()
