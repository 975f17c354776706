"""A logical clock of the process: which of two events came first, without asking what time it is."""

from __future__ import annotations

from itertools import count
from typing import Final

__all__ = ["tick"]

_ticks: Final = count(1)


def tick() -> int:
    """A number greater than all before it in this process. Threads may call it."""
    return next(_ticks)
