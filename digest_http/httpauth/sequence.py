"""The rules of the nonce count, pure: a state and an nc give a verdict and the next state.

Named after the SSPI flags. `ReplayDetect` lets requests overtake each other inside a window, as browsers make them;
`SequenceDetect` wants exactly the next count ("VerifySignature (Digest)": nc must be one more than the last).
A state is one int, so that a store keeps, compares and swaps one value: the highest count seen and, for ReplayDetect,
below it a mask with bit i set when count highest-i was seen. State 0 is a nonce of which nothing was seen.
"""

from __future__ import annotations

from typing import Final, Protocol

from digest_http.errors import ConfigurationError

from .verdict import Verdict

__all__ = ["DEFAULT_WINDOW", "MAX_NC", "ReplayDetect", "SequenceDetect", "SequenceRule", "sequence_rule"]

#: nc is eight hex digits (RFC 7616 §3.4). The last one ends the nonce; it must never wrap to 1.
MAX_NC: Final = 0xFFFFFFFF

#: Counts behind the highest that are still told apart: twice libmicrohttpd's, some twenty times what a browser's six
#: connections a host overtake in practice, and small enough for a state of 48 bytes.
DEFAULT_WINDOW: Final = 128

#: A larger window only costs memory; this keeps a state under a kilobyte.
MAX_WINDOW: Final = 4096

# Looked up once: an attribute of an Enum class costs as much as a call in Python 3.11.
_ACCEPTED: Final = Verdict.ACCEPTED


class SequenceRule(Protocol):
    """One policy of nonce counts."""

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """Judge `nc` (1 to MAX_NC) against `state`; the state returned with a refusal is the state given."""
        ...


class ReplayDetect:
    """REPLAY_DETECT: each count once, in any order inside `window` counts behind the highest."""

    __slots__ = ("_full", "window")

    def __init__(self, window: int = DEFAULT_WINDOW) -> None:
        if not 1 <= window <= MAX_WINDOW:
            raise ConfigurationError(f"window is {window}; choose 1 to {MAX_WINDOW} counts")
        self.window: Final = window
        self._full: Final = (1 << window) - 1

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """See SequenceRule.advance."""
        window = self.window
        highest = state >> window
        ahead = nc - highest
        if ahead > 0:
            # Shifting by an attacker's gap of four milliards would build a number of that many bits.
            mask = (state << ahead | 1) & self._full if ahead < window else 1
            return _ACCEPTED, nc << window | mask
        if highest == MAX_NC:
            return Verdict.ENDED, state
        if -ahead >= window:
            return Verdict.OUT_OF_SEQUENCE, state
        seen = 1 << -ahead
        if state & seen:
            return Verdict.REPLAYED, state
        return _ACCEPTED, state | seen

    def __repr__(self) -> str:
        return f"ReplayDetect(window={self.window})"


class SequenceDetect:
    """SEQUENCE_DETECT: exactly the last count plus one, from 1."""

    __slots__ = ()

    def advance(self, state: int, nc: int) -> tuple[Verdict, int]:
        """See SequenceRule.advance."""
        if nc == state + 1:
            return _ACCEPTED, nc
        if state == MAX_NC:
            return Verdict.ENDED, state
        return (Verdict.REPLAYED if nc <= state else Verdict.OUT_OF_SEQUENCE), state

    def __repr__(self) -> str:
        return "SequenceDetect()"


def sequence_rule(sequence: str, window: int = DEFAULT_WINDOW) -> SequenceRule:
    """The rule of a setting: "window" or "strict". Raises ConfigurationError for any other word."""
    if sequence == "window":
        return ReplayDetect(window)
    if sequence == "strict":
        return SequenceDetect()
    raise ConfigurationError(f'sequence is {sequence!r}; choose "window" or "strict"')
