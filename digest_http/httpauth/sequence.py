"""The rules of the nonce count, pure: a state and an nc give a verdict and the next state.

Named after the SSPI flags. `ReplayDetect` lets requests overtake each other inside a window, as browsers make them;
`SequenceDetect` wants exactly the next count ("VerifySignature (Digest)": nc must be one more than the last).
A state is one int, so that a store keeps, compares and swaps one value. From its lowest bit up:

  WINDOW_BITS  the window w that it was counted under, 0 for SequenceDetect
  w bits       bit i is set when count highest-i was seen
  the rest     the highest count seen

So a state says itself what it means, and each rule reads what another wrote: a count of which the state does not say
that it was not seen, counts as seen. A setting that changes costs a few counts and never lets one pass twice.
State 0 is a nonce of which nothing was seen.
"""

from __future__ import annotations

from typing import Final, Protocol

from digest_http.errors import ConfigurationError

from .verdict import Verdict

__all__ = [
    "DEFAULT_WINDOW",
    "MAX_NC",
    "MAX_WINDOW",
    "WINDOW_BITS",
    "ReplayDetect",
    "SequenceDetect",
    "SequenceRule",
    "sequence_rule",
]

#: nc is eight hex digits (RFC 7616 §3.4). The last one ends the nonce; it must never wrap to 1.
MAX_NC: Final = 0xFFFFFFFF

#: Counts behind the highest that are still told apart: twice libmicrohttpd's, some twenty times what a browser's six
#: connections a host overtake in practice, and small enough for a state of 48 bytes.
DEFAULT_WINDOW: Final = 128

#: A larger window only costs memory; this keeps a state under a kilobyte.
MAX_WINDOW: Final = 4096

#: The bits of a state that name its window: room for MAX_WINDOW.
WINDOW_BITS: Final = 13

_WINDOW: Final = (1 << WINDOW_BITS) - 1

# Looked up once: an attribute of an Enum class costs as much as a call in Python 3.11.
_ACCEPTED: Final = Verdict.ACCEPTED


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
    """REPLAY_DETECT: each count once, in any order inside `window` counts behind the highest."""

    __slots__ = ("_full", "_low", "_one", "_shift", "window")

    def __init__(self, window: int = DEFAULT_WINDOW) -> None:
        if not 1 <= window <= MAX_WINDOW:
            raise ConfigurationError(f"window is {window}; choose 1 to {MAX_WINDOW} counts")
        self.window: Final = window
        self._shift: Final = WINDOW_BITS + window
        # In the places that they have in a state: all bits of the mask, that of the highest count, and with the window.
        self._full: Final = ((1 << window) - 1) << WINDOW_BITS
        self._one: Final = 1 << WINDOW_BITS
        self._low: Final = self._one | window

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """See SequenceRule.advance."""
        window = self.window
        if state & _WINDOW != window:
            verdict, after = self.advance(self._read(state), nc)
            return verdict, after if verdict is _ACCEPTED else state
        highest = state >> self._shift
        ahead = nc - highest
        if ahead > 0:
            # Shifting by an attacker's gap of four milliards would build a number of that many bits.
            if ahead < window:
                return _ACCEPTED, nc << self._shift | (state ^ window) << ahead & self._full | self._low
            return _ACCEPTED, nc << self._shift | self._low
        if highest == MAX_NC:
            return Verdict.ENDED, state
        if -ahead >= window:
            return Verdict.OUT_OF_SEQUENCE, state
        seen = self._one << -ahead
        if state & seen:
            return Verdict.REPLAYED, state
        return _ACCEPTED, state | seen

    def _read(self, state: int) -> int:
        """The state of another rule in the form of this one: what it does not know as unseen is seen."""
        known = state & _WINDOW
        highest = state >> (WINDOW_BITS + known)
        unknown = self._full & (-1 << (WINDOW_BITS + known))
        return highest << self._shift | state & self._full & ~unknown | unknown | self.window

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
        highest = state >> (WINDOW_BITS + (state & _WINDOW))
        if nc == highest + 1:
            return _ACCEPTED, nc << WINDOW_BITS
        if highest == MAX_NC:
            return Verdict.ENDED, state
        return (Verdict.REPLAYED if nc <= highest else Verdict.OUT_OF_SEQUENCE), state

    def __repr__(self) -> str:
        return "SequenceDetect()"


def sequence_rule(sequence: str, window: int = DEFAULT_WINDOW) -> SequenceRule:
    """The rule of a setting: "window" or "strict". Raises ConfigurationError for any other word."""
    if sequence == "window":
        return ReplayDetect(window)
    if sequence == "strict":
        return SequenceDetect()
    raise ConfigurationError(f'sequence is {sequence!r}; choose "window" or "strict"')
