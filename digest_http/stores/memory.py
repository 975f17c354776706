"""Nonce counts in this process: a dict, bounded, sound under eviction and restart.

Nothing is stored before a request was verified. When room is needed, or a life is over, the entries counted first go
first, and the latest expiry that went is remembered: a nonce without an entry that does not outlive it may be one of
those, so it is FORGOTTEN and not begun anew. That holds whatever the clock does.
"""

from __future__ import annotations

import os
from collections import deque
from threading import Lock
from typing import Final

from digest_http.errors import ConfigurationError
from digest_http.httpauth.nonce_ids import RANDOM_BITS
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict

__all__ = ["DEFAULT_CAPACITY", "MemoryStore"]

#: Live nonces, each under 200 bytes, so 20 MB at most. One per client and lifetime is the usual need.
DEFAULT_CAPACITY: Final = 100_000

# Looked up once: an attribute of an Enum class costs as much as a call in Python 3.11.
_ACCEPTED: Final = Verdict.ACCEPTED


class MemoryStore:
    """Counts for one process. Threads may share it. Raises ConfigurationError for a capacity under 1."""

    __slots__ = ("_first_seen", "_floor", "_lock", "_states", "capacity", "epoch")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        if capacity < 1:
            raise ConfigurationError(f"capacity is {capacity}; it is a number of nonces, 1 at least")
        self.capacity: Final = capacity
        self.epoch: Final = os.urandom(4).hex().encode()
        # Nonce id -> state of the sequence rule. The id begins with the expiry, so nothing else need be kept.
        self._states: Final[dict[int, int]] = {}
        self._first_seen: Final[deque[int]] = deque()
        self._floor = 0
        self._lock: Final = Lock()

    def advance(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int) -> Verdict:
        """See NonceStore.advance."""
        states = self._states
        with self._lock:
            state = states.get(nonce_id)
            if state is None:
                if epoch != self.epoch or nonce_id >> RANDOM_BITS <= self._floor:
                    return Verdict.FORGOTTEN
                verdict, state = rule.advance(0, nc)
                if verdict is _ACCEPTED:
                    self._make_room(now)
                    states[nonce_id] = state
                    self._first_seen.append(nonce_id)
                return verdict
            verdict, states[nonce_id] = rule.advance(state, nc)
            return verdict

    def _make_room(self, now: int) -> None:
        first_seen, states = self._first_seen, self._states
        while first_seen and (first_seen[0] >> RANDOM_BITS < now or len(states) >= self.capacity):
            gone = first_seen.popleft()
            del states[gone]
            self._floor = max(self._floor, gone >> RANDOM_BITS)

    def __len__(self) -> int:
        """How many nonces have an entry."""
        return len(self._states)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self)} nonces, at most {self.capacity}>"
