"""Callers whose settings differ count in one store: what is kept means the same to each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.httpauth.sequence import MAX_NC, ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import Verdict
from tests.stores.nonce_stores import IN_PROCESS, OPENERS, STORES, Clock, count, reopened, source_for
from tests.stores.seen_counts import SeenCounts
from tests.stores_shared.redis_opener import RedisFromAnyThread
from tests.stores_shared.redis_servers import KINDS

ACCEPTED = Verdict.ACCEPTED
RULE = ReplayDetect()

rules = st.sampled_from([SequenceDetect(), *map(ReplayDetect, (1, 2, 7, 8, 9, 16, 64, 128, 4096))])
counts = st.one_of(st.integers(1, 30), st.integers(1, 400), st.integers(MAX_NC - 5, MAX_NC))
lifetimes = st.sampled_from([60, 300, 301, 600, 86400, 10.0**10])


@pytest.fixture(params=STORES)
def open_store(request):
    """Opens an empty store."""
    return OPENERS[request.param]


def pass_time(store, clock, seconds):
    """Time passes for the callers, and for a server that has a clock of its own."""
    clock.now += seconds
    if isinstance(store, RedisFromAnyThread):
        store.pass_time(seconds)


@pytest.mark.parametrize("name", STORES)
@given(steps=st.lists(st.tuples(rules, counts, lifetimes), max_size=40))
@settings(max_examples=50, deadline=None)
def test_rules_and_lifetimes_that_take_turns(name, steps):
    """Every verdict is that of the set of counts seen, whoever counted before; so none is accepted twice."""
    store, clock, model = OPENERS[name](10), Clock(), SeenCounts()
    nonce = source_for(store, clock).issue()
    for rule, nc, lifetime in steps:
        assert count(store, source_for(store, clock, lifetime), nonce, nc, rule) is model.judge(rule, nc)


def test_the_longer_lifetime_holds(open_store):
    """What one counted as the first, another with a longer lifetime counts on after the first one's end."""
    store, clock = open_store(100), Clock()
    short, long = source_for(store, clock, 300), source_for(store, clock, 600)
    nonce = short.issue()
    assert count(store, short, nonce, 1, RULE) is ACCEPTED
    assert count(store, long, nonce, 2, RULE) is ACCEPTED
    for nc in (3, 4):
        pass_time(store, clock, 290)
        for each in (short, long):
            assert count(store, each, each.issue(), 1, RULE) is ACCEPTED
        assert count(store, long, nonce, 2, RULE) is Verdict.REPLAYED
        assert count(store, long, nonce, nc, RULE) is ACCEPTED


def test_one_that_only_counts_on(open_store):
    """The longer lifetime holds also where no nonce is begun by those who have it."""
    store, clock = open_store(100), Clock()
    short, long = source_for(store, clock, 300), source_for(store, clock, 600)
    nonce = short.issue()
    assert count(store, short, nonce, 1, RULE) is ACCEPTED
    for nc in (2, 3):
        assert count(store, long, nonce, nc, RULE) is ACCEPTED
        pass_time(store, clock, 290)
        assert count(store, short, short.issue(), 1, RULE) is ACCEPTED
    assert count(store, long, nonce, 4, RULE) is ACCEPTED


@pytest.mark.parametrize("used_before", [True, False])
def test_what_arrived_in_time(open_store, used_before):
    """A count whose head came at the end of the life is good up to the end of the overtime, and good once."""
    store, clock = open_store(1000), Clock()
    nonces = source_for(store, clock, 300, overtime=900)
    nonce = nonces.issue()
    if used_before:
        assert count(store, nonces, nonce, 1, RULE) is ACCEPTED
    pass_time(store, clock, 299)
    arrived = nonces.now()
    for _ in range(15):
        pass_time(store, clock, 60)
        assert count(store, nonces, nonces.issue(), 1, RULE) is ACCEPTED
    assert count(store, nonces, nonce, 2, RULE) is Verdict.EXPIRED
    assert count(store, nonces, nonce, 2, RULE, arrived) is ACCEPTED
    assert count(store, nonces, nonce, 2, RULE, arrived) is Verdict.REPLAYED
    assert count(store, nonces, nonce, 1, RULE, arrived) is (Verdict.REPLAYED if used_before else ACCEPTED)
    pass_time(store, clock, 2)
    assert count(store, nonces, nonce, 3, RULE, arrived) is Verdict.EXPIRED


@pytest.mark.parametrize("counted", [1, 2])
def test_what_was_forgotten_meanwhile(open_store, counted):
    """A head that came in time helps nobody whose counts were dropped: stale, whether or not the count was used."""
    store, clock = open_store(1), Clock()
    patient, hasty = source_for(store, clock, 300, overtime=900), source_for(store, clock, 300)
    nonce = hasty.issue()
    assert count(store, hasty, nonce, 1, RULE) is ACCEPTED
    pass_time(store, clock, 299)
    arrived = patient.now()
    for _ in range(10):
        pass_time(store, clock, 80)
        assert count(store, hasty, hasty.issue(), 1, RULE) is ACCEPTED
    assert count(store, patient, nonce, counted, RULE, arrived) is Verdict.FORGOTTEN


def test_a_first_use_late_in_the_longer_life(open_store):
    """What is over for those with a short lifetime casts no doubt on a nonce that one with a long lifetime issued."""
    store, clock = open_store(100), Clock()
    short, long = source_for(store, clock, 60), source_for(store, clock, 600)
    assert count(store, long, long.issue(), 1, RULE) is ACCEPTED
    late = long.issue()
    for _ in range(5):
        assert count(store, short, short.issue(), 1, RULE) is ACCEPTED
        pass_time(store, clock, 110)
    assert count(store, short, short.issue(), 1, RULE) is ACCEPTED
    assert count(store, long, late, 1, RULE) is ACCEPTED
    assert count(store, long, late, 1, RULE) is Verdict.REPLAYED


@pytest.mark.parametrize("name", [name for name in STORES if name not in [*IN_PROCESS]])
def test_a_lifetime_that_nobody_has_any_more(name):
    """It holds the nonces of others no longer than once its own length."""
    store, clock = OPENERS[name](100), Clock()
    long = source_for(store, clock, 3600)
    assert count(store, long, long.issue(), 1, RULE) is ACCEPTED
    store = reopened(store, 100)
    short = source_for(store, clock, 60)
    between = short.issue()
    assert count(store, short, between, 1, RULE) is ACCEPTED
    pass_time(store, clock, 3700)
    assert count(store, short, short.issue(), 1, RULE) is ACCEPTED
    pass_time(store, clock, 3700)
    nonce = short.issue()
    assert count(store, short, nonce, 1, RULE) is ACCEPTED
    # Two minutes later the last one is over for good, even for who would ask for longer.
    pass_time(store, clock, 200)
    assert count(store, short, short.issue(), 1, RULE) is ACCEPTED
    assert count(store, source_for(store, clock, 3600), nonce, 2, RULE) is Verdict.FORGOTTEN


@pytest.mark.live
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ahead", [-3600, -200, -30, 30, 200, 3600])
def test_a_host_whose_clock_is_off(kind, ahead):
    """Clients of the hosts beside it keep their nonces but for one now and then, and no count passes twice."""
    store, right, off = RedisFromAnyThread(kind=kind), Clock(), Clock()
    off.now += ahead
    used: list[tuple[Clock, bytes]] = []
    nonce, nc, stale = source_for(store, right).issue(), 0, 0
    for number in range(40):
        nc += 1
        if count(store, source_for(store, right, 10_000), nonce, nc, RULE) is not ACCEPTED:
            nonce, nc, stale = source_for(store, right).issue(), 0, stale + 1
        for clock in (right, off):
            used.append((clock, source_for(store, clock).issue()))
            count(store, source_for(store, clock), used[-1][1], 1, RULE)
        for clock, old in used[-4 - 7 * (number % 5) :: 7]:
            assert count(store, source_for(store, clock), old, 1, RULE) is not ACCEPTED
        pass_time(store, right, 20)
        off.now += 20
    assert stale <= 3
