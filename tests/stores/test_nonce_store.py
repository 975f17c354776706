"""What every nonce store must do; the same tests for each."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from digest_http.httpauth.sequence import ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import Verdict
from tests.stores.nonce_stores import BOUNDED, OPENERS, STORES, Clock, count, source_for


@pytest.fixture(params=STORES)
def open_store(request):
    """Opens an empty store."""
    return OPENERS[request.param]


@pytest.fixture(params=BOUNDED)
def open_bounded_store(request):
    """Opens an empty store that keeps to its capacity."""
    return BOUNDED[request.param]


@pytest.fixture
def clock():
    """A clock that stands still."""
    return Clock()


def test_epoch_is_eight_hex_digits(open_store):
    """The epoch fits its place in the nonce, and a store that starts empty has a new one."""
    first, second = open_store(10), open_store(10)
    for store in (first, second):
        assert len(store.epoch) == 8
        assert set(store.epoch) <= set(b"0123456789abcdef")
    assert first.epoch != second.epoch
    assert first.epoch == first.epoch


def test_each_count_once(open_store, clock):
    """A01, A08: 5 and 3 are accepted in this order, then refused, and 4 is still good."""
    store = open_store(10)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    verdicts = [count(store, nonces, nonce, nc, ReplayDetect()) for nc in (5, 3, 3, 5, 4)]
    assert verdicts == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REPLAYED, Verdict.REPLAYED, Verdict.ACCEPTED]


def test_strict_sequence(open_store, clock):
    """Under SEQUENCE_DETECT only the next count is accepted, and a refusal leaves the place where it was."""
    store = open_store(10)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    verdicts = [count(store, nonces, nonce, nc, SequenceDetect()) for nc in (2, 1, 1, 3, 2)]
    assert verdicts == [
        Verdict.OUT_OF_SEQUENCE,
        Verdict.ACCEPTED,
        Verdict.REPLAYED,
        Verdict.OUT_OF_SEQUENCE,
        Verdict.ACCEPTED,
    ]


def test_nonces_are_counted_apart(open_store, clock):
    """The same count on two nonces of one tick is two counts."""
    store = open_store(10)
    nonces = source_for(store, clock)
    assert [count(store, nonces, nonces.issue(), 1, ReplayDetect()) for _ in range(5)] == [Verdict.ACCEPTED] * 5


def test_another_epoch_is_forgotten(open_store, clock):
    """A04: of a nonce from before the restart nobody knows what was seen, so it is stale and not begun anew."""
    old = open_store(10)
    nonces = source_for(old, clock)
    nonce = nonces.issue()
    assert count(old, nonces, nonce, 1, ReplayDetect()) is Verdict.ACCEPTED
    new = open_store(10)
    for nc in (1, 2):
        assert count(new, source_for(new, clock), nonce, nc, ReplayDetect()) is Verdict.FORGOTTEN


def test_eviction_is_sound(open_bounded_store, clock):
    """A05b: a nonce that had to make room is stale for ever, for every count."""
    store = open_bounded_store(3)
    nonces = source_for(store, clock)
    victim = nonces.issue()
    assert count(store, nonces, victim, 1, ReplayDetect()) is Verdict.ACCEPTED
    for _ in range(3):
        clock.now += 1
        assert count(store, nonces, nonces.issue(), 1, ReplayDetect()) is Verdict.ACCEPTED
    for nc in (1, 2, 1000):
        assert count(store, nonces, victim, nc, ReplayDetect()) is Verdict.FORGOTTEN


def test_eviction_casts_doubt_on_those_before_it_only(open_bounded_store, clock):
    """A nonce issued before the newest eviction is stale; one issued after it is good at once."""
    store = open_bounded_store(1)
    nonces = source_for(store, clock)
    unused_before = nonces.issue()
    clock.now += 1
    evicted = nonces.issue()
    clock.now += 1
    evictor = nonces.issue()
    assert count(store, nonces, evicted, 1, ReplayDetect()) is Verdict.ACCEPTED
    assert count(store, nonces, evictor, 1, ReplayDetect()) is Verdict.ACCEPTED
    assert count(store, nonces, unused_before, 1, ReplayDetect()) is Verdict.FORGOTTEN
    clock.now += 1
    assert count(store, nonces, nonces.issue(), 7, ReplayDetect()) is Verdict.ACCEPTED


def test_eviction_in_another_order_than_issue(open_store, clock):
    """A nonce that began before an older one goes first; when the older one goes too, it is still not begun anew."""
    store = open_store(1)
    nonces = source_for(store, clock)
    older = nonces.issue()
    clock.now += 1
    newer = nonces.issue()
    clock.now += 1
    last = nonces.issue()
    verdicts = {nonce: count(store, nonces, nonce, 1, ReplayDetect()) for nonce in (newer, older, last)}
    assert verdicts[newer] is Verdict.ACCEPTED
    for nonce, verdict in verdicts.items():
        again = count(store, nonces, nonce, 1, ReplayDetect())
        assert verdict is Verdict.FORGOTTEN or again is not Verdict.ACCEPTED


def test_eviction_in_one_tick_is_sound(open_store, clock):
    """While the clock stands still an eviction still never lets a count be seen twice."""
    store = open_store(2)
    nonces = source_for(store, clock)
    issued = [nonces.issue() for _ in range(6)]
    first = [count(store, nonces, nonce, 1, ReplayDetect()) for nonce in issued]
    again = [count(store, nonces, nonce, 1, ReplayDetect()) for nonce in issued]
    assert Verdict.ACCEPTED not in again
    assert first[:2] == [Verdict.ACCEPTED] * 2


def test_a_clock_that_goes_back_is_sound(open_store, clock):
    """Entries dropped as expired do not come back when the clock does."""
    store = open_store(10)
    nonces = source_for(store, clock, lifetime=60)
    nonce = nonces.issue()
    assert count(store, nonces, nonce, 1, ReplayDetect()) is Verdict.ACCEPTED
    clock.now += 61
    assert count(store, nonces, nonces.issue(), 1, ReplayDetect()) is Verdict.ACCEPTED
    clock.now -= 61
    assert count(store, nonces, nonce, 1, ReplayDetect()) is not Verdict.ACCEPTED


def test_a_clock_set_back_locks_nobody_out(open_store, clock):
    """What was dropped lies in the future now: after one stale nonce at most new ones are good; old ones are not."""
    store = open_store(10)
    old = source_for(store, clock, lifetime=60).issue()
    assert count(store, source_for(store, clock), old, 1, ReplayDetect()) is Verdict.ACCEPTED
    clock.now += 600
    nonces = source_for(store, clock, lifetime=60)
    assert count(store, nonces, nonces.issue(), 1, ReplayDetect()) is Verdict.ACCEPTED
    clock.now -= 3600
    verdicts = []
    for _ in range(2):
        nonces = source_for(store, clock, lifetime=60)
        verdicts.append(count(store, nonces, nonces.issue(), 1, ReplayDetect()))
    assert verdicts[-1] is Verdict.ACCEPTED
    clock.now += 3000
    assert count(store, source_for(store, clock), old, 1, ReplayDetect()) is not Verdict.ACCEPTED


def test_a_count_that_others_left_behind(open_store, clock):
    """It is accepted after two hundred others, which stay as they are; and then never again."""
    store = open_store(10)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    for nc in [1, *range(3, 203)]:
        assert count(store, nonces, nonce, nc, ReplayDetect()) is Verdict.ACCEPTED
    verdicts = [count(store, nonces, nonce, nc, ReplayDetect()) for nc in (2, 2, 1, 3, 202, 203)]
    assert verdicts == [
        Verdict.ACCEPTED,
        *[Verdict.OUT_OF_SEQUENCE] * 3,
        Verdict.REPLAYED,
        Verdict.ACCEPTED,
    ]


def test_a_refused_first_count_leaves_no_trace(open_store, clock):
    """Under SEQUENCE_DETECT a first count of 2 neither begins the nonce nor takes room."""
    store = open_store(1)
    nonces = source_for(store, clock)
    kept = nonces.issue()
    assert count(store, nonces, kept, 1, SequenceDetect()) is Verdict.ACCEPTED
    clock.now += 1
    assert count(store, nonces, nonces.issue(), 2, SequenceDetect()) is Verdict.OUT_OF_SEQUENCE
    assert count(store, nonces, kept, 2, SequenceDetect()) is Verdict.ACCEPTED


@pytest.mark.parametrize("rule", [ReplayDetect(), SequenceDetect()], ids=repr)
def test_one_of_many_at_once(open_store, clock, rule):
    """A02: of twenty threads with one count exactly one is accepted, for each of fifty counts."""
    store = open_store(10)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    with ThreadPoolExecutor(20) as pool:
        for nc in range(1, 51):
            verdicts = list(pool.map(lambda nc: count(store, nonces, nonce, nc, rule), [nc] * 20))
            assert verdicts.count(Verdict.ACCEPTED) == 1
            assert verdicts.count(Verdict.REPLAYED) == 19


def test_many_counts_at_once(open_store, clock):
    """Twenty threads with counts of their own lose none inside the window."""
    store = open_store(10)
    nonces = source_for(store, clock)
    nonce = nonces.issue()
    with ThreadPoolExecutor(20) as pool:
        verdicts = list(pool.map(lambda nc: count(store, nonces, nonce, nc, ReplayDetect()), range(1, 101)))
    assert verdicts == [Verdict.ACCEPTED] * 100
