"""Logins that are over: who was logged out after a nonce was issued; and the clock on which others keep that."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sized
from typing import Final

from digest_http.encoding import nfc
from digest_http.httpauth.nonce_ids import issued_at
from digest_http.httpauth.protocols import LogoutUsers
from digest_http.httpauth.source_answers import users_down
from digest_http.httpauth.waiting import Wait

__all__ = ["Dates", "KeptLogouts", "MemoryLogouts", "SameDates"]


class MemoryLogouts:
    """For sources of users that do not keep it: one number for each user who was logged out lately. See LogoutUsers.

    `kept`: microseconds for which a nonce may be good. When they are over, no nonce is left that a logout speaks of.
    """

    __slots__ = ("_kept", "since")

    def __init__(self, kept: int) -> None:
        self._kept: Final = kept
        #: When each was logged out. Only ever changed in place, so that one who holds it sees whether it is empty.
        self.since: Final[dict[str, int]] = {}

    def __len__(self) -> int:
        return len(self.since)

    def logged_out(self, username: str, realm: str) -> int:
        """See LogoutUsers.logged_out; there is one of these for each realm."""
        del realm
        return self.since.get(username, 0)

    def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers.log_out."""
        del realm
        # A copy, made in one step: threads may log out at once.
        for each, since in list(self.since.items()):
            if since < now - self._kept:
                self.since.pop(each, None)
        name = nfc(username)
        self.since[name] = max(now, self.since.get(name, 0))


class Dates:
    """Times of logouts as a source of users keeps them, where the nonces are on a clock of the store's own.

    Such a clock may begin anew with the machine, and another machine has another one, while what the source keeps
    outlives both. So that is a date: a logout and a nonce are compared by how long ago they were.
    `now`: the clock of the nonces, in microseconds.
    """

    __slots__ = ("_now",)

    def __init__(self, now: Callable[[], int]) -> None:
        self._now: Final = now

    def of(self, when: int) -> int:
        """The date of a time on the clock of the nonces, in microseconds since 1970."""
        # The clock is read first, and in `read` last: what comes between makes a logout seem later, never sooner.
        ahead = when - self._now()
        return ahead + _date()

    def read(self, since: int) -> int:
        """The time of a date on the clock of the nonces, below zero for what was before it began."""
        ahead = since - _date()
        return ahead + self._now()


class SameDates(Dates):
    """The same where the nonces are on the clock that all have."""

    __slots__ = ()

    def of(self, when: int) -> int:
        """See Dates."""
        return when

    def read(self, since: int) -> int:
        """See Dates."""
        return since


class KeptLogouts:
    """Asks `source`, which keeps when each user of the realm was logged out, by the clock of `dates`."""

    __slots__ = ("_dates", "_realm", "known", "source")

    def __init__(self, source: LogoutUsers | MemoryLogouts, realm: str, dates: Dates) -> None:
        self.source: Final = source
        self._realm: Final = realm
        self._dates: Final = dates
        self.known: Final[Sized] = source.since if isinstance(source, MemoryLogouts) else (source,)
        """Empty as long as nobody was logged out. Of others' sources that is not known without asking."""

    def is_over(self, nonce_id: int, username: str, wait: Wait) -> bool | Awaitable[bool]:
        """Whether the user was logged out after the nonce was issued. Raises SourceUnavailable."""
        try:
            since = self.source.logged_out(username, self._realm)
            if isinstance(since, int):
                return issued_at(nonce_id) <= self._dates.read(since)
        except Exception as error:
            raise users_down() from error
        return self._hear(nonce_id, since, wait)

    def log_out(self, username: str, now: int) -> Awaitable[None] | None:
        """Keep that the user is logged out at `now`, in microseconds on the clock of the nonces."""
        return self.source.log_out(nfc(username), self._realm, self._dates.of(now))

    async def _hear(self, nonce_id: int, since: Awaitable[int], wait: Wait) -> bool:
        try:
            heard = await wait(since)
            return bool(issued_at(nonce_id) <= self._dates.read(heard))
        except Exception as error:
            raise users_down() from error


def _date() -> int:
    """Microseconds since 1970, as the machine has them now."""
    return time.time_ns() // 1000
