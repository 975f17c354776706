"""One step of the SQLite store: what is asked, what is kept, and the function that SQL calls between the two."""

from __future__ import annotations

from typing import Final, NamedTuple

from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict

__all__ = ["ID_OCTETS", "WINDOW_OCTETS", "Judge", "Life", "Step", "packed"]

ID_OCTETS: Final = 20
WINDOW_OCTETS: Final = 2


class Step(NamedTuple):
    """What advance() is asked, as it goes into the file."""

    key: bytes
    epoch: bytes
    nc: int
    rule: SequenceRule
    window: bytes
    now: int


class Judge:
    """The SQL function judge(state): the next state of one that is kept; the verdict goes to the side.

    An object of its own: SQLite would keep a store alive whose method it holds.
    """

    def __init__(self) -> None:
        self.step: Step | None = None
        self.verdict = Verdict.FORGOTTEN

    def __call__(self, state: bytes) -> bytes:
        """The next state; called by SQLite."""
        step = self.step
        if step is None or state[:WINDOW_OCTETS] != step.window:
            # Counted under another policy: the mask means something else.
            self.verdict = Verdict.FORGOTTEN
            return state
        self.verdict, number = step.rule.advance(int.from_bytes(state[WINDOW_OCTETS:], "big"), step.nc)
        return packed(step.window, number)


class Life(NamedTuple):
    """The row of `life`."""

    epoch: bytes
    floor: int
    latest: int
    live: int


def packed(window: bytes, number: int) -> bytes:
    """A state as it is kept: the window it was counted under, and the rule's number."""
    return window + number.to_bytes((number.bit_length() + 7) // 8, "big")
