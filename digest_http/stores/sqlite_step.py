"""One step of the SQLite store: what is asked, what is kept, and the function that SQL calls between the two."""

from __future__ import annotations

from typing import Final, NamedTuple

from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import FORGOTTEN

__all__ = ["ID_OCTETS", "Judge", "Life", "Step", "packed"]

ID_OCTETS: Final = 20


class Step(NamedTuple):
    """What advance() is asked, as it goes into the file. Times in microseconds."""

    key: bytes
    epoch: bytes
    nc: int
    rule: SequenceRule
    now: int
    lifetime: int


class Judge:
    """The SQL function judge(state): the next state of one that is kept; the verdict goes to the side.

    An object of its own: SQLite would keep a store alive whose method it holds.
    """

    def __init__(self) -> None:
        self.step: Step | None = None
        self.verdict = FORGOTTEN

    def __call__(self, state: bytes) -> bytes:
        """The next state; called by SQLite."""
        step = self.step
        if step is None:
            self.verdict = FORGOTTEN
            return state
        self.verdict, number = step.rule.advance(int.from_bytes(state, "big"), step.nc)
        return packed(number)


class Life(NamedTuple):
    """The row of the table `memory` (sqlite_file.py). Times in microseconds."""

    epoch: bytes
    floor: int
    longest: int
    asked: int
    live: int

    def asked_by(self, step: Step) -> Life:
        """With the longest lifetime of those who count here, once this one is among them.

        One that nobody has had for as long as it is no longer holds the nonces of others.
        """
        if step.lifetime < self.longest and step.now <= self.asked + self.longest:
            return self
        return self._replace(longest=step.lifetime, asked=step.now)


def packed(state: int) -> bytes:
    """A rule's state as it is kept."""
    return state.to_bytes((state.bit_length() + 7) // 8, "big")
