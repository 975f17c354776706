"""What the stores in the memory of one process have in common: bounded, sound under eviction, restart and fork.

Nothing is stored before a request was verified. When room is needed, or a life is over for all who count here, the
entries counted first go first, and the latest time of issue that went is remembered: a nonce without an entry that is
not younger may be one of those, so it is FORGOTTEN and not begun anew. That holds whatever the clocks do.

Each request counts, so this file may be compiled (docs/performance.md, "Two forms"). The stores themselves are not.
"""

from __future__ import annotations

from abc import abstractmethod
from threading import Lock
from typing import Final

from digest_http.derivable import mypyc_attr
from digest_http.httpauth.nonce_ids import RANDOM_BITS
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import ACCEPTED, FORGOTTEN, Verdict

from .epochs import SET_BACK, new_epoch

__all__ = ["SWEPT", "ProcessCounts"]

#: Nonces past their life that each new nonce sweeps out at most, in some twenty microseconds. More than one, so that a
#: crowd goes faster than it came; not all, or the first client after a quiet night would wait for millions to go.
SWEPT: Final = 64


@mypyc_attr(allow_interpreted_subclasses=True)
class ProcessCounts:
    """The life of the counts; what they are kept in is for the class that is made from this one."""

    __slots__ = ("_epoch", "_floor", "_lock", "_longest", "capacity")

    def __init__(self, capacity: int, lock: Lock) -> None:
        self.capacity: Final = capacity
        # The longest lifetime of those who count here: what is over for one may be asked for by another.
        self._longest: int = 0
        self._lock = lock
        self._floor: int = 0
        self._epoch: bytes = b""
        self._begin_epoch()

    @property
    def epoch(self) -> bytes:
        """See NonceStore.epoch."""
        return self._epoch

    @abstractmethod
    def advance(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int) -> Verdict:
        """See NonceStore.advance."""

    def _begin(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int) -> Verdict:
        """The first count of a nonce that has no entry, under the lock."""
        if epoch != self._epoch:
            return FORGOTTEN
        if nonce_id >> RANDOM_BITS <= self._floor:
            if now < self._floor - SET_BACK:
                self._begin_epoch()
            return FORGOTTEN
        verdict, state = rule.advance(0, nc)
        if verdict is ACCEPTED:
            self._make_room(now - self._longest)
            self._enter(nonce_id, state)
        return verdict

    @abstractmethod
    def _make_room(self, over: int) -> None:
        """Drop the entries counted first that were issued before `over`, SWEPT at most, and one if all room is taken.

        What is dropped raises the floor to its time of issue.
        """

    @abstractmethod
    def _enter(self, nonce_id: int, state: int) -> None:
        """Keep the state of a nonce that has no entry."""

    @abstractmethod
    def _clear(self) -> None:
        """Drop all entries."""

    def _begin_epoch(self) -> None:
        self._epoch = new_epoch()
        self._clear()
        self._floor = 0

    @abstractmethod
    def __len__(self) -> int:
        """How many nonces have an entry."""
