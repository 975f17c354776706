"""The quick way of MemoryStore: what it takes without asking the rule, and who else is asked in its place."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from threading import Barrier
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest_http.guard import Accepted, Guard
from digest_http.httpauth.nonce_ids import RANDOM_BITS
from digest_http.httpauth.sequence import MAX_NC, WINDOW_BITS, ReplayDetect, SequenceDetect, SequenceRule
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore, PackedMemoryStore
from tests.guard.test_guard import guard, signer

RULES = [ReplayDetect(1), ReplayDetect(4), ReplayDetect(), ReplayDetect(4096), SequenceDetect()]
NOW = 1_700_000_000_000_000
NONCE = NOW << RANDOM_BITS | 5


def advance(store: MemoryStore | PackedMemoryStore, nc: int, rule: SequenceRule) -> Verdict:
    """Count in a store."""
    return store.advance(NONCE, store.epoch, nc, rule, NOW, lifetime=300_000_000)


@given(st.integers(0, MAX_NC - 1), st.sampled_from(RULES))
def test_every_rule_takes_the_next_count(highest: int, rule: SequenceRule) -> None:
    """Where none is missing, so a store need not ask."""
    assert rule.advance(highest << WINDOW_BITS, highest + 1) == (Verdict.ACCEPTED, highest + 1 << WINDOW_BITS)


# One is missing: the bits above those of the window are 61 then, which is no count.
@example(1, [(2, ReplayDetect(4)), (61, ReplayDetect(4))])
@given(
    st.sampled_from([1, 2, 7, MAX_NC - 8]),
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from(RULES)), max_size=40),
)
def test_it_counts_as_the_rules_do(first: int, steps: list[tuple[int, SequenceRule]]) -> None:
    """In whatever order counts come, and whoever else counts: the verdict and the state are those of the rule."""
    store, state = MemoryStore(), 0
    for ahead, rule in [(0, ReplayDetect()), *steps]:
        nc = first + ahead
        verdict, state = rule.advance(state, nc)
        assert advance(store, nc, rule) is verdict
        kept: Any = store
        assert kept._states == {NONCE: state}  # noqa: SLF001 - what the next count hangs on


class Everything:
    """A rule of somebody else's."""

    window = 0

    def __init__(self) -> None:
        self.asked: list[int] = []

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """Takes whatever comes."""
        self.asked.append(nc)
        return Verdict.ACCEPTED, state or 1 << WINDOW_BITS


def test_a_rule_of_somebody_else() -> None:
    """It is asked, but for the next count."""
    store, rule = MemoryStore(), Everything()
    assert {advance(store, nc, rule) for nc in (1, 5, 5, 2, 2)} == {Verdict.ACCEPTED}
    assert rule.asked == [1, 5, 5, 2]


class Refusing(MemoryStore):
    """Refuses on its own every second time."""

    def __init__(self) -> None:
        super().__init__(7)
        self.asked: list[int] = []

    def advance(self, nonce_id: int, epoch: bytes, nc: int, *rest: Any, **lifetime: Any) -> Verdict:
        """Counts here, or not."""
        self.asked.append(nc)
        return Verdict.ENDED if nc % 2 else super().advance(nonce_id, epoch, nc, *rest, **lifetime)


def verdicts(door: Guard, requests: int = 4) -> list[Verdict | None]:
    """What becomes of the requests of one client; None if they are not let in for another reason."""
    made = signer(door)
    signed = [made.sign(nc=nc) for nc in range(1, requests + 1)]
    outcomes = [door.check("GET", "/x", [(b"authorization", value)]) for value in signed]
    return [Verdict.ACCEPTED if isinstance(outcome, Accepted) else outcome.verdict for outcome in outcomes]


def test_a_store_that_is_made_from_it() -> None:
    """What it does itself is asked, for each count, and what it hands on is counted as always."""
    store = Refusing()
    assert verdicts(guard(store=store)) == [Verdict.ENDED, Verdict.ACCEPTED] * 2
    assert store.asked == [1, 2, 3, 4]
    assert len(store) == 1
    assert repr(store) == "<Refusing of 1 nonces, at most 7>"


def ending(*_: Any, **__: Any) -> Verdict:
    """Takes nothing more."""
    return Verdict.ENDED


@pytest.mark.parametrize("of", ["the class", "an object"])
def test_what_is_put_in_its_place(of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after the guard was made, as a test or an observer of somebody's may do."""

    class Noting(MemoryStore):
        """One with room for attributes."""

    store = Noting()
    door = guard(store=store)
    assert verdicts(door, 2) == [Verdict.ACCEPTED] * 2
    target: Any = MemoryStore if of == "the class" else store
    monkeypatch.setattr(target, "advance", ending)
    assert verdicts(door, 2) == [Verdict.ENDED] * 2
    monkeypatch.undo()
    assert verdicts(door, 2) == [Verdict.ACCEPTED] * 2


@pytest.mark.parametrize("kind", [MemoryStore, PackedMemoryStore, Refusing])
def test_a_store_that_is_gone(kind: Callable[[], MemoryStore | PackedMemoryStore]) -> None:
    """Nothing still points to it, as the list of those who are told of forks would."""
    store = kind()
    pointing = weakref.ref(store)
    assert pointing() is store
    del store
    gc.collect()
    assert pointing() is None


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads that take turns as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("kind", [MemoryStore, PackedMemoryStore])
def test_threads_that_count_the_same(kind: Callable[[], MemoryStore | PackedMemoryStore]) -> None:
    """Each count is good once among them all."""
    store, counts, threads = kind(), range(1, 4001), 4
    begin = Barrier(threads)

    def count() -> list[int]:
        begin.wait()
        return [nc for nc in counts if advance(store, nc, ReplayDetect()) is Verdict.ACCEPTED]

    with ThreadPoolExecutor(threads) as pool:
        accepted = [each.result() for each in [pool.submit(count) for _ in range(threads)]]
    assert sorted(chain(*accepted)) == list(counts)
