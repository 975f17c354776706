"""What a store that several workers share must do, as tests for its author; see store_contract.py."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from digest_http.httpauth.protocols import ClosableStore, NonceStore, SharedStore
from digest_http.httpauth.sequence import ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import ACCEPTED, Verdict

from .counting import Clock, nonces_of
from .settling import settled
from .store_contract import StoreContract

__all__ = ["SharedStoreContract"]


class SharedStoreContract(StoreContract):
    """The contract of `NonceStore` and `SharedStore`: what one worker has counted, all workers know."""

    def open_again(self, store: NonceStore) -> NonceStore:
        """The store of another worker, with the same counts: a second object on the same file, or on the same keys."""
        raise NotImplementedError

    def test_it_says_that_it_is_shared(self) -> None:
        """Workers that share a store need common keys. They are told so if they have none."""
        store = self.open_store(10)
        assert isinstance(store, SharedStore)
        assert store.shared is True

    def test_workers_have_one_epoch(self) -> None:
        """So a nonce of one worker is accepted by the other."""
        store = self.open_store(10)
        assert self.open_again(store).epoch == store.epoch

    def test_workers_refuse_what_others_counted(self) -> None:
        """Each count is accepted once, by one of two workers. Either of them accepts the next count."""
        clock = Clock()
        one = self.open_store(10)
        other = self.open_again(one)
        nonces = nonces_of(one, clock)
        nonce = nonces.issue()
        for nc in range(1, 20):
            here, there = (one, other) if nc % 2 else (other, one)
            assert self.count(here, nonces, nonce, nc, ReplayDetect()) is ACCEPTED
            assert self.count(there, nonces, nonce, nc, ReplayDetect()) is Verdict.REPLAYED

    def test_one_of_many_workers_at_once(self) -> None:
        """Twenty threads of four workers send the same count: exactly one is accepted, for a new and an old nonce."""
        clock = Clock()
        one = self.open_store(10)
        stores = [one, *(self.open_again(one) for _ in range(3))]
        nonces = nonces_of(one, clock)
        nonce = nonces.issue()
        with ThreadPoolExecutor(20) as pool:
            for nc in range(1, 21):
                asked = [pool.submit(self.count, each, nonces, nonce, nc, ReplayDetect()) for each in stores * 5]
                verdicts = [each.result() for each in asked]
                assert verdicts.count(ACCEPTED) == 1
                assert verdicts.count(Verdict.REPLAYED) == 19

    def test_workers_with_other_settings(self) -> None:
        """Rules, windows and lifetimes may differ between workers, but no count is accepted by both."""
        clock = Clock()
        one = self.open_store(10)
        other = self.open_again(one)
        here, there = nonces_of(one, clock, lifetime=60), nonces_of(one, clock, lifetime=600)
        nonce = here.issue()
        for nc in (1, 2, 3):
            assert self.count(one, here, nonce, nc, SequenceDetect()) is ACCEPTED
            assert self.count(other, there, nonce, nc, ReplayDetect()) is Verdict.REPLAYED
        assert self.count(other, there, nonce, 9, ReplayDetect(4096)) is ACCEPTED
        assert self.count(one, here, nonce, 9, ReplayDetect(1)) is Verdict.REPLAYED
        # One worker has forgotten the nonce, and the other still asks for it.
        clock.now += 61
        assert self.count(one, here, here.issue(), 1, ReplayDetect()) is ACCEPTED
        for nc in (1, 2, 3, 9):
            assert self.count(other, there, nonce, nc, ReplayDetect()) is not ACCEPTED

    def test_counts_outlive_a_worker(self) -> None:
        """A worker that begins later refuses what was counted before, or calls the nonce forgotten."""
        clock = Clock()
        store = self.open_store(10)
        nonces = nonces_of(store, clock)
        nonce = nonces.issue()
        assert self.count(store, nonces, nonce, 1, ReplayDetect()) is ACCEPTED
        later = self.open_again(store)
        if isinstance(store, ClosableStore):
            settled(store.close())
        assert self.count(later, nonces, nonce, 1, ReplayDetect()) is not ACCEPTED
        assert (
            self.count(later, nonces_of(later, clock), nonces_of(later, clock).issue(), 1, ReplayDetect()) is ACCEPTED
        )
