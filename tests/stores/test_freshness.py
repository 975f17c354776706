"""How often challenges ask a store for its epoch, and how long they wait for it; with a clock moved by hand."""

from digest_http.stores.freshness import COMPARE_EVERY, FRESH, PATIENCE, Freshness
from tests.stores.nonce_stores import Clock


def made():
    """One, and its clock, at a moment when nothing is known."""
    clock = Clock()
    return Freshness(clock), clock


def test_an_answer_holds_for_a_second():
    """The first asks; from its answer on nobody waits, until the second is over."""
    freshness, clock = made()
    assert freshness.patience() == PATIENCE
    freshness.learnt()
    for _ in range(3):
        assert freshness.patience() == 0
    clock.now += FRESH
    assert freshness.patience() == PATIENCE


def test_steps_keep_it_fresh():
    """A busy worker learns the epoch with each step and never asks."""
    freshness, clock = made()
    for _ in range(100):
        freshness.learnt()
        clock.now += FRESH / 2
        assert freshness.patience() == 0


def test_silence_is_remembered():
    """All wait for one answer until one moment; after it nobody waits until the next second."""
    freshness, clock = made()
    assert freshness.patience() == PATIENCE
    clock.now += PATIENCE / 4
    assert abs(freshness.patience() - PATIENCE * 3 / 4) < 1e-6
    clock.now += PATIENCE
    assert freshness.patience() == 0
    clock.now += FRESH - PATIENCE * 5 / 4
    assert freshness.patience() == PATIENCE


def test_clocks_are_compared_now_and_then():
    """Once a minute where nobody asks for the epoch, and soon again if the question failed."""
    freshness, clock = made()
    assert [freshness.comparison_due() for _ in range(3)] == [True, False, False]
    clock.now += FRESH
    assert freshness.comparison_due()
    freshness.compared()
    clock.now += COMPARE_EVERY - 1
    assert not freshness.comparison_due()
    clock.now += 1
    assert freshness.comparison_due()
