"""Nonce counts in this process, in few octets: for so many clients that their memory counts."""

from __future__ import annotations

from typing import Final

from digest_http.httpauth.nonce_ids import issued_at
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict

from .packed_table import PackedTable
from .process import SWEPT
from .process_store import DEFAULT_CAPACITY, ProcessStore

__all__ = ["PackedMemoryStore"]


class PackedMemoryStore(ProcessStore):
    """MemoryStore in a third of its memory, at more time a step. The verdicts are the same.

    A live nonce takes at most 64 octets, if the window is the default one or smaller. One whose places are taken
    (httpauth.sequence), or that is counted under a larger window, takes 300 or more. No step waits for all others: the
    table grows and forgets in small pieces, whatever its size. Full, it forgets as MemoryStore does: what was counted
    first goes, and is FORGOTTEN.
    Raises ConfigurationError for a capacity that is no number of nonces.
    """

    __slots__ = ("_table",)

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._table: Final = PackedTable()
        super().__init__(capacity)

    def advance(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int) -> Verdict:
        """See NonceStore.advance."""
        with self._lock:
            if lifetime > self._longest:  # noqa: PLR1730 - a call of max() takes longer
                self._longest = lifetime
            verdict = self._table.advance(nonce_id, nc, rule)
            if verdict is None:
                verdict = self._begin(nonce_id, epoch, nc, rule, now)
            return verdict

    def _make_room(self, over: int) -> None:
        table = self._table
        for _ in range(SWEPT):
            if not table:
                break
            issued = issued_at(table.first())
            if issued >= over and len(table) < self.capacity:
                break
            self._floor = max(self._floor, issued)
            table.drop_first()

    def _enter(self, nonce_id: int, state: int) -> None:
        self._table.add(nonce_id, state)

    def _clear(self) -> None:
        self._table.clear()

    def __len__(self) -> int:
        """How many nonces have an entry."""
        return len(self._table)
