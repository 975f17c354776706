"""What a fleet takes from the server that keeps its counts: the model of docs/capacity.md, in its terms.

S   seconds of the server's processor that a script costs, however many steps are in it
s   seconds that each step in it costs besides
b   steps in a script
t   = S + b s, the script's time
L   seconds of a script's round trip that are not the server's: network, client library, event loop

The server works on one script at a time. A worker has one script under way, and sends with the next one what has come
together meanwhile, TOGETHER steps at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from digest_http.stores.redis import TOGETHER

__all__ = ["Costs", "Load", "Plan", "fitted", "most", "plan"]

#: By how much one guess of the steps in a script differs from the next.
_FINER: Final = 1.01

#: Of a determinant: less is rounding.
_NOTHING: Final = 1e-9


@dataclass(frozen=True)
class Costs:
    """S and s, in seconds."""

    script: float
    step: float

    def of(self, together: float) -> float:
        """t: a script with so many steps."""
        return self.script + together * self.step

    def each(self, together: float) -> float:
        """What a step costs the server where so many share a script: S / b + s."""
        return self.script / together + self.step


@dataclass(frozen=True)
class Load:
    """What was measured: scripts and steps that a server ran, and seconds of its processor for them."""

    scripts: int
    steps: int
    seconds: float

    @property
    def together(self) -> float:
        """b, on average."""
        return self.steps / self.scripts

    @property
    def each(self) -> float:
        """Seconds of the server's processor for a step."""
        return self.seconds / self.steps


@dataclass(frozen=True)
class Plan:
    """A fleet at a rate of steps: b, the share of one core that the server needs, seconds that a step waits."""

    together: float
    share: float
    delay: float


def fitted(loads: Sequence[Load]) -> Costs:
    """The costs that come closest to some loads, by least squares of the relative errors.

    Raises ValueError if all have the same number of steps in a script: then one cost cannot be told from the other.
    """
    # Each load says 1 = S x + s y, with x = 1 / (b m) and y = 1 / m, where m is what a step cost.
    points = [(1 / (load.together * load.each), 1 / load.each) for load in loads]
    xx, xy, yy = (sum(x * x for x, _ in points), sum(x * y for x, y in points), sum(y * y for _, y in points))
    determinant = xx * yy - xy * xy
    if determinant <= _NOTHING * xx * yy:
        raise ValueError("loads with the same number of steps in a script do not tell S from s")
    x, y = sum(x for x, _ in points), sum(y for _, y in points)
    return Costs((x * yy - y * xy) / determinant, (y * xx - x * xy) / determinant)


def most(costs: Costs, together: float = TOGETHER) -> float:
    """Steps a second that one core bears at most, with so many in each script."""
    return 1 / costs.each(together)


def plan(costs: Costs, workers: int, rate: float, trip: float) -> Plan | None:
    """What a fleet of so many workers needs for `rate` steps a second of all of them; None if one server is too slow.

    `trip` is L. Scripts queue up as in M/D/1, so one takes L + t + t u / (2 (1 - u)), where u is the share of the core.
    A worker's next script holds what comes in that time: b is the least number for which that is true.
    """
    guesses = [1.0]
    while guesses[-1] < TOGETHER:
        guesses.append(min(guesses[-1] * _FINER, TOGETHER))
    for together in guesses:
        share = rate * costs.each(together)
        if share >= 1:
            continue
        took = trip + costs.of(together) * (1 + share / (2 * (1 - share)))
        if rate / workers * took <= together:
            # A step waits for half of the script before its own, if there is one under way, and then for its own.
            waits = min(rate / workers * took, 1) * took / 2
            return Plan(together, share, waits + took)
    return None
