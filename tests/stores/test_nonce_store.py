"""What every nonce store must do: the contract that authors of other stores run too, for each of ours."""

from __future__ import annotations

import pytest

from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.sequence import ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore, PackedMemoryStore
from digest_http.testing import BoundedStoreContract, StoreContract
from tests.stores.nonce_stores import OPENERS, new_sqlite_file
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


class TestSQLiteStore(BoundedStoreContract):
    """Counts in a file."""

    def open_store(self, capacity: int) -> NonceStore:
        """See StoreContract."""
        return new_sqlite_file(capacity)


@pytest.mark.live
@pytest.mark.parametrize("kind", KINDS)
class TestRedisStore(StoreContract):
    """Counts on a server, which bounds itself."""

    kind: str

    @pytest.fixture(autouse=True)
    def _on(self, kind: str) -> None:
        self.kind = kind

    def open_store(self, capacity: int) -> NonceStore:
        """See StoreContract."""
        return OPENERS[self.kind](capacity)


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
