"""Nonce counts in this process, in a dict: the quickest way to keep them."""

from __future__ import annotations

from collections import deque
from typing import Final

from digest_http.httpauth.nonce_ids import RANDOM_BITS
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict

from .process import DEFAULT_CAPACITY, SWEPT, ProcessStore

__all__ = ["MemoryStore"]


class MemoryStore(ProcessStore):
    """Counts for one process; the child of a fork begins an epoch of its own. Threads may share it.

    A live nonce takes under 200 octets, so 20 MB at most by default. PackedMemoryStore takes a third of that.
    Raises ConfigurationError for a capacity that is not a number of nonces.
    """

    __slots__ = ("_first_seen", "_states")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        # Nonce id -> state of the sequence rule. The id begins with the time of issue, so nothing else need be kept.
        self._states: Final[dict[int, int]] = {}
        self._first_seen: Final[deque[int]] = deque()
        super().__init__(capacity)

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

    def _make_room(self, over: int) -> None:
        first_seen, states = self._first_seen, self._states
        for _ in range(SWEPT):
            if not first_seen or (first_seen[0] >> RANDOM_BITS >= over and len(states) < self.capacity):
                break
            gone = first_seen[0]
            self._floor = max(self._floor, gone >> RANDOM_BITS)
            first_seen.popleft()
            del states[gone]

    def _enter(self, nonce_id: int, state: int) -> None:
        self._states[nonce_id] = state
        self._first_seen.append(nonce_id)

    def _clear(self) -> None:
        self._states.clear()
        self._first_seen.clear()

    def __len__(self) -> int:
        """How many nonces have an entry."""
        return len(self._states)
