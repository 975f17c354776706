"""The packed store: few octets a nonce, and the verdicts of the dictionary, whatever happens to both."""

from __future__ import annotations

import os
import tracemalloc

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from digest_http.httpauth.nonce_ids import MICROSECONDS, RANDOM_BITS
from digest_http.httpauth.sequence import MAX_NC, MAX_WINDOW, ReplayDetect, SequenceDetect, SequenceRule
from digest_http.httpauth.verdict import ACCEPTED, Verdict
from digest_http.stores import MemoryStore, PackedMemoryStore
from digest_http.stores.packed_table import ID_OCTETS, PER_PAGE, RECORD, STATE_OCTETS, PackedTable

RULES: list[SequenceRule] = [ReplayDetect(), ReplayDetect(4), ReplayDetect(MAX_WINDOW), SequenceDetect()]
NOW = 1_700_000_000 * MICROSECONDS
LIFETIME = 300 * MICROSECONDS


class BothStores(RuleBasedStateMachine):
    """One and the same is asked of both, and both must say the same."""

    @initialize(capacity=st.sampled_from([1, 3, 40, 200, 1000]))
    def open(self, capacity):
        """Two empty stores."""
        self.stores = MemoryStore(capacity), PackedMemoryStore(capacity)
        self.now, self.drawn = NOW, 0
        # Nonces that were issued, each with the epochs of both stores at that time.
        self.issued: list[tuple[int, tuple[bytes, bytes]]] = []
        self.rule, self.lifetime = RULES[0], LIFETIME

    @property
    def epochs(self):
        """Those of both."""
        return self.stores[0].epoch, self.stores[1].epoch

    @rule(chosen=st.sampled_from(RULES), lifetime=st.sampled_from([1, LIFETIME // 2, LIFETIME, 2 * LIFETIME]))
    def another_setting(self, chosen, lifetime):
        """From now on others count here."""
        self.rule, self.lifetime = chosen, lifetime

    @rule(number=st.integers(1, 120), apart=st.sampled_from([0, 1, 100_000]), nc=st.sampled_from([1, 1, 2, 300]))
    def begin(self, number, apart, nc):
        """So many new nonces, each counted once, one microsecond after the other, or more, or in one tick."""
        for _ in range(number):
            self.now += apart
            self.drawn += 1
            self.issued.append((self.now << RANDOM_BITS | self.drawn * 0x9E3779B97F4A7C15, self.epochs))
            self.step(-1, nc)

    @rule(number=st.integers(1, 20))
    def issue(self, number):
        """So many challenges of which nothing is counted yet."""
        for _ in range(number):
            self.drawn += 1
            self.issued.append((self.now << RANDOM_BITS | self.drawn * 0x9E3779B97F4A7C15, self.epochs))

    @precondition(lambda self: self.issued)
    @rule(chosen=st.integers(0), nc=st.integers(1, 9) | st.integers(100, 500) | st.integers(MAX_NC - 1, MAX_NC))
    def use(self, chosen, nc):
        """A request on any nonce there ever was."""
        self.step(chosen % len(self.issued), nc)

    @precondition(lambda self: self.issued)
    @rule(nc=st.integers(1, 4) | st.integers(200, 400))
    def use_all(self, nc):
        """The same count on the last few hundred."""
        for chosen in range(max(len(self.issued) - 300, 0), len(self.issued)):
            self.step(chosen, nc)

    @rule(by=st.sampled_from([1, MICROSECONDS, LIFETIME // 3, LIFETIME, 10 * LIFETIME, -1, -LIFETIME // 2]))
    def move_the_clock(self, by):
        """Time passes, or the clock is set back."""
        self.now += by

    def step(self, chosen, nc):
        """One count, in both."""
        nonce_id, epochs = self.issued[chosen]
        before = self.epochs
        verdicts = [
            store.advance(nonce_id, epoch, nc, self.rule, self.now, lifetime=self.lifetime)
            for store, epoch in zip(self.stores, epochs, strict=True)
        ]
        assert verdicts[0] is verdicts[1]
        assert len(self.stores[0]) == len(self.stores[1]) <= self.stores[0].capacity
        begun = [new != old for new, old in zip(self.epochs, before, strict=True)]
        assert begun[0] is begun[1]


@pytest.mark.once
def test_it_says_what_the_dictionary_says():
    """While both grow, forget, are full, see the clock set back, and count under rules that change."""
    run_state_machine_as_test(BothStores, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))


def filled(number: int, store: PackedMemoryStore) -> float:
    """Octets a nonce, by tracemalloc, of so many."""
    rule = ReplayDetect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for drawn in range(number):
            nonce_id = (NOW + drawn << RANDOM_BITS) | int.from_bytes(os.urandom(RANDOM_BITS // 8))
            store.advance(nonce_id, store.epoch, 1, rule, NOW, lifetime=LIFETIME)
        return (tracemalloc.get_traced_memory()[0] - before) / number
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("number", [300, 1000, pytest.param(10_000, marks=pytest.mark.once)])
def test_a_live_nonce_takes_64_octets_at_most(number):
    """All told, the order in which they go and the room for growth too."""
    store = PackedMemoryStore(number)
    assert filled(number, store) <= 64
    assert len(store) == number


class _Kept:
    """A rule that tells the state and puts another in its place."""

    window = 0

    def __init__(self, after: int | None = None) -> None:
        self.found = self.after = after

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """See SequenceRule."""
        del nc
        self.found = state
        return ACCEPTED, state if self.after is None else self.after


def state_of(table: PackedTable, nonce_id: int) -> int | None:
    """The state that a table has of a nonce; None without one."""
    rule = _Kept()
    return rule.found if table.advance(nonce_id, 1, rule) is ACCEPTED else None


@pytest.mark.parametrize("place", range(STATE_OCTETS - ID_OCTETS + 1))
def test_a_state_that_spells_another_nonce(place):
    """A client has a hand in its states. One whose octets are another nonce's id is not taken for its record."""
    table = PackedTable()
    first, other = 1 << 150, 0x0123456789ABCDEF_0123456789ABCDEF_01234567
    spelled = int.from_bytes(bytes(place) + other.to_bytes(ID_OCTETS), "little")
    table.add(first, spelled)
    assert state_of(table, other) is None
    table.add(other, 5)
    assert (state_of(table, first), state_of(table, other)) == (spelled, 5)


LONGEST = (1 << 8 * STATE_OCTETS) - 1


@pytest.mark.parametrize("long", [LONGEST - 1, LONGEST, LONGEST + 1, 1 << 5000], ids=["fits", "mark", "one", "far"])
def test_states_that_have_no_room_in_a_record(long):
    """They are kept as they are, may become short again, and go with their nonce."""
    table = PackedTable()
    table.add(1, 3)
    table.add(2, long)
    assert table.advance(1, 1, _Kept(long)) is ACCEPTED
    assert (state_of(table, 1), state_of(table, 2)) == (long, long)
    assert table.advance(1, 1, _Kept(7)) is ACCEPTED
    assert table.advance(2, 1, _Kept(long + 1)) is ACCEPTED
    assert (state_of(table, 1), state_of(table, 2)) == (7, long + 1)
    assert 1 not in table._aside  # noqa: SLF001 - what is kept besides its record
    table.drop_first()
    table.drop_first()
    assert not table._aside  # noqa: SLF001 - the same
    assert (len(table), state_of(table, 1), state_of(table, 2)) == (0, None, None)
    table.add(2, 9)
    assert state_of(table, 2) == 9


def test_nonces_that_a_user_picks_do_not_meet_in_one_page():
    """He may choose among the nonces he was given. Here all have the same lower bits, and still they spread."""
    table = PackedTable()
    picked = [number << 12 for number in range(1, 1000)]
    assert {hash(nonce_id) % 4096 for nonce_id in picked} == {0}
    for nonce_id in picked:
        table.add(nonce_id, 1)
    longest = max(map(len, table._pages))  # noqa: SLF001 - how long a step takes
    assert longest < 10 * PER_PAGE * RECORD


def test_they_go_in_the_order_in_which_they_came():
    """Whatever page they are in, and however often it was cut; and what they leave is empty."""
    table, came = PackedTable(), [1 << 150 | number * 7919 % 3001 for number in range(3001)]
    for nonce_id in came:
        table.add(nonce_id, 1)
    went: list[int] = []
    while table:
        went.append(table.first())
        table.drop_first()
        assert state_of(table, went[-1]) is None
    assert went == came
    with pytest.raises(IndexError):
        table.drop_first()
