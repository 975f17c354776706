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
    NC_BITS,
    PLACES,
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


class NaiveWindow:
    """REPLAY_DETECT in the words of its definition: each count once, unless it left the window and has no place."""

    def __init__(self, window):
        self.window, self.seen, self.places = window, set(), []

    def judge(self, nc):
        """The verdict, with a set of all counts accepted and a list of those that left unseen."""
        highest = max(self.seen, default=0)
        inside = nc > highest - self.window
        if nc <= highest and highest == MAX_NC:
            return Verdict.ENDED
        if nc in self.seen and inside:
            return Verdict.REPLAYED
        if not inside and nc not in self.places:
            return Verdict.OUT_OF_SEQUENCE
        if not inside:
            self.places.remove(nc)
        # No more than the last eight of those that leave now can stay; a jump may make milliards leave.
        left: list[int] = []
        for count in range(nc - self.window, max(highest - self.window, 0), -1):
            if count not in self.seen and len(left) < 8:
                left.insert(0, count)
            if len(left) == 8:
                break
        self.places = [*self.places, *left][-8:]
        self.seen.add(nc)
        return Verdict.ACCEPTED


def naive_strict(seen, nc):
    """SEQUENCE_DETECT in the words of its definition: one more than the last."""
    last = max(seen, default=0)
    if nc == last + 1:
        return Verdict.ACCEPTED
    if last == MAX_NC:
        return Verdict.ENDED
    return Verdict.REPLAYED if nc <= last else Verdict.OUT_OF_SEQUENCE


@pytest.mark.obeys("nc-is-good-once")
@given(st.integers(1, 9) | st.sampled_from([64, 128, MAX_WINDOW]), st.lists(counts))
def test_window_agrees_with_the_oracle(window, several):
    """Every verdict is the oracle's, and a refusal leaves the state as it was."""
    rule, state, oracle, accepted = ReplayDetect(window), 0, NaiveWindow(window), set()
    for nc in several:
        verdict, after = rule.advance(state, nc)
        assert verdict is oracle.judge(nc)
        if verdict is Verdict.ACCEPTED:
            assert nc not in accepted
            accepted.add(nc)
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
        state, oracle = 0, NaiveWindow(window)
        for nc in several:
            verdict, state = rule.advance(state, nc)
            assert verdict is oracle.judge(nc), several


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
        (ReplayDetect(64), [200], ReplayDetect(128), 129, Verdict.ACCEPTED),
        (ReplayDetect(64), [200], ReplayDetect(128), 128, Verdict.REPLAYED),
        (ReplayDetect(64), [200, 129], ReplayDetect(128), 129, Verdict.REPLAYED),
        (ReplayDetect(128), [200], ReplayDetect(64), 137, Verdict.ACCEPTED),
        (ReplayDetect(128), [200], ReplayDetect(64), 129, Verdict.ACCEPTED),
        (ReplayDetect(128), [200], ReplayDetect(64), 128, Verdict.OUT_OF_SEQUENCE),
        (ReplayDetect(128), [200, 72], ReplayDetect(64), 72, Verdict.OUT_OF_SEQUENCE),
        (ReplayDetect(128), [*range(1, 72), *range(73, 201)], ReplayDetect(1), 72, Verdict.ACCEPTED),
        (ReplayDetect(1), [*range(1, 72), 73], ReplayDetect(4096), 72, Verdict.ACCEPTED),
        (ReplayDetect(1), [*range(1, 72), 73], ReplayDetect(4096), 71, Verdict.REPLAYED),
        (ReplayDetect(1), [1, 3], SequenceDetect(), 2, Verdict.REPLAYED),
        (ReplayDetect(1), [1, 3], SequenceDetect(), 4, Verdict.ACCEPTED),
        (ReplayDetect(1), [1, MAX_NC], SequenceDetect(), MAX_NC - 1, Verdict.ENDED),
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
    """A state is one number: the window and its name, the highest count and eight more, whatever was left out."""
    rule, state = ReplayDetect(window), 0
    for nc in several:
        _, state = rule.advance(state, nc)
        assert state.bit_length() <= WINDOW_BITS + window + (1 + PLACES) * NC_BITS


def test_window_edges():
    """The last count inside the window and the first outside."""
    rule = ReplayDetect(128)
    assert run(rule, *range(1, 201), 73, 72) == [Verdict.ACCEPTED] * 200 + [Verdict.REPLAYED, Verdict.OUT_OF_SEQUENCE]
    assert run(rule, 200, 73, 64) == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.OUT_OF_SEQUENCE]
    assert run(rule, 128, 1, 1) == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REPLAYED]
    assert run(rule, 129, 1, 1) == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.OUT_OF_SEQUENCE]


def test_a_count_that_was_left_behind():
    """The request of a slow upload: accepted once, after hundreds of others, and the others are none the worse."""
    rule = ReplayDetect(128)
    others = [nc for nc in range(1, 1001) if nc != 2]
    verdicts = run(rule, *others, 2, 2, 1, 3, 1001)
    assert verdicts[:999] == [Verdict.ACCEPTED] * 999
    assert verdicts[999:] == [Verdict.ACCEPTED, *[Verdict.OUT_OF_SEQUENCE] * 3, Verdict.ACCEPTED]


@pytest.mark.parametrize("window", [1, 7, 128])
@pytest.mark.parametrize("left_behind", [1, PLACES, PLACES + 1, 20])
def test_as_many_as_there_are_places(window, left_behind):
    """The last of those left behind are accepted, each once, in any order; those before them are refused."""
    behind = range(2, 2 + left_behind)
    others = [1, *range(2 + left_behind, 3000)]
    state = 0
    for nc in others:
        verdict, state = ReplayDetect(window).advance(state, nc)
        assert verdict is Verdict.ACCEPTED
    good = set(behind[-PLACES:])
    for order in (behind, behind[::-1], [*behind[1::2], *behind[::2]]):
        verdicts = run(ReplayDetect(window), *order, *order, state=state)
        assert {nc for nc, verdict in zip(order, verdicts, strict=False) if verdict is Verdict.ACCEPTED} == good
        assert verdicts.count(Verdict.ACCEPTED) == len(good)
    # A place that was given back is free for the next.
    verdicts = run(ReplayDetect(window), behind[-1], 3001, *range(3002, 3200), behind[-1], 3000, state=state)
    assert verdicts[-2:] == [Verdict.OUT_OF_SEQUENCE, Verdict.ACCEPTED]


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 9) | st.just(128))
def test_a_reader_that_knows_of_no_places(several, window):
    """A worker of the version before, on the same file, accepts no count that was accepted: it takes none at all."""
    state, accepted = 0, set()
    for nc in several:
        verdict, state = ReplayDetect(window).advance(state, nc)
        accepted |= {nc} if verdict is Verdict.ACCEPTED else set()
    known = state & (1 << WINDOW_BITS) - 1
    highest, mask = state >> WINDOW_BITS + known, state >> WINDOW_BITS
    for nc in [*range(1, 420), MAX_NC]:
        ahead = nc > highest
        unseen = highest - known < nc <= highest and not mask >> highest - nc & 1
        if ahead or unseen:
            assert nc not in accepted
            assert highest <= MAX_NC


@given(st.permutations(range(1, 40)), st.sampled_from([39, 64, 128, MAX_WINDOW]))
def test_a_state_in_which_no_count_is_missing_is_short(several, window):
    """Whatever the order in which they came: it is the one that SequenceDetect writes, and both go on from there."""
    state = 0
    for number, nc in enumerate(several, 1):
        verdict, state = ReplayDetect(window).advance(state, nc)
        assert verdict is Verdict.ACCEPTED
        assert (state == number << WINDOW_BITS) is (max(several[:number]) == number)
    for rule in (ReplayDetect(window), ReplayDetect(window // 2), SequenceDetect()):
        assert run(rule, *several, 40, 40, state=state) == [
            *(Verdict.OUT_OF_SEQUENCE if 39 - nc >= rule.window > 0 else Verdict.REPLAYED for nc in several),
            Verdict.ACCEPTED,
            Verdict.REPLAYED,
        ]


@pytest.mark.parametrize("rule", [ReplayDetect(1), ReplayDetect(128), SequenceDetect()], ids=repr)
def test_a_nonce_whose_counts_all_came_in_order_has_ended(rule):
    """The last count of all is kept as any other, and nothing is good after it."""
    verdict, state = rule.advance(MAX_NC - 1 << WINDOW_BITS, MAX_NC)
    assert (verdict, state) == (Verdict.ACCEPTED, MAX_NC << WINDOW_BITS)
    for nc in (1, MAX_NC - 200, MAX_NC - 1, MAX_NC):
        assert rule.advance(state, nc) == (Verdict.ENDED, state)


def test_a_jump_past_the_window_forgets_nothing():
    """After a gap larger than the window all older counts are outside, and the new one counts as seen."""
    assert run(ReplayDetect(4), 1, 1000, 1000, 999, 996, 1001) == [
        Verdict.ACCEPTED,
        Verdict.ACCEPTED,
        Verdict.REPLAYED,
        Verdict.ACCEPTED,
        Verdict.ACCEPTED,
        Verdict.ACCEPTED,
    ]
    assert run(ReplayDetect(4), 1, 1000, 1, 2, 988, 989, 989) == [
        *[Verdict.ACCEPTED] * 2,
        *[Verdict.OUT_OF_SEQUENCE] * 3,
        Verdict.ACCEPTED,
        Verdict.OUT_OF_SEQUENCE,
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


@pytest.mark.obeys("nc-is-good-once")
def test_refusals_by_count_are_stale():
    """A client whose count will not do gets a new nonce without asking its user again (A09: never a dead end)."""
    assert all(verdict.stale for verdict in (Verdict.REPLAYED, Verdict.OUT_OF_SEQUENCE, Verdict.ENDED))
