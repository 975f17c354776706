"""What an object that keeps logouts must do, as tests for its author. A subclass says how the object is made."""

from __future__ import annotations

from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from digest_http.users.logouts import Logouts

from .settling import settled

__all__ = ["LogoutsContract"]

T = TypeVar("T")

_REALM: Final = "Staff area"

#: Microseconds since 1970: too many for a float of 32 bits and for an integer of 32 bits.
_NOW: Final = 1_700_000_000_123_457


class LogoutsContract:
    """The contract of `Logouts`, the part of `LogoutUsers` that is about logouts."""

    def open_logouts(self) -> Logouts:
        """An object that knows of no logout. If it must know its users, they are "alice" and "Zoë"."""
        raise NotImplementedError

    def settle(self, answer: T | Awaitable[T]) -> T:
        """The answer itself. If the object needs its own event loop, a subclass overrides this method."""
        return settled(answer)

    def test_nobody_was_logged_out(self) -> None:
        """0 means never, also for a name that nobody has."""
        logouts = self.open_logouts()
        for name in ("alice", "nobody", "x" * 3000, "alice' OR '1'='1", "%"):
            assert self.settle(logouts.logged_out(name, _REALM)) == 0

    def test_the_time_is_kept(self) -> None:
        """The time is kept to the microsecond, for one user of one realm."""
        logouts = self.open_logouts()
        self.settle(logouts.log_out("alice", _REALM, _NOW))
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW
        assert self.settle(logouts.logged_out("Zoë", _REALM)) == 0
        assert self.settle(logouts.logged_out("alice", "another")) == 0
        self.settle(logouts.log_out("Zoë", _REALM, _NOW + 1))
        assert self.settle(logouts.logged_out("Zoë", _REALM)) == _NOW + 1
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW

    def test_the_latest_time_stands(self) -> None:
        """Workers may write logouts late: an earlier time, written later, logs nobody in again."""
        logouts = self.open_logouts()
        for time in (_NOW, _NOW + 7, _NOW + 3):
            self.settle(logouts.log_out("alice", _REALM, time))
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW + 7

    def test_many_logouts_at_once(self) -> None:
        """The latest time also stands if logouts come at the same time, in any order."""
        logouts = self.open_logouts()

        def log_out(number: int) -> None:
            self.settle(logouts.log_out("alice", _REALM, _NOW + number * 7 % 40))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(log_out, range(40)))
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW + 39
