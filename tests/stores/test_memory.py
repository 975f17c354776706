"""The bounds of the stores in memory, and the setting that chooses a store."""

import copy
import pickle
import sys

import pytest

from digest_http.errors import ConfigurationError
from digest_http.httpauth.sequence import MAX_NC, ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import DEFAULT_CAPACITY, MemoryStore, PackedMemoryStore, open_store
from digest_http.stores.process import SWEPT
from tests.stores.nonce_stores import Clock, count, source_for


@pytest.mark.parametrize("kind", [MemoryStore, PackedMemoryStore])
def test_it_never_holds_more_than_its_capacity(kind):
    """Ten thousand verified nonces in a store for a hundred."""
    store, clock = kind(100), Clock()
    nonces = source_for(store, clock)
    for _ in range(10_000):
        clock.now += 0.001
        assert count(store, nonces, nonces.issue(), 1, ReplayDetect()) is Verdict.ACCEPTED
        assert len(store) <= 100
    assert len(store) == 100


@pytest.mark.parametrize("kind", [MemoryStore, PackedMemoryStore])
def test_expired_nonces_make_room(kind):
    """What is past its life is dropped when the next nonce begins."""
    store, clock = kind(100), Clock()
    nonces = source_for(store, clock, lifetime=10)
    for _ in range(50):
        count(store, nonces, nonces.issue(), 1, ReplayDetect())
    clock.now += 11
    count(store, nonces, nonces.issue(), 1, ReplayDetect())
    assert len(store) == 1


@pytest.mark.parametrize("kind", [MemoryStore, PackedMemoryStore])
def test_a_crowd_goes_in_small_steps(kind):
    """After a quiet night no client waits until all nonces of the day have gone: each new one sweeps out a few."""
    store, clock = kind(10_000), Clock()
    nonces = source_for(store, clock, lifetime=10)
    for _ in range(10 * SWEPT):
        count(store, nonces, nonces.issue(), 1, ReplayDetect())
    clock.now += 11
    for number in range(1, 12):
        count(store, nonces, nonces.issue(), 1, ReplayDetect())
        assert len(store) == max(10 - number, 0) * SWEPT + number


def test_one_nonce_costs_one_small_number():
    """A nonce with a full window is one int of some fifty octets, and of 32 more if all places are taken."""
    state = 0
    for nc in range(1, 200):
        _, state = ReplayDetect().advance(state, nc)
    assert sys.getsizeof(state) <= 56
    _, state = ReplayDetect().advance(state, MAX_NC)
    assert sys.getsizeof(state) <= 56 + 32


@pytest.mark.parametrize("kind", [MemoryStore, PackedMemoryStore])
@pytest.mark.parametrize("capacity", [0, -1])
def test_a_store_without_room_is_refused(kind, capacity):
    """Room for no nonce could only ever say stale."""
    with pytest.raises(ConfigurationError, match="capacity"):
        kind(capacity)


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
    ("query", "shown"),
    [
        ("packed=1", "<PackedMemoryStore of 0 nonces, at most 100000>"),
        ("packed=1&capacity=7", "<PackedMemoryStore of 0 nonces, at most 7>"),
        ("capacity=7&packed=0", "<MemoryStore of 0 nonces, at most 7>"),
    ],
)
def test_setting_of_the_packed_store(query, shown):
    """A word in the URL chooses it; it goes with the other one."""
    assert repr(open_store(f"memory://?{query}")) == shown


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
        "memory://?packed=",
        "memory://?packed=yes",
        "memory://?packed=1&capacity=0",
        "memory://?packed=1&size=7",
        "sqlite:///nonces.db?packed=1",
        "sqlite:nothing",
        "http://example.org",
    ],
)
def test_settings_that_cannot_work(url):
    """Any other URL is refused where it is written."""
    with pytest.raises(ConfigurationError):
        open_store(url)


@pytest.mark.parametrize("store", [MemoryStore, PackedMemoryStore])
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_store_is_copied(store, duplicate):
    """A copy would share some of the counts, and begin others anew. So it is in both forms, and it is said."""
    with pytest.raises(TypeError, match="can be neither pickled nor copied"):
        duplicate(store())
