"""What a refused nonce proves about the workers that answer here, and what it does not."""

from __future__ import annotations

import logging
import os
from types import SimpleNamespace

import pytest

from digest_http.guard.key_sources import KeyFile
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore
from digest_http_middleware import workers_apart
from tests.attacks.driver import Clock, Server
from tests.middleware.two_workers import Two

KEY, OTHER = [b"k" * 32], [b"o" * 32]


class SharedStore(MemoryStore):
    """A store that says that other workers count in it too."""

    shared = True


@pytest.fixture
def said(caplog):
    """What was said at WARNING or above, but for the lines of refused requests."""
    caplog.set_level(logging.WARNING)
    return lambda: [record.message for record in caplog.records if not hasattr(record, "digest_reason")]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"keys": KEY}, {"keys": KEY}, ["keep their own counts", "sqlite:///"]),
        ({}, {}, ["have different nonce keys", "DIGEST_HTTP_KEYS", "sqlite:///"]),
        ({"keys": KEY}, {"keys": OTHER}, ["have different nonce keys", "DIGEST_HTTP_KEYS", "sqlite:///"]),
        ({"keys": KEY}, {"keys": OTHER, "store": SharedStore()}, ["have different nonce keys", "DIGEST_HTTP_KEYS"]),
    ],
    ids=["one key, two memories", "no keys", "other keys", "other keys, one store"],
)
def test_workers_that_share_too_little(said, monkeypatch, first, second, words):
    """One warning, which says what they do not share and what to set; one only, however many requests there are."""
    monkeypatch.delenv("DIGEST_HTTP_KEYS", raising=False)
    two = Two(first, second)
    for _ in range(3):
        assert two.visit().stale
    (message,) = said()
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(
    "visit",
    [
        {"after": 1.0},
        {"password": "wrong"},
        {"nonce": "0" * 78},
        {"nonce": "f" * 78},
        {"nonce": "g" * 78},
        {"nonce": "not of our shape"},
        {"late": {"response": "0" * 64}},
    ],
    ids=["a worker just replaced", "wrong password", "long ago", "in a far future", "no hex", "shape", "wrong digest"],
)
def test_what_proves_nothing(said, visit):
    """Nonces of a worker that was replaced, of nobody, or of whoever does not know a password."""
    assert Two({"keys": KEY}).visit(**visit).status == 401
    assert said() == []


def test_one_store_and_one_key(said):
    """Workers that share both are never warned, not even when the store forgets."""
    two = Two({"keys": KEY, "store": SharedStore()}, {"keys": KEY, "store": SharedStore()})
    assert two.visit().stale
    assert said() == []


def test_a_nonce_that_ran_out(said):
    """What is stale for its age proves nothing."""
    server = Server()
    signer = server.signer()
    server.clock.now += 1000
    assert server.get(signer).stale
    assert said() == []


def test_a_memory_that_is_full(said):
    """A nonce that made room for another is forgotten by its own worker."""
    server = Server(store=MemoryStore(1))
    server.clock.now += 60
    first, second = server.signer(), server.signer()
    assert [server.get(signer).status for signer in (first, second, first)] == [200, 200, 401]
    assert said() == []


def test_a_fork(said, monkeypatch):
    """A worker that was forked long after the app was loaded takes over from one that died: that is no evidence yet."""
    two = Two({"keys": KEY})
    monkeypatch.setattr(os, "getpid", lambda: 1)
    assert two.visit().stale
    assert two.visit(1.0).stale
    assert said() == []
    assert two.visit(60.0).stale
    assert len(said()) == 1


def test_keys_that_are_changed(said, tmp_path):
    """While a file of keys is edited, workers look at different moments; keys that stay apart are warned of."""
    seconds = Clock()
    paths = [tmp_path / "first", tmp_path / "second"]
    old, new = "0123456789abcdef" * 4, "fedcba9876543210" * 4
    for path in paths:
        path.touch(0o600)
        path.write_text(old, "ascii")
    files = [KeyFile(path, seconds=seconds) for path in paths]
    one_store = SharedStore()
    two = Two({"keys": files[0], "store": one_store}, {"keys": files[1], "store": one_store})
    assert two.visit().status == 200
    for path in paths:  # the second worker looks half a second later
        path.write_text(new, "ascii")
        seconds.now += 2.0
        two.first.request()
        assert two.visit(0.5).status == (401 if path is paths[0] else 200)
    assert said() == []
    paths[0].write_text(old, "ascii")
    seconds.now += 2.0
    for after in (60.0, 1.0, 1.0):
        assert two.visit(after).stale
    assert said() == []
    for _ in range(3):
        assert two.visit(workers_apart.SETTLING + 1).stale
    assert len(said()) == 1


class Keys:
    """Keys that may change, as those of a file."""

    def __init__(self):
        self.now = [b"k" * 32]

    def __call__(self):
        return self.now


def test_the_moment_from_which_nonces_are_evidence(said):
    """One that was issued in that very moment is not, one a microsecond later is; nor is one of the future."""
    now = [1_000_000_000]
    watch = workers_apart.WorkersApart(SharedStore(), KEY, lambda: now[0])
    begin = now[0] + 10_000_000
    now[0] += 20_000_000
    for issued in (begin - 1, begin, now[0] + 1):
        watch.saw(Verdict.FOREIGN, foreign(issued))
        assert said() == []
    watch.saw(Verdict.FOREIGN, foreign(begin + 1))
    assert len(said()) == 1


def test_each_change_of_keys_begins_anew(said):
    """A nonce that is foreign may be the first sign of a change, after each change once; only then it is evidence."""
    now, keys = [1_000_000_000], Keys()
    watch = workers_apart.WorkersApart(SharedStore(), keys, lambda: now[0])

    def saw(after):
        now[0] += round(after * 1_000_000)
        watch.saw(Verdict.FOREIGN, foreign(now[0]))
        return len(said())

    assert saw(11) == 0  # the first sign
    keys.now = [b"l" * 32]
    assert saw(60) == 0  # what is seen here begins the settling
    assert saw(2.9) == 0
    assert saw(0.2) == 0  # the first sign
    assert saw(2.9) == 0
    assert saw(0.2) == 1


def foreign(issued):
    """A context whose nonce says that it was issued then."""
    nonce = b"%014x" % issued + b"0" * 64
    return SimpleNamespace(nonce=nonce, epoch=b"00000001")
