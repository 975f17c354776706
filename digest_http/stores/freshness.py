"""How long what a worker knows of a store's epoch is taken for true before a challenge asks the store again.

A challenge whose nonce names an epoch that is over costs its client a round trip more, and a client that tries once
only (requests, httpx) its login. So a worker asks before it makes challenges, but not for each: strangers cause them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["Freshness"]

#: Seconds for which an answer holds, and a failure too: an anonymous flood costs the store one question a second.
FRESH: Final = 1.0

#: Seconds that the challenges of that second wait for the answer, all together. A store on the same network answers in
#: a hundredth of it; for one that hangs, a stranger is not kept waiting.
PATIENCE: Final = 0.5

#: Seconds between two comparisons of the clocks where the steps themselves keep the epoch fresh.
COMPARE_EVERY: Final = 60.0


class Freshness:
    """When to ask, and how long to wait. `seconds` is a monotonic clock."""

    __slots__ = ("_ask_again", "_compare_again", "_seconds", "_wait_until")

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds: Final = seconds
        self._ask_again = self._compare_again = self._wait_until = seconds()

    def learnt(self) -> None:
        """The store has just told its epoch."""
        self._ask_again = self._seconds() + FRESH
        self._wait_until = 0.0

    def compared(self) -> None:
        """The clocks have just been compared."""
        self._compare_again = self._seconds() + COMPARE_EVERY

    def patience(self) -> float:
        """Seconds to wait for the store's answer now: 0 if it is known, or was waited for in vain a moment ago."""
        present = self._seconds()
        if present >= self._ask_again:
            self._ask_again, self._wait_until = present + FRESH, present + PATIENCE
        return max(self._wait_until - present, 0.0)

    def comparison_due(self) -> bool:
        """Whether the clocks were last compared so long ago that it is worth a question nobody waits for."""
        present = self._seconds()
        if present < self._compare_again:
            return False
        self._compare_again = present + FRESH  # should this one fail
        return True
