"""A clock that a person can push on, so that nobody has to wait for the end of a nonce."""

from __future__ import annotations

from digest_http.httpauth.nonces import steady_clock

__all__ = ["Clock"]


class Clock:
    """The steady clock of the package, and what was added to it."""

    def __init__(self) -> None:
        self._added = 0.0

    def now(self) -> float:
        """Seconds since 1970; what the middleware takes as its clock."""
        return steady_clock() + self._added

    def advance(self, seconds: float) -> None:
        """Let time pass for the nonces. It never goes back."""
        self._added += max(seconds, 0.0)
