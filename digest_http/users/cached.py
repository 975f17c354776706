"""A short memory in front of a slow source of users."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable
from threading import Lock
from typing import Any, Final, Self, cast

from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.forks import ForkAware
from digest_http.httpauth.protocols import CountedUsers, HashCounts, LogoutUsers, RoledUsers, Users, UsersByHash
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import function, number, provider
from digest_http.settings import seconds as checked_seconds

__all__ = ["CachedUsers"]

DEFAULT_SECONDS: Final = 5.0

#: Answers kept at most. With the longest names an entry takes some 1.5 kB, with usual ones a third of that: 15 MB.
DEFAULT_ENTRIES: Final = 10_000

#: Characters of a name that is remembered: what a column of users.sql holds. Strangers choose the names, and a header
#: field has room for thousands; the source is asked for longer ones each time, known or not.
MAX_NAME: Final = 255

_Key = tuple[str, str, str]


class CachedUsers(ForkAware, HoldsSecrets):
    """Remembers for `seconds` what `users` answered: at most `entries` answers, and forgets the oldest first.

    What they can beside that (find by userhash, keep logouts) is handed on each time, unremembered.

    A changed password or a deleted user counts after `seconds` at the latest, however long the source takes: an answer
    is as old as its question. An unknown name is remembered too: otherwise the time of a response would tell which
    names exist. Failures are not remembered.
    Raises ConfigurationError for a setting that cannot work.
    """

    def __new__(
        cls,
        users: Users,
        seconds: float = DEFAULT_SECONDS,
        entries: int = DEFAULT_ENTRIES,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> Self:
        """One that has the methods of these users: a guard sees by its methods what a source can."""
        del seconds, entries, clock
        has = isinstance(users, UsersByHash), isinstance(users, LogoutUsers)
        kind: Any = _KINDS[has] if cls is CachedUsers else cls
        made: Self = super().__new__(kind)
        return made

    def __init__(
        self,
        users: Users,
        seconds: float = DEFAULT_SECONDS,
        entries: int = DEFAULT_ENTRIES,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.users: Final = provider("users", users, {"ha1": 3}, example="HtdigestUsers('/etc/app/users', 'Members')")
        self.knows_spellings: Final = getattr(users, "knows_spellings", False) is True
        """See SpelledUsers: as the source has it."""
        self._seconds: Final = checked_seconds("seconds", seconds, example=DEFAULT_SECONDS)
        self._entries: Final = number("entries", entries, 1, example=DEFAULT_ENTRIES)
        self._clock: Final = function("clock", clock, 0, example="time.monotonic")
        # In the order in which they were given. What took its time may have expired behind one that has not.
        self._known: Final[OrderedDict[_Key, tuple[float, bytes | None]]] = OrderedDict()
        self._lock = Lock()
        super().__init__()

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """See Users.ha1. One entry stands for all Unicode forms of a name, and the source is asked for NFC.

        A source that knows spellings is asked for the name as it came, and each spelling has an entry.
        """
        username, realm = username if self.knows_spellings else nfc(username), nfc(realm)
        if len(username) > MAX_NAME:
            return self.users.ha1(username, realm, algorithm)
        key = username, realm, algorithm.base
        with self._lock:
            now = self._drop(self._entries)
            known = self._known.get(key)
        if known is not None and now < known[0]:
            return known[1]
        answer = self.users.ha1(username, realm, algorithm)
        return self._awaited(key, answer, now) if isawaitable(answer) else self._keep(key, answer, now)

    def count_hashes(self, realm: str) -> HashCounts | Awaitable[HashCounts | None] | None:
        """See CountedUsers.count_hashes: what the source says, unremembered; None if it cannot tell."""
        return self.users.count_hashes(realm) if isinstance(self.users, CountedUsers) else None

    def roles(self, username: str, realm: str) -> Iterable[str] | Awaitable[Iterable[str]]:
        """See RoledUsers.roles: what the source says, unremembered; none if it has no roles."""
        return self.users.roles(username, realm) if isinstance(self.users, RoledUsers) else ()

    async def _awaited(self, key: _Key, answer: Awaitable[bytes | None], asked: float) -> bytes | None:
        return self._keep(key, await answer, asked)

    def _keep(self, key: _Key, ha1: bytes | None, asked: float) -> bytes | None:
        expires = asked + self._seconds
        with self._lock:
            self._drop(self._entries - 1)
            known = self._known.get(key)
            # Who has asked later may have been answered sooner: what he heard is newer.
            if known is None or known[0] <= expires:
                self._known[key] = expires, ha1
                self._known.move_to_end(key)
        return ha1

    def _drop(self, room: int) -> float:
        """Drop what has expired, and the oldest until `room` are left. Returns the time."""
        known, now = self._known, self._clock()
        while known:
            key = next(iter(known))
            if len(known) <= room and now < known[key][0]:
                break
            del known[key]
        return now

    def after_fork_in_child(self) -> None:
        """See ForkAware: a thread of the parent may have held the lock. What is remembered is as good here."""
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._known)

    def __repr__(self) -> str:
        return f"<CachedUsers of {self.users!r}, {self._seconds} s>"


class CachedUsersByHash(CachedUsers):
    """The same where the source can also find by userhash."""

    def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | Awaitable[str | None] | None:
        """See UsersByHash.by_userhash."""
        return cast("UsersByHash", self.users).by_userhash(userhash, nfc(realm), algorithm)


class CachedUsersAndLogouts(CachedUsers):
    """The same where the source also keeps logouts."""

    def logged_out(self, username: str, realm: str) -> int | Awaitable[int]:
        """See LogoutUsers.logged_out."""
        return cast("LogoutUsers", self.users).logged_out(username, realm)

    def log_out(self, username: str, realm: str, now: int) -> Awaitable[None] | None:
        """See LogoutUsers.log_out."""
        return cast("LogoutUsers", self.users).log_out(username, realm, now)


class CachedUsersByHashAndLogouts(CachedUsersByHash, CachedUsersAndLogouts):
    """The same where the source does both."""


#: By whether the source can find by userhash, and whether it keeps logouts.
_KINDS: Final[dict[tuple[bool, bool], type[CachedUsers]]] = {
    (False, False): CachedUsers,
    (True, False): CachedUsersByHash,
    (False, True): CachedUsersAndLogouts,
    (True, True): CachedUsersByHashAndLogouts,
}
