"""What every nonce store must do: the contract that authors of other stores run too, for each of ours."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.sequence import ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore, PackedMemoryStore
from digest_http.testing import BoundedStoreContract, SharedStoreContract, StoreContract
from tests.stores.nonce_stores import OPENERS, new_sqlite_file, reopened
from tests.stores_shared.redis_servers import KINDS


class TestMemoryStore(BoundedStoreContract):
    """Counts in this process."""

    def open_store(self, capacity: int) -> NonceStore:
        """See StoreContract."""
        return MemoryStore(capacity)


class TestPackedMemoryStore(BoundedStoreContract):
    """The same in few octets."""

    def open_store(self, capacity: int) -> NonceStore:
        """See StoreContract."""
        return PackedMemoryStore(capacity)


class TestSQLiteStore(BoundedStoreContract, SharedStoreContract):
    """Counts in a file."""

    def open_store(self, capacity: int) -> NonceStore:
        """See StoreContract."""
        return new_sqlite_file(capacity)

    def open_again(self, store: NonceStore) -> NonceStore:
        """See SharedStoreContract."""
        return reopened(store, 10)


@pytest.mark.live
@pytest.mark.parametrize("kind", KINDS)
class TestRedisStore(SharedStoreContract):
    """Counts on a server, which bounds itself."""

    kind: str

    @pytest.fixture(autouse=True)
    def _on(self, kind: str) -> None:
        self.kind = kind

    def open_store(self, capacity: int) -> NonceStore:
        """See StoreContract."""
        return OPENERS[self.kind](capacity)

    def open_again(self, store: NonceStore) -> NonceStore:
        """See SharedStoreContract."""
        return reopened(store, 10)


class _Twice:
    """A store that is broken: it forgets what it has seen and begins it anew."""

    epoch = b"00000001"

    def advance(self, _nonce_id, _epoch, nc, rule, _now, *, lifetime):
        """See NonceStore."""
        del lifetime
        return rule.advance(0, nc)[0]


class _Awaited:
    """A good store that has to be awaited."""

    def __init__(self) -> None:
        self._store = MemoryStore(10)
        self.epoch = self._store.epoch

    async def advance(self, *step, lifetime):
        """See NonceStore."""
        return self._store.advance(*step, lifetime=lifetime)


def contract_of(make):
    """The contract for what a function makes."""

    class Contract(StoreContract):
        def open_store(self, capacity):
            """See StoreContract."""
            del capacity
            return make()

    return Contract()


def test_the_contract_finds_a_broken_store():
    """It fails for a store that accepts a count twice."""
    contract = contract_of(_Twice)
    tests = contract.test_each_count_once, contract.test_strict_sequence, contract.test_epoch_is_eight_hex_digits
    for broken in tests:
        with pytest.raises(AssertionError):
            broken()


class _Apart:
    """A store that only says that it is shared: each object counts for itself, and all have one epoch."""

    shared = True

    def __init__(self) -> None:
        self.epoch = b"00000001"
        self._store = MemoryStore(10)

    def advance(self, nonce_id, _epoch, *step, lifetime):
        """See NonceStore."""
        return self._store.advance(nonce_id, self._store.epoch, *step, lifetime=lifetime)


def test_the_contract_finds_a_store_that_is_not_shared():
    """It fails where two workers count apart, and where nobody says that they count together."""

    class Contract(SharedStoreContract):
        made: Any = _Apart

        def open_store(self, capacity):
            """See StoreContract."""
            del capacity
            return self.made()

        def open_again(self, store):
            """See SharedStoreContract."""
            return self.open_store(10) if store.shared else MemoryStore(10)

    contract = Contract()
    contract.test_it_says_that_it_is_shared()
    contract.test_workers_have_one_epoch()
    tests = contract.test_workers_refuse_what_others_counted, contract.test_one_of_many_workers_at_once
    for broken in (*tests, contract.test_workers_with_other_settings, contract.test_counts_outlive_a_worker):
        with pytest.raises(AssertionError):
            broken()
    contract.made = partial(MemoryStore, 10)
    with pytest.raises(AssertionError):
        contract.test_it_says_that_it_is_shared()
    with pytest.raises(NotImplementedError):
        SharedStoreContract().open_again(MemoryStore(1))


def test_the_contract_awaits():
    """A store that has to be awaited is."""
    contract = contract_of(_Awaited)
    contract.test_each_count_once()
    contract.test_many_counts_at_once()
    assert contract.count(_Awaited(), contract_nonces(), b"foreign", 1, ReplayDetect()) is Verdict.FOREIGN


def contract_nonces():
    """Nonces of a store that nobody counts on."""
    from digest_http.testing.counting import Clock, nonces_of  # noqa: PLC0415 - for one test

    return nonces_of(MemoryStore(1), Clock())


def test_an_open_contract_says_so():
    """Without open_store there is nothing to test."""
    with pytest.raises(NotImplementedError):
        StoreContract().open_store(SequenceDetect().window)
