"""The rules of the nonce count, pure: a state and an nc give a verdict and the next state.

Named after the SSPI flags. `ReplayDetect` lets requests overtake each other inside a window, as browsers make them;
`SequenceDetect` wants exactly the next count ("VerifySignature (Digest)": nc must be one more than the last).
A state is one int, so that a store keeps, compares and swaps one value. From its lowest bit up:

  WINDOW_BITS  the window w that it was counted under, or 0
  w bits       bit i is set when count highest-i was seen
  NC_BITS      the highest count seen
  the rest     NC_BITS for each count that left the window unseen, the last one lowest, PLACES of them at most

Such a count has a place: it is good once, however far behind it is. It is that of a request whose body is still on its
way while others go by. When a place is wanted and all are taken, the count that left the window first loses its own.

Window 0 means that every count up to the highest was seen. SequenceDetect knows nothing else. ReplayDetect writes that
too, as long as no count is missing: then a state is a small number, which costs less to keep and to count with. Every
rule takes the next count then, so a store in this process need not ask.

So a state says itself what it means, and each rule reads what another wrote: a count of which the state does not say
that it was not seen, counts as seen. A setting that changes costs a few counts and never lets one pass twice.
State 0 is a nonce of which nothing was seen. A reader that knows of no places takes them for a part of the highest
count; then no count is ahead of it, and none is accepted.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from digest_http.grammar import MAX_NC
from digest_http.settings import choice, number

from .verdict import ACCEPTED, ENDED, OUT_OF_SEQUENCE, REPLAYED, Verdict

__all__ = [
    "DEFAULT_WINDOW",
    "MAX_NC",
    "MAX_WINDOW",
    "NC_BITS",
    "PLACES",
    "WINDOW_BITS",
    "ReplayDetect",
    "SequenceDetect",
    "SequenceRule",
    "sequence_rule",
]

NC_BITS: Final = 32

#: Counts behind the highest that are still told apart: twice libmicrohttpd's, some twenty times what a browser's six
#: connections a host overtake in practice, and small enough for a state of 48 bytes.
DEFAULT_WINDOW: Final = 128

#: A larger window only costs memory; this keeps a state under a kilobyte.
MAX_WINDOW: Final = 4096

#: The bits of a state that name its window: room for MAX_WINDOW.
WINDOW_BITS: Final = 13

#: Counts that left the window unseen and are still good. Browsers and connection pools have six requests under way to
#: one host, so that even if all are slow uploads each has a place; they cost 32 octets.
PLACES: Final = 8

_SEQUENCES: Final = ("window", "strict")

_WINDOW: Final = (1 << WINDOW_BITS) - 1
_ALL_PLACES: Final = (1 << PLACES * NC_BITS) - 1


class SequenceRule(Protocol):
    """One policy of nonce counts."""

    @property
    def window(self) -> int:
        """Counts behind the highest that are told apart; 0: exactly the next count.

        That is all a store need know that judges on a server of its own, where it cannot call advance().
        """
        ...

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """Judge `nc` (1 to MAX_NC) against `state`, whatever rule wrote it.

        The state returned with a refusal is the state given.
        """
        ...


class ReplayDetect:
    """REPLAY_DETECT: each count once, in any order inside `window` counts behind the highest.

    Further behind, the last PLACES counts that left the window unseen are good once as well.
    """

    __slots__ = ("_behind", "_full", "_low", "_mask", "_oldest", "_one", "_shift", "window")

    # Compiled code would insist on an int, before checked_window can say what is wrong.
    def __init__(self, window: Any = DEFAULT_WINDOW) -> None:  # noqa: ANN401
        size = checked_window(window)
        self.window: Final = size
        self._shift: Final = WINDOW_BITS + size
        # Where they stand in a state: all bits of the mask, that of the highest count, all but that, that of the count
        # which leaves the window next, and the highest one's with the window.
        self._mask: Final = (1 << size) - 1
        self._full: Final = self._mask << WINDOW_BITS
        self._one: Final = 1 << WINDOW_BITS
        self._behind: Final = self._full ^ self._one
        self._oldest: Final = self._one << (size - 1)
        self._low: Final = self._one | size

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """See SequenceRule.advance."""
        known = state & _WINDOW
        if not known:
            highest = state >> WINDOW_BITS
            if nc - highest == 1:
                # Nearly every request: no count is missing before it.
                return ACCEPTED, nc << WINDOW_BITS
            if nc <= highest:
                if highest == MAX_NC:
                    return ENDED, state
                return (REPLAYED if highest - nc < self.window else OUT_OF_SEQUENCE), state
        window = self.window
        if known != window:
            verdict, after = self.advance(self._read(state), nc)
            return verdict, after if verdict is ACCEPTED else state
        top = state >> self._shift
        if nc - top == 1 and state & self._oldest:
            # The next count, no place is taken, and nothing leaves the window unseen.
            return ACCEPTED, nc << self._shift | state << 1 & self._behind | self._low
        places, highest = top >> NC_BITS, top & MAX_NC
        ahead = nc - highest
        if ahead > 0:
            unseen = _moved((state ^ self._full) >> WINDOW_BITS & self._mask, ahead - window)
            if unseen:
                places = _placed(places, nc - window, unseen)
            # Shifting by an attacker's gap of four billion would build a number of that many bits.
            mask = (state ^ window) << ahead & self._full if ahead < window else 0
            return ACCEPTED, (places << NC_BITS | nc) << self._shift | mask | self._low
        if highest == MAX_NC:
            return ENDED, state
        inside = -ahead < window
        if inside and not state & self._one << -ahead:
            filled = state | self._one << -ahead
            none_is_missing = not places and filled & self._full == self._full
            return ACCEPTED, highest << WINDOW_BITS if none_is_missing else filled
        left = _without(places, nc)
        if left is None:
            return (REPLAYED if inside else OUT_OF_SEQUENCE), state
        return ACCEPTED, (left << NC_BITS | highest) << self._shift | state & (self._full | window)

    def _read(self, state: int) -> int:
        """The state of another rule in the form of this one: what it does not know as unseen is seen."""
        known = state & _WINDOW
        top = state >> (WINDOW_BITS + known)
        places, highest = top >> NC_BITS, top & MAX_NC
        if known > self.window:
            unseen = ~(state >> WINDOW_BITS) & (1 << known) - 1
            places = _placed(places, highest - self.window, unseen >> self.window)
        unknown = self._full & (-1 << (WINDOW_BITS + known))
        seen = state & self._full & ~unknown | unknown
        return (places << NC_BITS | highest) << self._shift | seen | self.window

    def __repr__(self) -> str:
        return f"ReplayDetect(window={self.window})"


class SequenceDetect:
    """SEQUENCE_DETECT: exactly the last count plus one, from 1."""

    __slots__ = ()

    @property
    def window(self) -> int:
        """See SequenceRule.window."""
        return 0

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """See SequenceRule.advance."""
        highest = state >> (WINDOW_BITS + (state & _WINDOW)) & MAX_NC
        if nc == highest + 1:
            return ACCEPTED, nc << WINDOW_BITS
        if highest == MAX_NC:
            return ENDED, state
        return (REPLAYED if nc <= highest else OUT_OF_SEQUENCE), state

    def __repr__(self) -> str:
        return "SequenceDetect()"


def _moved(bits: int, by: int) -> int:
    """`bits` moved up, with ones behind them, or down for less than 0. More than PLACES ones are never asked for."""
    if by <= 0:
        return bits >> -by
    return (1 << PLACES) - 1 if by >= PLACES else (bits + 1 << by) - 1


def _placed(places: int, last: int, unseen: int) -> int:
    """`places` with those that leave the window now: bit i of `unseen` stands for count last-i."""
    leaving: list[int] = []
    while unseen and len(leaving) < PLACES:
        lowest = unseen & -unseen
        leaving.append(last + 1 - lowest.bit_length())
        unseen ^= lowest
    for count in reversed(leaving):
        places = places << NC_BITS | count
    return places & _ALL_PLACES


def _without(places: int, nc: int) -> int | None:
    """`places` less that of one count; None if it has none."""
    at = 0
    while places >> at:
        if places >> at & MAX_NC == nc:
            return places >> at + NC_BITS << at | places & (1 << at) - 1
        at += NC_BITS
    return None


def sequence_rule(sequence: Any, window: Any = DEFAULT_WINDOW) -> SequenceRule:  # noqa: ANN401 - as above
    """The rule of a setting: "window" or "strict". Raises ConfigurationError for any other word or window."""
    window = checked_window(window)
    return ReplayDetect(window) if choice("sequence", sequence, _SEQUENCES) == "window" else SequenceDetect()


def checked_window(window: object) -> int:
    """How many counts a window covers. Raises ConfigurationError."""
    return number("window", window, 1, MAX_WINDOW, example=DEFAULT_WINDOW)
