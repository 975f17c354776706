"""A logical clock of the process: which of two events came first, without asking what time it is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Final

__all__ = ["tick"]

tick: Final[Callable[[], int]] = count(1).__next__
"""A number greater than all before it in this process. Threads may call it: it is one step of the interpreter."""
