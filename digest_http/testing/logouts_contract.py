"""What an object must do that keeps logouts, as tests that its author runs: a subclass says how it is made."""

from __future__ import annotations

from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from digest_http.users.logouts import Logouts

from .settling import settled

__all__ = ["LogoutsContract"]

T = TypeVar("T")

_REALM: Final = "Staff area"

#: Microseconds since 1970, which no float of 32 bits holds, nor an integer of 32 bits.
_NOW: Final = 1_700_000_000_123_457


class LogoutsContract:
    """The contract of the half of `LogoutUsers` that is about logouts."""

    def open_logouts(self) -> Logouts:
        """One that knows of no logout, and whose users are "alice" and "Zoë", if it must know them."""
        raise NotImplementedError

    def settle(self, answer: T | Awaitable[T]) -> T:
        """What it answers. One that needs an event loop of its own gets it here, in a subclass."""
        return settled(answer)

    def test_nobody_was_logged_out(self) -> None:
        """0 is for never, also for a name that nobody has."""
        logouts = self.open_logouts()
        for name in ("alice", "nobody", "x" * 3000, "alice' OR '1'='1", "%"):
            assert self.settle(logouts.logged_out(name, _REALM)) == 0

    def test_the_time_is_kept(self) -> None:
        """To the microsecond, for one user of one realm."""
        logouts = self.open_logouts()
        self.settle(logouts.log_out("alice", _REALM, _NOW))
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW
        assert self.settle(logouts.logged_out("Zoë", _REALM)) == 0
        assert self.settle(logouts.logged_out("alice", "another")) == 0
        self.settle(logouts.log_out("Zoë", _REALM, _NOW + 1))
        assert self.settle(logouts.logged_out("Zoë", _REALM)) == _NOW + 1
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW

    def test_the_latest_time_stands(self) -> None:
        """Workers may write in another order than that of their logouts: nobody is logged in again by that."""
        logouts = self.open_logouts()
        for time in (_NOW, _NOW + 7, _NOW + 3):
            self.settle(logouts.log_out("alice", _REALM, time))
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW + 7

    def test_many_logouts_at_once(self) -> None:
        """Also where they meet, in any order."""
        logouts = self.open_logouts()

        def log_out(number: int) -> None:
            self.settle(logouts.log_out("alice", _REALM, _NOW + number * 7 % 40))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(log_out, range(40)))
        assert self.settle(logouts.logged_out("alice", _REALM)) == _NOW + 39
