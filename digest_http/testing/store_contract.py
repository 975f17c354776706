"""What every nonce store must do, as tests for its author. A subclass says how a store is opened.

The tests are plain methods with plain assertions. Put `pytest.register_assert_rewrite("digest_http.testing")` into
conftest.py before the import: then pytest says more about a failed assertion.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.sequence import ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import ACCEPTED, Verdict

from .counting import Clock, Counting, nonces_of

__all__ = ["BoundedStoreContract", "StoreContract"]


class StoreContract(Counting):
    """The contract of `NonceStore`. If all stores use one database server, each store must have its own keys in it."""

    def open_store(self, capacity: int) -> NonceStore:
        """An empty store with room for `capacity` live nonces, if the store has such a setting."""
        raise NotImplementedError

    def test_epoch_is_eight_hex_digits(self) -> None:
        """The epoch fits its place in the nonce, and a store that starts empty has a new one."""
        first, second = self.open_store(10), self.open_store(10)
        for store in (first, second):
            assert len(store.epoch) == 8
            assert set(store.epoch) <= set(b"0123456789abcdef")
        assert first.epoch != second.epoch
        assert first.epoch == first.epoch

    def test_each_count_once(self) -> None:
        """5 and 3 are accepted in this order, then refused, and 4 is still good."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        nonce = nonces.issue()
        verdicts = [self.count(store, nonces, nonce, nc, ReplayDetect()) for nc in (5, 3, 3, 5, 4)]
        assert verdicts == [ACCEPTED, ACCEPTED, Verdict.REPLAYED, Verdict.REPLAYED, ACCEPTED]

    def test_strict_sequence(self) -> None:
        """Under SEQUENCE_DETECT only the next count is accepted, and a refusal changes nothing."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        nonce = nonces.issue()
        verdicts = [self.count(store, nonces, nonce, nc, SequenceDetect()) for nc in (2, 1, 1, 3, 2)]
        assert verdicts == [
            Verdict.OUT_OF_SEQUENCE,
            ACCEPTED,
            Verdict.REPLAYED,
            Verdict.OUT_OF_SEQUENCE,
            ACCEPTED,
        ]

    def test_nonces_are_counted_apart(self) -> None:
        """Nonces of one tick are counted apart: each accepts the same count once."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        assert [self.count(store, nonces, nonces.issue(), 1, ReplayDetect()) for _ in range(5)] == [ACCEPTED] * 5

    def test_another_epoch_is_forgotten(self) -> None:
        """After a restart it is unknown which counts of an old nonce were seen. So it is stale, and not begun again."""
        clock = Clock()
        old = self.open_store(10)
        nonces = nonces_of(old, clock)
        nonce = nonces.issue()
        assert self.count(old, nonces, nonce, 1, ReplayDetect()) is ACCEPTED
        new = self.open_store(10)
        for nc in (1, 2):
            assert self.count(new, nonces_of(new, clock), nonce, nc, ReplayDetect()) is Verdict.FORGOTTEN

    def test_eviction_in_another_order_than_issue(self) -> None:
        """The nonce that was used first is dropped first, also if it is newer. A dropped nonce is not begun again."""
        clock = Clock()
        store = self.open_store(1)
        nonces = nonces_of(store, clock)
        older = nonces.issue()
        clock.now += 1
        newer = nonces.issue()
        clock.now += 1
        last = nonces.issue()
        verdicts = {nonce: self.count(store, nonces, nonce, 1, ReplayDetect()) for nonce in (newer, older, last)}
        assert verdicts[newer] is ACCEPTED
        for nonce, verdict in verdicts.items():
            again = self.count(store, nonces, nonce, 1, ReplayDetect())
            assert verdict is Verdict.FORGOTTEN or again is not ACCEPTED

    def test_eviction_in_one_tick_is_sound(self) -> None:
        """Also while the clock stands still, an eviction never lets a count be accepted twice."""
        clock = Clock()
        store = self.open_store(2)
        nonces = nonces_of(store, clock)
        issued = [nonces.issue() for _ in range(6)]
        first = [self.count(store, nonces, nonce, 1, ReplayDetect()) for nonce in issued]
        again = [self.count(store, nonces, nonce, 1, ReplayDetect()) for nonce in issued]
        assert ACCEPTED not in again
        assert first[:2] == [ACCEPTED] * 2

    def test_a_clock_that_goes_back_is_sound(self) -> None:
        """If the clock goes back, entries that were dropped as expired do not come back."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock, lifetime=60)
        nonce = nonces.issue()
        assert self.count(store, nonces, nonce, 1, ReplayDetect()) is ACCEPTED
        clock.now += 61
        assert self.count(store, nonces, nonces.issue(), 1, ReplayDetect()) is ACCEPTED
        clock.now -= 61
        assert self.count(store, nonces, nonce, 1, ReplayDetect()) is not ACCEPTED

    def test_a_clock_set_back_locks_nobody_out(self) -> None:
        """Dropped nonces are in the future now. After one stale nonce at most, new ones are accepted, old ones not."""
        clock = Clock()
        store = self.open_store(10)
        old = nonces_of(store, clock, lifetime=60).issue()
        assert self.count(store, nonces_of(store, clock), old, 1, ReplayDetect()) is ACCEPTED
        clock.now += 600
        nonces = nonces_of(store, clock, lifetime=60)
        assert self.count(store, nonces, nonces.issue(), 1, ReplayDetect()) is ACCEPTED
        clock.now -= 3600
        verdicts: list[Verdict] = []
        for _ in range(2):
            nonces = nonces_of(store, clock, lifetime=60)
            verdicts.append(self.count(store, nonces, nonces.issue(), 1, ReplayDetect()))
        assert verdicts[-1] is ACCEPTED
        clock.now += 3000
        assert self.count(store, nonces_of(store, clock), old, 1, ReplayDetect()) is not ACCEPTED

    def test_a_count_that_others_left_behind(self) -> None:
        """A skipped count is accepted after two hundred others, which stay used. Then it is never accepted again."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        nonce = nonces.issue()
        for nc in [1, *range(3, 203)]:
            assert self.count(store, nonces, nonce, nc, ReplayDetect()) is ACCEPTED
        verdicts = [self.count(store, nonces, nonce, nc, ReplayDetect()) for nc in (2, 2, 1, 3, 202, 203)]
        assert verdicts == [
            ACCEPTED,
            *[Verdict.OUT_OF_SEQUENCE] * 3,
            Verdict.REPLAYED,
            ACCEPTED,
        ]

    def test_a_refused_first_count_leaves_no_trace(self) -> None:
        """Under SEQUENCE_DETECT a first count of 2 neither begins the nonce nor takes room."""
        clock = Clock()
        store = self.open_store(1)
        nonces = nonces_of(store, clock)
        kept = nonces.issue()
        assert self.count(store, nonces, kept, 1, SequenceDetect()) is ACCEPTED
        clock.now += 1
        assert self.count(store, nonces, nonces.issue(), 2, SequenceDetect()) is Verdict.OUT_OF_SEQUENCE
        assert self.count(store, nonces, kept, 2, SequenceDetect()) is ACCEPTED

    def test_one_of_many_at_once(self) -> None:
        """Twenty threads send the same count: exactly one is accepted, for each of fifty counts."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        nonce = nonces.issue()
        with ThreadPoolExecutor(20) as pool:
            for nc in range(1, 51):
                verdicts = list(pool.map(partial(self.count, store, nonces, nonce, rule=ReplayDetect()), [nc] * 20))
                assert verdicts.count(ACCEPTED) == 1
                assert verdicts.count(Verdict.REPLAYED) == 19

    def test_one_of_many_at_once_in_strict_sequence(self) -> None:
        """The same, if only the next count is accepted."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        nonce = nonces.issue()
        with ThreadPoolExecutor(20) as pool:
            for nc in range(1, 51):
                verdicts = list(pool.map(partial(self.count, store, nonces, nonce, rule=SequenceDetect()), [nc] * 20))
                assert verdicts.count(ACCEPTED) == 1
                assert verdicts.count(Verdict.REPLAYED) == 19

    def test_many_counts_at_once(self) -> None:
        """Twenty threads with different counts lose none of them inside the window."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        nonce = nonces.issue()
        with ThreadPoolExecutor(20) as pool:
            verdicts = list(pool.map(partial(self.count, store, nonces, nonce, rule=ReplayDetect()), range(1, 101)))
        assert verdicts == [ACCEPTED] * 100


class BoundedStoreContract(StoreContract):
    """The same for a store that forgets nonces to stay within its capacity. No count may pass twice through that."""

    def test_eviction_is_sound(self) -> None:
        """A nonce that was dropped to make room is stale for ever, for every count."""
        clock = Clock()
        store = self.open_store(3)
        nonces = nonces_of(store, clock)
        victim = nonces.issue()
        assert self.count(store, nonces, victim, 1, ReplayDetect()) is ACCEPTED
        for _ in range(3):
            clock.now += 1
            assert self.count(store, nonces, nonces.issue(), 1, ReplayDetect()) is ACCEPTED
        for nc in (1, 2, 1000):
            assert self.count(store, nonces, victim, nc, ReplayDetect()) is Verdict.FORGOTTEN

    def test_eviction_casts_doubt_on_those_before_it_only(self) -> None:
        """A nonce issued before the newest eviction is stale. A nonce issued after it is accepted at once."""
        clock = Clock()
        store = self.open_store(1)
        nonces = nonces_of(store, clock)
        unused_before = nonces.issue()
        clock.now += 1
        evicted = nonces.issue()
        clock.now += 1
        evictor = nonces.issue()
        assert self.count(store, nonces, evicted, 1, ReplayDetect()) is ACCEPTED
        assert self.count(store, nonces, evictor, 1, ReplayDetect()) is ACCEPTED
        assert self.count(store, nonces, unused_before, 1, ReplayDetect()) is Verdict.FORGOTTEN
        clock.now += 1
        assert self.count(store, nonces, nonces.issue(), 7, ReplayDetect()) is ACCEPTED
