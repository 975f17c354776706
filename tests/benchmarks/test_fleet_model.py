"""The model of a fleet: what it says of loads whose answer is known."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.fleet_model import Costs, Load, fitted, most, plan
from digest_http.stores.redis import TOGETHER

COSTS = Costs(script=30e-6, step=3e-6)
TRIP = 500e-6

#: Those of the page.
TOLD = Costs(script=18e-6, step=2.4e-6)
PAGE = (Path(__file__).parents[2] / "docs" / "capacity.md").read_text(encoding="utf-8")


def load(scripts: int, together: int) -> Load:
    """What a server of these costs shows."""
    return Load(scripts, scripts * together, scripts * COSTS.of(together))


@pytest.mark.parametrize("loads", [[load(100, 1), load(7, 50)], [load(9, 4), load(9, 4), load(1, 64), load(50, 2)]])
def test_loads_tell_both_costs(loads):
    """And no more is needed to know another."""
    costs = fitted(loads)
    assert costs.script == pytest.approx(COSTS.script)
    assert costs.step == pytest.approx(COSTS.step)
    third = load(9, 16)
    assert costs.each(third.together) == pytest.approx(third.seconds / third.steps)


def test_one_kind_of_load_does_not():
    """With the same number of steps in each script the two costs are one."""
    with pytest.raises(ValueError, match="tell S from s"):
        fitted([load(100, 4), load(5, 4)])


def test_loads_that_do_not_agree_are_met_half_way():
    """The error is shared by all, in shares of what each costs."""
    dear = Load(100, 100, 2 * load(100, 1).seconds)
    costs = fitted([load(100, 1), dear, load(5, 50), load(5, 50)])
    assert load(100, 1).each < costs.each(1) < dear.each
    assert costs.each(50) == pytest.approx(load(5, 50).each)


def test_what_a_core_bears():
    """A script of one step costs both; a full one shares the first cost among all."""
    assert most(COSTS, 1) == pytest.approx(1 / 33e-6)
    assert most(COSTS) == pytest.approx(TOGETHER / 222e-6)


@pytest.mark.parametrize("workers", [1, 10, 100])
def test_an_idle_fleet_has_one_step_in_a_script(workers):
    """It waits for a round trip, and for hardly more."""
    found = plan(COSTS, workers, 10, TRIP)
    assert found is not None
    assert found.together == 1
    assert found.share == pytest.approx(10 * 33e-6)
    assert found.delay == pytest.approx(TRIP + 33e-6, rel=0.01)


@pytest.mark.parametrize("workers", [1, 10, 100])
def test_scripts_grow_with_the_load_and_then_it_is_too_much(workers):
    """More steps a second share more, wait longer and take more of the core, until no script is large enough."""
    found = [plan(COSTS, workers, rate, TRIP) for rate in range(100, 400_000, 5_000)]
    borne = [one for one in found if one is not None]
    assert borne
    assert found == borne + [None] * (len(found) - len(borne))
    for less, more in pairwise(borne):
        assert less.together <= more.together <= TOGETHER
        assert less.share < 1
    assert borne[-1].together > borne[0].together
    assert borne[-1].delay > borne[0].delay


def test_a_worker_alone_is_bound_by_its_round_trip():
    """It has one script under way: a fleet with more workers bears more, up to what the server does."""
    rate = 90_000
    assert plan(COSTS, 1, rate, 5 * TRIP) is None
    assert plan(COSTS, 100, rate, 5 * TRIP) is not None


@pytest.mark.parametrize(
    ("fleet", "workers", "rate", "told"),
    [
        ("1 worker at 1 000", 1, 1_000, "2 % | 1 | 0.7 ms"),
        ("10 workers at 100 each", 10, 1_000, "2 % | 1 | 0.5 ms"),
        ("10 workers at 1 000 each", 10, 10_000, "20 % | 1 | 0.7 ms"),
        ("100 workers at 100 each", 100, 10_000, "20 % | 1 | 0.5 ms"),
        ("100 workers at 500 each", 100, 50_000, "full | 1 | 2 ms"),
        ("100 workers at 1 000 each", 100, 100_000, "full | 2 | 3 ms"),
        ("100 workers at 3 000 each", 100, 300_000, "full | 20 | 8 ms"),
        ("100 workers at 4 000 each", 100, 400_000, "more than one server bears | |"),
    ],
)
def test_the_page_says_what_the_model_says(fleet, workers, rate, told):
    """Share of a core, steps in a script and delay of each fleet in its table."""
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {fleet}")]
    assert row.endswith(f"| {told} |")
    found = plan(TOLD, workers, rate, TRIP)
    if found is None:
        assert told.startswith("more")
        return
    share, together, delay = told.split(" | ")
    assert share == ("full" if found.share > 0.98 else f"{100 * found.share:.0f} %")
    assert together == f"{found.together:.0f}"
    assert delay == (f"{1000 * found.delay:.0f} ms" if share == "full" else f"{1000 * found.delay:.1f} ms")


def test_the_page_says_what_a_core_bears():
    """The rates at which it ends, in the words of the page."""
    rates = [f"{round(most(TOLD, together), -3):,.0f}".replace(",", " ") for together in (1, 4, 16, TOGETHER)]
    assert "{} with 1 step in a script, {} with 4, {} with\n  16, {} with 64".format(*rates) in PAGE
