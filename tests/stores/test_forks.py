"""Forks: what was counted in one process was not counted in the other, and no lock is copied that nobody gives back."""

import ast
import asyncio
import gc
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import digest_http
import digest_http_client_auth
import digest_http_middleware
from digest_http import forks
from digest_http.forks import ForkAware
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import DEFAULT_CAPACITY, MemoryStore, SQLiteStore
from digest_http.stores.redis_loops import PerLoop
from tests.stores.nonce_stores import IN_PROCESS, Clock, count, source_for
from tests.support.forked import held, in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

ACCEPTED, FORGOTTEN, REPLAYED = Verdict.ACCEPTED, Verdict.FORGOTTEN, Verdict.REPLAYED
RULE = ReplayDetect()


def counts(store, clock, nonce, *several):
    """The verdicts of several counts of a nonce."""
    nonces = source_for(store, clock)
    return [count(store, nonces, nonce, nc, RULE) for nc in several]


def one_of_its_own(store, clock):
    """What becomes of a nonce that a process issues itself, and the epoch of its store."""
    nonce = source_for(store, clock).issue()
    return counts(store, clock, nonce, 1, 1, 2), store.epoch


@pytest.mark.parametrize("kind", IN_PROCESS)
def test_a_child_begins_an_epoch(kind):
    """A nonce of before the fork is good in the parent only, counted there before or after; each has its own since."""
    store, clock = IN_PROCESS[kind](DEFAULT_CAPACITY), Clock()
    counted, fresh = [source_for(store, clock).issue() for _ in range(2)]
    assert counts(store, clock, counted, 1) == [ACCEPTED]
    for nonce in (counted, fresh):
        for _ in range(3):
            assert in_child(counts, store, clock, nonce, 1, 2, 1000) == [FORGOTTEN] * 3
    assert counts(store, clock, counted, 1, 2) == [REPLAYED, ACCEPTED]
    assert counts(store, clock, fresh, 1) == [ACCEPTED]
    results = [in_child(one_of_its_own, store, clock) for _ in range(3)]
    assert [verdicts for verdicts, _ in results] == [[ACCEPTED, REPLAYED, ACCEPTED]] * 3
    assert len({store.epoch, *(epoch for _, epoch in results)}) == 4


@pytest.mark.parametrize("kind", IN_PROCESS)
def test_a_child_keeps_nothing(kind):
    """Nothing that only the parent can be asked for takes room, and what the parent evicted casts no doubt."""
    store, clock = IN_PROCESS[kind](2), Clock()
    for _ in range(5):
        clock.now += 1
        assert counts(store, clock, source_for(store, clock).issue(), 1) == [ACCEPTED]
    clock.now -= 60
    assert in_child(len, store) == 0
    assert in_child(one_of_its_own, store, clock)[0] == [ACCEPTED, REPLAYED, ACCEPTED]


@pytest.mark.parametrize("kind", [*IN_PROCESS, "sqlite"])
def test_a_lock_that_another_thread_holds(kind, tmp_path):
    """The thread is not in the child, which would wait for it for ever; the parent goes on, too."""
    store = SQLiteStore(tmp_path / "nonces.db") if kind == "sqlite" else IN_PROCESS[kind](DEFAULT_CAPACITY)
    clock = Clock()
    with held(store._lock):  # noqa: SLF001 - a step of another thread, that lasts
        assert in_child(one_of_its_own, store, clock)[0] == [ACCEPTED, REPLAYED, ACCEPTED]
    assert one_of_its_own(store, clock)[0] == [ACCEPTED, REPLAYED, ACCEPTED]


def test_a_file_that_the_parent_closes(tmp_path):
    """Its child still counts in it: what the child counted after that is known to those who open it later."""
    path, clock = tmp_path / "nonces.db", Clock()
    store = SQLiteStore(path)
    nonce = source_for(store, clock).issue()
    assert counts(store, clock, nonce, 1) == [ACCEPTED]
    closed, counted = os.pipe(), os.pipe()

    def later():
        verdicts = counts(store, clock, nonce, 2)
        os.write(counted[1], b"x")
        os.read(closed[0], 1)
        return verdicts + counts(store, clock, nonce, 3)

    def close():
        os.read(counted[0], 1)
        store.close()
        os.write(closed[1], b"x")

    closer = threading.Thread(target=close)
    closer.start()
    assert in_child(later) == [ACCEPTED, ACCEPTED]
    closer.join()
    assert counts(SQLiteStore(path), clock, nonce, 2, 3, 4) == [REPLAYED, REPLAYED, ACCEPTED]
    for end in (*closed, *counted):
        os.close(end)


def test_a_file_and_many_forks(tmp_path):
    """Children and parent count in one file; each count is good once among them all."""
    store, clock = SQLiteStore(tmp_path / "nonces.db"), Clock()
    nonce = source_for(store, clock).issue()
    for nc in range(1, 6):
        verdicts = [
            *in_child(counts, store, clock, nonce, nc),
            *counts(store, clock, nonce, nc),
            *in_child(counts, store, clock, nonce, nc),
        ]
        assert verdicts == [ACCEPTED, REPLAYED, REPLAYED]


class Connections:
    """What an event loop has, and is to close."""

    def __init__(self):
        self.process = os.getpid()

    async def close(self):
        """Only where they were opened."""
        assert self.process == os.getpid()


def test_connections_of_an_event_loop():
    """A child opens its own; those of its parent's loop are left alone, and their parent closes them."""
    made = PerLoop(Connections)

    async def opened():
        return made.get().process

    async def fork():
        mine = made.get()
        with held(made._lock):  # noqa: SLF001 - a loop of another thread begins
            child = await asyncio.to_thread(in_child, lambda: (asyncio.run(opened()), os.getpid(), len(made)))
        return mine is made.get(), child

    kept, (process, child, left) = asyncio.run(fork())
    assert kept
    assert process == child != os.getpid()
    assert left == len(made) == 0


def test_a_fork_without_its_hooks(tmp_path, monkeypatch):
    """A program that forks beneath Python is noticed by the process id: the carried connection is left alone."""
    store, clock = SQLiteStore(tmp_path / "nonces.db"), Clock()
    nonce = source_for(store, clock).issue()
    assert counts(store, clock, nonce, 1) == [ACCEPTED]
    monkeypatch.setattr(SQLiteStore, "before_fork", ForkAware.before_fork)
    assert in_child(counts, store, clock, nonce, 1, 2) == [REPLAYED, ACCEPTED]
    assert counts(store, clock, nonce, 2, 3) == [REPLAYED, ACCEPTED]


def test_forks_from_several_threads(tmp_path):
    """Each tells the stores before and after it in turn, and all end."""
    stores, clock = [SQLiteStore(tmp_path / f"{number}.db") for number in range(3)], Clock()
    results: list[object] = []

    def fork():
        results.extend(in_child(one_of_its_own, store, clock)[0] for store in stores)

    threads = [threading.Thread(target=fork) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [[ACCEPTED, REPLAYED, ACCEPTED]] * 12
    assert [one_of_its_own(store, clock)[0] for store in stores] == [[ACCEPTED, REPLAYED, ACCEPTED]] * 3


def test_a_child_that_forks():
    """Its own child begins an epoch, too, and what the two knew before is good in neither."""
    store, clock = MemoryStore(), Clock()

    def fork():
        nonce = source_for(store, clock).issue()
        return [*counts(store, clock, nonce, 1), *in_child(counts, store, clock, nonce, 1, 2)]

    assert in_child(fork) == [ACCEPTED, FORGOTTEN, FORGOTTEN]


def test_a_store_that_is_gone_is_told_nothing():
    """The list of who is told of forks keeps nobody alive."""
    told = []

    class Told(ForkAware):
        def before_fork(self):
            told.append("before")

        def after_fork_in_parent(self):
            told.append("after")

    one, other = Told(), Told()
    in_child(str)
    assert told == ["before", "before", "after", "after"]
    del one
    gc.collect()
    told.clear()
    in_child(str)
    assert told == ["before", "after"]
    del other


@pytest.mark.parametrize("when", ["before_fork", "after_fork_in_parent", "after_fork_in_child"])
def test_one_that_fails_keeps_nobody_from_being_told(when, monkeypatch):
    """All others begin anew in the child all the same; Python shows the error."""
    told: list[str] = []
    shown: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", shown.append)

    class Told(ForkAware):
        def before_fork(self):
            self.told("before_fork")

        def after_fork_in_parent(self):
            self.told("after_fork_in_parent")

        def after_fork_in_child(self):
            self.told("after_fork_in_child")

        def told(self, name):
            told.append(name)

    class Failing(Told):
        def told(self, name):
            if name == when:
                raise ValueError(name)

    several = [Failing(), Told(), Failing(), Told(), Failing()]
    in_child_now = in_child(told.copy)
    assert told == ["before_fork"] * 2 + ["after_fork_in_parent"] * 2
    assert in_child_now == ["before_fork"] * 2 + ["after_fork_in_child"] * 2
    assert [str(each.exc_value.exceptions[0]) for each in shown] == ([] if when == "after_fork_in_child" else [when])
    # What was raised holds on to who raised it.
    shown.clear()
    del several
    gc.collect()


def test_others_are_made_meanwhile():
    """Threads that make stores while one forks keep nobody from being told."""
    ending, told = threading.Event(), []

    def go():
        made = []
        while not ending.is_set():
            made.append(MemoryStore(1))
            if len(made) > 200:
                made.clear()

    class Told(ForkAware):
        def before_fork(self):
            told.append("before")

        def after_fork_in_parent(self):
            told.append("after")

    each = Told()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(300):
            # What a fork calls. A real one takes hundreds of times as long, and there is no more to see.
            forks._before()  # noqa: SLF001 - as the comment says
            forks._in_parent()  # noqa: SLF001 - the same
    finally:
        ending.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert told == ["before", "after"] * 300
    del each


def made_of_fork_aware():
    """Where `__init__` of ForkAware is called, by class: the lines of the class' own `__init__` after that call."""
    found, bases = {}, {"ForkAware", "ProcessStore", "_Logouts"}
    for package in (digest_http, digest_http_middleware, digest_http_client_auth):
        for path in Path(package.__path__[0]).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and bases & {ast.unparse(b).partition("[")[0] for b in node.bases}:
                    for method in node.body:
                        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                            found[node.name] = method.body
    return found


@pytest.mark.parametrize(("name", "body"), made_of_fork_aware().items())
def test_only_what_is_whole_is_told(name, body):
    """One whose settings were refused was never made: it is on no list, and no fork finds half of it."""
    lines = [ast.unparse(statement) for statement in body]
    at = max(at for at, line in enumerate(lines) if line.startswith(("super().__init__(", "ForkAware.__init__(")))
    # SQLite's file is opened when a fork would already let go of it.
    assert len(lines) - at - 1 == (name == "SQLiteStore")


def test_which_are_looked_at():
    """The stores, the sources and the rest: what derives from another than these three would be missed above."""
    assert {"ProcessStore", "PackedMemoryStore", "SQLiteStore", "SQLUsers", "SQLLogouts"} <= made_of_fork_aware().keys()
    assert len(made_of_fork_aware()) >= 16
