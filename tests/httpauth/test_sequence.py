"""The rules of the nonce count, against a naive oracle that remembers every count."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import ConfigurationError
from digest_http.httpauth.sequence import (
    DEFAULT_WINDOW,
    MAX_NC,
    MAX_WINDOW,
    WINDOW_BITS,
    ReplayDetect,
    SequenceDetect,
    SequenceRule,
    sequence_rule,
)
from digest_http.httpauth.verdict import Verdict
from tests.stores.seen_counts import SeenCounts

# Counts come near each other, near the end, and now and then from anywhere.
counts = st.one_of(st.integers(1, 20), st.integers(MAX_NC - 12, MAX_NC), st.integers(1, MAX_NC))


def run(rule, *several, state=0):
    """The verdicts of several counts one after the other."""
    verdicts = []
    for nc in several:
        verdict, state = rule.advance(state, nc)
        verdicts.append(verdict)
    return verdicts


def naive_window(window, seen, nc):
    """REPLAY_DETECT in the words of its definition: once each, and not `window` or more behind the highest."""
    highest = max(seen, default=0)
    if nc > highest:
        return Verdict.ACCEPTED
    if highest == MAX_NC:
        return Verdict.ENDED
    if highest - nc >= window:
        return Verdict.OUT_OF_SEQUENCE
    return Verdict.REPLAYED if nc in seen else Verdict.ACCEPTED


def naive_strict(seen, nc):
    """SEQUENCE_DETECT in the words of its definition: one more than the last."""
    last = max(seen, default=0)
    if nc == last + 1:
        return Verdict.ACCEPTED
    if last == MAX_NC:
        return Verdict.ENDED
    return Verdict.REPLAYED if nc <= last else Verdict.OUT_OF_SEQUENCE


@given(st.integers(1, 9) | st.sampled_from([64, 128, MAX_WINDOW]), st.lists(counts))
def test_window_agrees_with_the_oracle(window, several):
    """Every verdict is the oracle's, and a refusal leaves the state as it was."""
    rule, state = ReplayDetect(window), 0
    seen: set[int] = set()
    for nc in several:
        verdict, after = rule.advance(state, nc)
        assert verdict is naive_window(window, seen, nc)
        if verdict is Verdict.ACCEPTED:
            seen.add(nc)
        else:
            assert after == state
        state = after


@given(st.lists(st.integers(1, 5) | counts))
def test_strict_agrees_with_the_oracle(several):
    """The same for SEQUENCE_DETECT."""
    rule, state = SequenceDetect(), 0
    seen: set[int] = set()
    for nc in several:
        verdict, after = rule.advance(state, nc)
        assert verdict is naive_strict(seen, nc)
        if verdict is Verdict.ACCEPTED:
            seen.add(nc)
        else:
            assert after == state
        state = after


rules = st.one_of(
    st.just(SequenceDetect()),
    st.integers(1, 9).map(ReplayDetect),
    st.sampled_from([64, 128, MAX_WINDOW]).map(ReplayDetect),
)


@given(st.lists(st.tuples(rules, counts), max_size=60))
def test_rules_that_take_turns(several):
    """Whoever wrote the state, the verdict is that of the set of counts seen; none is accepted twice."""
    state, model, accepted = 0, SeenCounts(), set()
    for rule, nc in several:
        verdict, after = rule.advance(state, nc)
        assert verdict is model.judge(rule, nc), (rule, nc)
        if verdict is Verdict.ACCEPTED:
            assert nc not in accepted
            accepted.add(nc)
        else:
            assert after == state
        state = after


@pytest.mark.parametrize("window", [1, 2, 3, 4])
def test_every_short_history(window):
    """All histories of four small counts, each verdict against the oracle."""
    rule = ReplayDetect(window)
    for several in product(range(1, 7), repeat=4):
        seen: set[int] = set()
        state = 0
        for nc in several:
            verdict, state = rule.advance(state, nc)
            assert verdict is naive_window(window, seen, nc), several
            seen |= {nc} if verdict is Verdict.ACCEPTED else set()


def test_every_short_history_of_rules_that_take_turns():
    """All histories of three small counts under rules that change: what the state does not know as unseen is seen."""
    several_rules: list[SequenceRule] = [SequenceDetect(), ReplayDetect(1), ReplayDetect(2), ReplayDetect(4)]
    for history in product(product(several_rules, range(1, 6)), repeat=3):
        state, model = 0, SeenCounts()
        for rule, nc in history:
            verdict, state = rule.advance(state, nc)
            assert verdict is model.judge(rule, nc), history


@pytest.mark.parametrize(
    ("first", "seen", "then", "nc", "verdict"),
    [
        (ReplayDetect(64), [200], ReplayDetect(128), 137, Verdict.ACCEPTED),
        (ReplayDetect(64), [200], ReplayDetect(128), 136, Verdict.REPLAYED),
        (ReplayDetect(128), [200], ReplayDetect(64), 137, Verdict.ACCEPTED),
        (ReplayDetect(128), [200], ReplayDetect(64), 136, Verdict.OUT_OF_SEQUENCE),
        (SequenceDetect(), [1, 2, 3], ReplayDetect(128), 2, Verdict.REPLAYED),
        (SequenceDetect(), [1, 2, 3], ReplayDetect(128), 5, Verdict.ACCEPTED),
        (ReplayDetect(128), [1, 7], SequenceDetect(), 2, Verdict.REPLAYED),
        (ReplayDetect(128), [1, 7], SequenceDetect(), 8, Verdict.ACCEPTED),
        (ReplayDetect(128), [MAX_NC], SequenceDetect(), MAX_NC, Verdict.ENDED),
    ],
)
def test_a_rule_reads_the_state_of_another(first, seen, then, nc, verdict):
    """What the first did not tell apart counts as seen; what both tell apart is still good."""
    state = 0
    for each in seen:
        _, state = first.advance(state, each)
    assert then.advance(state, nc)[0] is verdict


@given(st.lists(counts, max_size=30), st.integers(1, MAX_WINDOW))
def test_state_stays_small(several, window):
    """A state is one number of 32 bits, the window and its name, whatever gap a client leaves."""
    rule, state = ReplayDetect(window), 0
    for nc in several:
        _, state = rule.advance(state, nc)
        assert state.bit_length() <= 32 + window + WINDOW_BITS


def test_window_edges():
    """The last count inside the window and the first outside."""
    rule = ReplayDetect(128)
    assert run(rule, 200, 73, 72) == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.OUT_OF_SEQUENCE]
    assert run(rule, 128, 1, 1) == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REPLAYED]
    assert run(rule, 129, 1) == [Verdict.ACCEPTED, Verdict.OUT_OF_SEQUENCE]


def test_a_jump_past_the_window_forgets_nothing():
    """After a gap larger than the window all older counts are outside, and the new one counts as seen."""
    assert run(ReplayDetect(4), 1, 1000, 1000, 999, 996, 1001) == [
        Verdict.ACCEPTED,
        Verdict.ACCEPTED,
        Verdict.REPLAYED,
        Verdict.ACCEPTED,
        Verdict.OUT_OF_SEQUENCE,
        Verdict.ACCEPTED,
    ]


def test_the_last_count_ends_the_nonce():
    """A12: after ffffffff nothing more is accepted; it never wraps."""
    assert run(ReplayDetect(), MAX_NC, 1, MAX_NC - 1, MAX_NC) == [Verdict.ACCEPTED, *[Verdict.ENDED] * 3]
    assert run(SequenceDetect(), MAX_NC, 1, MAX_NC, state=MAX_NC - 1 << WINDOW_BITS) == [
        Verdict.ACCEPTED,
        *[Verdict.ENDED] * 2,
    ]


def test_strict_begins_with_one():
    """The first count of a strict nonce is 1; of a windowed one it may be any (requests overtake each other)."""
    assert run(SequenceDetect(), 2, 1, 2) == [Verdict.OUT_OF_SEQUENCE, Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert run(ReplayDetect(), 2, 1) == [Verdict.ACCEPTED, Verdict.ACCEPTED]


def test_settings():
    """The words of the setting make the rules; a window that cannot work is refused."""
    window = sequence_rule("window")
    assert isinstance(window, ReplayDetect)
    assert window.window == DEFAULT_WINDOW == 128
    assert repr(window) == "ReplayDetect(window=128)"
    assert repr(sequence_rule("strict")) == "SequenceDetect()"
    for window_size in (0, -1, MAX_WINDOW + 1):
        with pytest.raises(ConfigurationError, match="window"):
            sequence_rule("window", window_size)
    with pytest.raises(ConfigurationError, match="strict"):
        sequence_rule("loose")


def test_refusals_by_count_are_stale():
    """A client whose count will not do gets a new nonce without asking its user again (A09: never a dead end)."""
    assert all(verdict.stale for verdict in (Verdict.REPLAYED, Verdict.OUT_OF_SEQUENCE, Verdict.ENDED))
