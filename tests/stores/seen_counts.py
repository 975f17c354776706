"""What a rule must answer, in the words of its definition: a set of counts, whatever rules have looked at it before."""

from __future__ import annotations

from itertools import islice

from digest_http.httpauth.sequence import MAX_NC, PLACES, SequenceRule
from digest_http.httpauth.verdict import Verdict


class SeenCounts:
    """The counts of one nonce that were accepted, and those of which it is no longer known whether they were."""

    def __init__(self) -> None:
        self.highest = 0
        self.seen: set[int] = set()
        #: Up to this one all count as seen, but for those that have a place: they fell out of a window.
        self.unknown = 0
        #: The last counts that fell out of a window and were not seen.
        self.places: list[int] = []

    def judge(self, rule: SequenceRule, nc: int) -> Verdict:
        """The verdict of a rule; what it accepts is noted."""
        verdict = self._verdict(rule.window, nc)
        if verdict is Verdict.ACCEPTED:
            places = self._places_at(rule.window, self.highest)
            self.places = [count for count in places if count != nc] if rule.window else []
            self.unknown = max(self.unknown, self.highest - rule.window)
            self.seen.add(nc)
            self.highest = max(self.highest, nc)
            self.places = self._places_at(rule.window, self.highest)
            self.unknown = max(self.unknown, self.highest - rule.window)
        return verdict

    def _places_at(self, window: int, highest: int) -> list[int]:
        """Which counts have a place once `highest` is the highest of a window."""
        if not window:
            return []
        leave = (count for count in range(highest - window, self.unknown, -1) if count not in self.seen)
        return [*self.places, *reversed(list(islice(leave, PLACES)))][-PLACES:]

    def _verdict(self, window: int, nc: int) -> Verdict:
        if nc == self.highest + 1 or (window and nc > self.highest):
            return Verdict.ACCEPTED
        if self.highest == MAX_NC:
            return Verdict.ENDED
        if not window:
            return Verdict.REPLAYED if nc <= self.highest else Verdict.OUT_OF_SEQUENCE
        if nc in self._places_at(window, self.highest):
            return Verdict.ACCEPTED
        if self.highest - nc >= window:
            return Verdict.OUT_OF_SEQUENCE
        return Verdict.REPLAYED if nc in self.seen or nc <= self.unknown else Verdict.ACCEPTED
