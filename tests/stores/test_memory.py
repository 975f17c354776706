"""The memory store's bounds, and the setting that chooses a store."""

import sys

import pytest

from digest_http.errors import ConfigurationError
from digest_http.httpauth.sequence import MAX_NC, ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import DEFAULT_CAPACITY, MemoryStore, open_store
from tests.stores.nonce_stores import Clock, count, source_for


def test_it_never_holds_more_than_its_capacity():
    """Ten thousand verified nonces in a store for a hundred."""
    store, clock = MemoryStore(100), Clock()
    nonces = source_for(store, clock)
    for _ in range(10_000):
        clock.now += 0.001
        assert count(store, nonces, nonces.issue(), 1, ReplayDetect()) is Verdict.ACCEPTED
        assert len(store) <= 100
    assert len(store) == 100


def test_expired_nonces_make_room():
    """What is past its life is dropped when the next nonce begins."""
    store, clock = MemoryStore(100), Clock()
    nonces = source_for(store, clock, lifetime=10)
    for _ in range(50):
        count(store, nonces, nonces.issue(), 1, ReplayDetect())
    clock.now += 11
    count(store, nonces, nonces.issue(), 1, ReplayDetect())
    assert len(store) == 1


def test_one_nonce_costs_one_small_number():
    """A nonce with a full window is one int of some fifty octets, and of 32 more if all places are taken."""
    state = 0
    for nc in range(1, 200):
        _, state = ReplayDetect().advance(state, nc)
    assert sys.getsizeof(state) <= 56
    _, state = ReplayDetect().advance(state, MAX_NC)
    assert sys.getsizeof(state) <= 56 + 32


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_store_without_room_is_refused(capacity):
    """Room for no nonce could only ever say stale."""
    with pytest.raises(ConfigurationError, match="capacity"):
        MemoryStore(capacity)


def test_setting():
    """A URL makes a memory store; an object is taken as it is."""
    default = open_store("memory://")
    assert isinstance(default, MemoryStore)
    assert default.capacity == DEFAULT_CAPACITY == 100_000
    small = open_store("memory://?capacity=7")
    assert isinstance(small, MemoryStore)
    assert small.capacity == 7
    assert open_store(small) is small
    assert repr(small) == "<MemoryStore of 0 nonces, at most 7>"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "memory:/x",
        "memory://host",
        "memory:///path",
        "memory://?size=7",
        "memory://?capacity=x",
        "memory://?capacity=-1",
        "memory://?capacity=0",
        "memory://?capacity=\u0667",
        "sqlite:nothing",
        "http://example.org",
    ],
)
def test_settings_that_cannot_work(url):
    """Any other URL is refused where it is written."""
    with pytest.raises(ConfigurationError):
        open_store(url)
