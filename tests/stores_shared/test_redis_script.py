"""The script against the sequence rules in Python."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest_http.httpauth.sequence import MAX_NC, ReplayDetect, SequenceDetect
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


@pytest.mark.parametrize("kind", KINDS)
@example(window_and_counts=(8, [*range(1, 9), 10, 9]))
@given(window_and_counts=windows_and_counts())
@settings(max_examples=100)
def test_lua_and_python_agree(kind, window_and_counts):
    """Whatever the order of counts, the script's verdicts are those of the rule."""
    window, counts = window_and_counts
    rule = ReplayDetect(window) if window else SequenceDetect()
    store = RedisFromAnyThread(kind=kind)
    nonces = source_for(store, Clock())
    nonce_id, epoch = nonces.recognise(nonces.issue()) or (0, b"")
    state = 0
    for nc in counts:
        verdict, state = rule.advance(state, nc)
        assert store.advance(nonce_id, epoch, nc, rule, nonces.now(), lifetime=nonces.lifetime) is verdict
