"""Interleaved rounds: every contender is timed in each round, and ratios are taken within a round.

Time is processor time of this thread, so waiting for a processor that others hold does not count. What they do to
caches and clock rate slows all contenders of a round alike, so it cancels; a median over many short rounds leaves out
those that were hit in the middle.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from time import thread_time
from typing import Final

__all__ = ["MICROSECOND", "Batch", "Prepare", "Series", "interleave", "median_of"]

MICROSECOND: Final = 1e-6

#: Does the work of one round.
Batch = Callable[[], object]

#: Makes what one round of that many calls needs (signed requests, say), outside of the timed part.
Prepare = Callable[[int], Batch]

#: Seconds a call, one figure a round.
Series = list[float]


def interleave(contenders: Mapping[str, Prepare], *, rounds: int, calls: int) -> dict[str, Series]:
    """Seconds a call of each contender in each round. The first round only warms up and is left out."""
    series: dict[str, Series] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds + 1):
        # Another one goes first in each round: whoever follows a large batch meets its cold caches.
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            batch = contenders[name](calls)
            seconds = _timed(batch) / calls
            if number:
                series[name].append(seconds)
    return series


def _timed(batch: Batch) -> float:
    # The collector stays on, as it is in a server, but what is alive before the batch (the requests made for it, other
    # contenders) is put out of its sight.
    gc.collect()
    gc.freeze()
    try:
        begin = thread_time()
        batch()
        return thread_time() - begin
    finally:
        gc.unfreeze()


def median_of(values: Iterable[float]) -> float:
    """The median; for ratios that were taken round by round."""
    return median(values)
