"""Nonce counts in a dict: what MemoryStore is made of. Each request counts, so this file may be compiled."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Final

from digest_http.derivable import mypyc_attr
from digest_http.httpauth.nonce_ids import RANDOM_BITS
from digest_http.httpauth.sequence import WINDOW_BITS, SequenceRule
from digest_http.httpauth.verdict import ACCEPTED, Verdict

from .process import SWEPT, ProcessCounts

__all__ = ["NonceStates"]


@mypyc_attr(allow_interpreted_subclasses=True)
class NonceStates(ProcessCounts):
    """Nonce id -> state of the sequence rule. The id begins with the time of issue, so nothing else need be kept."""

    __slots__ = ("_first_seen", "_states")

    def __init__(self, capacity: int, lock: Lock) -> None:
        self._states: Final[dict[int, int]] = {}
        self._first_seen: Final[deque[int]] = deque()
        super().__init__(capacity, lock)

    def advance(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int) -> Verdict:
        """See NonceStore.advance."""
        states = self._states
        with self._lock:
            if lifetime > self._longest:  # noqa: PLR1730 - a call of max() takes as long as all the rest
                self._longest = lifetime
            state = states.get(nonce_id)
            if state is None:
                return self._begin(nonce_id, epoch, nc, rule, now)
            if state == nc - 1 << WINDOW_BITS:
                # Nearly every request: the next count, and none is missing before it. Every rule takes that.
                states[nonce_id] = nc << WINDOW_BITS
                return ACCEPTED
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
