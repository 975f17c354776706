"""Nonce counts in this process: a dict, bounded, sound under eviction, restart and fork.

Nothing is stored before a request was verified. When room is needed, or a life is over for all who count here, the
entries counted first go first, and the latest time of issue that went is remembered: a nonce without an entry that is
not younger may be one of those, so it is FORGOTTEN and not begun anew. That holds whatever the clocks do.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

from digest_http.forks import ForkAware
from digest_http.httpauth.nonce_ids import RANDOM_BITS
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import ACCEPTED, Verdict
from digest_http.settings import number

from .epochs import SET_BACK, new_epoch

__all__ = ["DEFAULT_CAPACITY", "MemoryStore"]

#: Live nonces, each under 200 bytes, so 20 MB at most. One per client and lifetime is the usual need.
DEFAULT_CAPACITY: Final = 100_000


class MemoryStore(ForkAware):
    """Counts for one process; the child of a fork begins an epoch of its own. Threads may share it.

    Raises ConfigurationError for a capacity that is no number of nonces.
    """

    __slots__ = ("_epoch", "_first_seen", "_floor", "_lock", "_longest", "_states", "capacity")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        super().__init__()
        self.capacity: Final = number("capacity", capacity, 1, example=DEFAULT_CAPACITY)
        # Nonce id -> state of the sequence rule. The id begins with the time of issue, so nothing else need be kept.
        self._states: Final[dict[int, int]] = {}
        self._first_seen: Final[deque[int]] = deque()
        # The longest lifetime of those who count here: what is over for one may be asked for by another.
        self._longest = 0
        self._lock = Lock()
        self._floor = 0
        self._begin_epoch()

    @property
    def epoch(self) -> bytes:
        """See NonceStore.epoch."""
        return self._epoch

    def advance(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int) -> Verdict:
        """See NonceStore.advance."""
        states = self._states
        with self._lock:
            if lifetime > self._longest:  # noqa: PLR1730 - a call of max() takes as long as all the rest
                self._longest = lifetime
            state = states.get(nonce_id)
            if state is None:
                return self._begin(nonce_id, epoch, nc, rule, now)
            verdict, states[nonce_id] = rule.advance(state, nc)
            return verdict

    def _begin(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int) -> Verdict:
        if epoch != self._epoch:
            return Verdict.FORGOTTEN
        if nonce_id >> RANDOM_BITS <= self._floor:
            if now < self._floor - SET_BACK:
                self._begin_epoch()
            return Verdict.FORGOTTEN
        verdict, state = rule.advance(0, nc)
        if verdict is ACCEPTED:
            self._make_room(now)
            self._states[nonce_id] = state
            self._first_seen.append(nonce_id)
        return verdict

    def _make_room(self, now: int) -> None:
        first_seen, states = self._first_seen, self._states
        over = now - self._longest
        while first_seen and (first_seen[0] >> RANDOM_BITS < over or len(states) >= self.capacity):
            gone = first_seen.popleft()
            del states[gone]
            self._floor = max(self._floor, gone >> RANDOM_BITS)

    def _begin_epoch(self) -> None:
        self._epoch = new_epoch()
        self._states.clear()
        self._first_seen.clear()
        self._floor = 0

    def after_fork_in_child(self) -> None:
        """See ForkAware: what was counted in one process was not counted in the other."""
        self._lock = Lock()
        self._begin_epoch()

    def __len__(self) -> int:
        """How many nonces have an entry."""
        return len(self._states)

    def __repr__(self) -> str:
        return f"<MemoryStore of {len(self)} nonces, at most {self.capacity}>"
