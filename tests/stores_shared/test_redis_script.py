"""The script against the sequence rules in Python."""

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest_http.httpauth.nonce_ids import issued_at
from digest_http.httpauth.sequence import MAX_NC, NC_BITS, PLACES, WINDOW_BITS, ReplayDetect, SequenceDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import redis
from digest_http.stores.redis_script import BUCKET_BITS, LAYOUT
from tests.stores.nonce_stores import Clock, source_for
from tests.stores_shared.redis_opener import RedisFromAnyThread
from tests.stores_shared.redis_servers import KINDS

pytestmark = pytest.mark.live


@st.composite
def windows_and_counts(draw):
    """A window, and counts that go round its ring a few times, or stand at the very end."""
    window = draw(st.sampled_from([0, 1, 7, 8, 9, 16, 64, 130]))
    near = st.integers(1, 3 * window + 5)
    return window, draw(st.lists(st.one_of(near, near, near, st.integers(MAX_NC - 3, MAX_NC)), min_size=1, max_size=40))


def meaning(state):
    """What a state of the rules says: window, highest count, those inside the window not seen, those with a place."""
    window = state & (1 << WINDOW_BITS) - 1
    mask, top = state >> WINDOW_BITS, state >> WINDOW_BITS + window
    highest, places = top & MAX_NC, []
    while top := top >> NC_BITS:
        places.append(top & MAX_NC)
    inside = range(max(highest - window + 1, 1), highest)
    return window, highest, [nc for nc in inside if not mask >> highest - nc & 1], places[::-1]


def meaning_on_the_server(value):
    """The same of what the script keeps."""
    window, highest = struct.unpack_from(">HI", value)
    octets = (window + 7) // 8
    ring, places = value[6 : 6 + octets], value[6 + octets :]
    inside = range(max(highest - window + 1, 1), highest)
    unseen = [nc for nc in inside if not ring[nc % (octets * 8) // 8] >> nc % 8 & 1]
    return window, highest, unseen, [nc for (nc,) in struct.iter_unpack(">I", places)]


def kept(store, nonce_id, epoch):
    """The state of a nonce as the server has it."""
    bucket = issued_at(nonce_id) >> BUCKET_BITS
    key = b"{%b}:%b:%b:%d" % (store.prefix.encode(), LAYOUT, epoch, bucket)
    return store.command("HGET", key, nonce_id.to_bytes(20, "big"))


class Both:
    """One nonce, counted on the server and by the rules."""

    def __init__(self, kind):
        self.store = RedisFromAnyThread(kind=kind)
        self.nonces = source_for(self.store, Clock())
        self.id, self.epoch = self.nonces.recognise(self.nonces.issue()) or (0, b"")
        self.state = 0

    def count(self, window, nc):
        """One count under one rule: the verdicts agree, and so does what is kept."""
        rule = ReplayDetect(window) if window else SequenceDetect()
        verdict, self.state = rule.advance(self.state, nc)
        now, lifetime = self.nonces.now(), self.nonces.lifetime
        assert self.store.advance(self.id, self.epoch, nc, rule, now, lifetime=lifetime) is verdict
        value = self.kept()
        assert (value is None) == (self.state == 0)
        if value is not None:
            named, *there = meaning_on_the_server(value)
            here = meaning(self.state)
            assert there == [*here[1:]]
            # Where nothing is missing, the rule keeps no window (httpauth.sequence).
            assert here[0] == named or (here[0] == 0 and there[1:] == [[], []])

    def kept(self):
        """The state as the server has it."""
        return kept(self.store, self.id, self.epoch)


@pytest.mark.parametrize("kind", KINDS)
@example(window_and_counts=(8, [*range(1, 9), 10, 9]))
@example(window_and_counts=(9, [1, *range(3, 40), 2, 2, 50, 45]))
@example(window_and_counts=(1, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 2, 4, 18, 18, 6, 21]))
@example(window_and_counts=(130, [1, 1000, 863, 862, 870, 870, MAX_NC, 864]))
@given(window_and_counts=windows_and_counts())
@settings(max_examples=100)
def test_lua_and_python_agree(kind, window_and_counts):
    """Whatever the order of counts, the script's verdicts are those of the rule."""
    window, counts = window_and_counts
    both = Both(kind)
    for nc in counts:
        both.count(window, nc)


@pytest.mark.parametrize("kind", KINDS)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0, 1, 7, 8, 9, 64, 130, 130, 4096]), st.integers(1, 30) | st.integers(1, 400)),
        max_size=40,
    )
)
@example(steps=[(7, 20), (0, 21), (7, 13), (7, 22)])
@example(steps=[(64, 200), (130, 129), (1, 201), (64, 137), (4096, 138), (7, 250), (7, 243)])
@settings(max_examples=50, deadline=None)
def test_under_windows_that_change(kind, steps):
    """The same when each count is judged under a window of its own."""
    both = Both(kind)
    for window, nc in steps:
        both.count(window, nc)


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_on_the_server_stays_small(kind):
    """The window's name, the highest count, a bit for each count inside the window, and four octets a place."""
    both = Both(kind)
    for nc in range(1, 300, 2):
        both.count(128, nc)
    value = both.kept()
    assert value is not None
    assert len(value) == 6 + 16 + 4 * PLACES


_commands = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 20), st.sampled_from([0, 3, 8, 8])), min_size=1, max_size=9
)


@pytest.mark.parametrize("kind", KINDS)
@given(commands=st.lists(_commands, max_size=6))
@example(commands=[[(0, 1, 8), (0, 1, 8), (1, 1, 8), (0, 2, 8), (2, 3, 8), (2, 1, 3)], [(2, 1, 8), (2, 2, 8)]])
@settings(max_examples=50, deadline=None)
def test_steps_of_one_command(kind, commands):
    """Nonces of two buckets, each counted several times: as if one step came after the other."""
    store, clock = RedisFromAnyThread(kind=kind), Clock()
    nonces, ids, states = source_for(store, clock), [], [0] * 4
    for _ in states:
        ids.append((nonces.recognise(nonces.issue()) or (0, b""))[0])
        clock.now += 10
    for command in commands:
        steps, verdicts = [], []
        for which, nc, window in command:
            rule = ReplayDetect(window) if window else SequenceDetect()
            steps.append((ids[which], store.epoch, nc, rule, nonces.now()))
            verdict, states[which] = rule.advance(states[which], nc)
            verdicts.append(verdict)
        assert store.advance_together(steps, nonces.lifetime) == verdicts
        for nonce_id, state in zip(ids, states, strict=True):
            value = kept(store, nonce_id, store.epoch)
            assert (value is None) == (state == 0)
            if value is not None:
                assert meaning_on_the_server(value)[1:] == meaning(state)[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_an_epoch_that_begins_within_a_command(kind, monkeypatch):
    """What comes after it in the same command is forgotten, and so is what came before, from then on."""
    both = Both(kind)
    store, epoch, now = both.store, both.epoch, both.nonces.now()
    both.count(8, 1)
    fresh = (both.nonces.recognise(both.nonces.issue()) or (0, b""))[0]
    # As if all that a worker with this clock may issue were over.
    store.command("HSET", f"{{{store.prefix}}}:{LAYOUT.decode()}:life", "floor", now >> BUCKET_BITS)
    monkeypatch.setattr(redis, "new_epoch", lambda: b"ffffffff")
    # The last one names the epoch that has yet to begin, as nobody can know.
    steps = [(both.id, epoch, 2), (fresh, epoch, 1), (both.id, epoch, 3), (fresh, b"ffffffff", 1)]
    known = [(*step, ReplayDetect(8), now) for step in steps]
    assert store.advance_together(known, both.nonces.lifetime) == [Verdict.ACCEPTED] + [Verdict.FORGOTTEN] * 3
    assert store.epoch == b"ffffffff"
    assert store.advance_together(known, both.nonces.lifetime) == [Verdict.FORGOTTEN] * 3 + [Verdict.ACCEPTED]
