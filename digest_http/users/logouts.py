"""Users of one source, and their logouts kept by another object: what a guard wants as one (LogoutUsers)."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Any, Final, Protocol

from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.httpauth.protocols import (
    CountedUsers,
    HashCounts,
    LogoutUsers,
    RoledUsers,
    SpelledUsers,
    Users,
    UsersByHash,
)
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import provider

__all__ = ["Logouts", "with_logouts"]

_USERS: Final = "HtdigestUsers('/etc/app/users', 'Members')"
_LOGOUTS: Final = "SQLLogouts('sqlite:///logouts.db')"


class Logouts(Protocol):
    """The half of LogoutUsers that is about logouts."""

    def logged_out(self, username: str, realm: str) -> int | Awaitable[int]:
        """See LogoutUsers.logged_out."""
        ...

    def log_out(self, username: str, realm: str, now: int) -> Awaitable[None] | None:
        """See LogoutUsers.log_out."""
        ...


def with_logouts(users: Users, logouts: Logouts) -> LogoutUsers:
    """These users, with their logouts kept by another object: SQLLogouts, or one of your own.

    Raises ConfigurationError for what is no source of users, or cannot keep logouts.
    """
    provider("users", users, {"ha1": 3}, example=_USERS)
    provider("logouts", logouts, {"logged_out": 2, "log_out": 3}, example=_LOGOUTS)
    kind = _JoinedByHash if isinstance(users, UsersByHash) else _Joined
    return kind(users, logouts)


class _Joined(HoldsSecrets):
    """Hands each question on to one of the two."""

    __slots__ = ("_logouts", "_users")

    def __init__(self, users: Any, logouts: Logouts) -> None:  # noqa: ANN401 - any of the protocols of users
        self._users: Final = users
        self._logouts: Final = logouts

    @property
    def knows_spellings(self) -> bool:
        """See SpelledUsers."""
        return isinstance(self._users, SpelledUsers) and self._users.knows_spellings

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """See Users.ha1."""
        found: bytes | Awaitable[bytes | None] | None = self._users.ha1(username, realm, algorithm)
        return found

    def count_hashes(self, realm: str) -> HashCounts | Awaitable[HashCounts | None] | None:
        """See CountedUsers.count_hashes: None if the source cannot tell."""
        return self._users.count_hashes(realm) if isinstance(self._users, CountedUsers) else None

    def roles(self, username: str, realm: str) -> Iterable[str] | Awaitable[Iterable[str]]:
        """See RoledUsers.roles: none if the source has no roles."""
        return self._users.roles(username, realm) if isinstance(self._users, RoledUsers) else ()

    def logged_out(self, username: str, realm: str) -> int | Awaitable[int]:
        """See LogoutUsers.logged_out."""
        return self._logouts.logged_out(nfc(username), realm)

    def log_out(self, username: str, realm: str, now: int) -> Awaitable[None] | None:
        """See LogoutUsers.log_out."""
        return self._logouts.log_out(nfc(username), realm, now)

    def __repr__(self) -> str:
        return f"<{self._users!r} with {self._logouts!r}>"


class _JoinedByHash(_Joined):
    """The same for a source that can find by userhash."""

    __slots__ = ()

    def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | Awaitable[str | None] | None:
        """See UsersByHash.by_userhash."""
        found: str | Awaitable[str | None] | None = self._users.by_userhash(userhash, realm, algorithm)
        return found
