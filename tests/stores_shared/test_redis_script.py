"""The script against the sequence rules in Python."""

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest_http.httpauth.nonce_ids import issued_at
from digest_http.httpauth.sequence import MAX_NC, NC_BITS, PLACES, WINDOW_BITS, ReplayDetect, SequenceDetect
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
        bucket = issued_at(self.id) >> BUCKET_BITS
        key = b"{%b}:%b:%b:%d" % (self.store.prefix.encode(), LAYOUT, self.epoch, bucket)
        return self.store.command("HGET", key, self.id.to_bytes(20, "big"))


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
