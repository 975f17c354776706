"""What a server needs from outside: where nonce counts live and where H(A1) comes from.

Plugs implement these; nothing in `httpauth` imports a plug. Each method may return its value or an awaitable of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from digest_http.algorithms import Algorithm

from .sequence import SequenceRule
from .verdict import Verdict

__all__ = [
    "ClockedStore",
    "ClosableStore",
    "CountedUsers",
    "HashCounts",
    "LogoutUsers",
    "NonceStore",
    "RefreshingStore",
    "RoledUsers",
    "SharedStore",
    "SpelledUsers",
    "Users",
    "UsersByHash",
]


class NonceStore(Protocol):
    """Keeps the counts of live nonces and advances one in a single atomic step.

    Sound under loss: a store may forget, but then it must answer FORGOTTEN for every nonce whose counts it may have
    forgotten. It may never accept a count twice.
    """

    @property
    def epoch(self) -> bytes:
        """Eight hex digits that name the lifetime of this store's memory; they go into each nonce issued on it.

        A store that starts empty has a new epoch: of a nonce of another epoch it cannot tell what was seen. It may
        change (in the child of a fork, or where others share the store), so it is asked for with each nonce.
        """
        ...

    def advance(
        self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int
    ) -> Verdict | Awaitable[Verdict]:
        """Judge one count and record it if it is accepted, atomically.

        `nonce_id` holds the nonce's time of issue in microseconds in its upper bits and 96 random bits below
        (nonce_ids.issued_at); `epoch` is the one in the nonce; `now` is in microseconds on the clock of the nonces.
        `rule`, `now` and `lifetime` (microseconds) are the caller's. Others may share the store and have other ones:
        what is kept must mean the same to all, so it may depend on none of them. This caller asks for a nonce until
        `lifetime` has gone by since its issue; a store that must forget had better forget those over for everyone.
        Raises whatever the store raises when it is down; the caller answers 503.
        """
        ...


@runtime_checkable
class RefreshingStore(NonceStore, Protocol):
    """A store whose epoch others may change, and that can ask for it before a count is at stake."""

    def refresh(self, now: int) -> Awaitable[None] | None:
        """Let `epoch` be that of now, as far as it can be had in a moment.

        Called before each challenge, which strangers cause: it should ask seldom, wait shortly, and raise nothing but
        ConfigurationError, for a store that can never work here. `now` is in microseconds on the clock of the nonces.
        """
        ...


@runtime_checkable
class SharedStore(NonceStore, Protocol):
    """A store that says whether other processes count in it too."""

    @property
    def shared(self) -> bool:
        """True: workers that are started apart need the same nonce keys. A store without it counts for one process."""
        ...


@runtime_checkable
class ClockedStore(NonceStore, Protocol):
    """A store that knows a clock which all who count in it agree on."""

    def clock(self) -> float:
        """Seconds, counted from any moment: the clock of the nonces, unless a setting names another."""
        ...


@runtime_checkable
class ClosableStore(NonceStore, Protocol):
    """A store that holds files or connections."""

    def close(self) -> Awaitable[None] | None:
        """Give back what is held. Called when nobody counts any more; a step after it may open it anew, or fail."""
        ...


@runtime_checkable
class Users(Protocol):
    """Knows H(A1) of users."""

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """H(username ":" realm ":" password) in hex for `algorithm.base`, or None for no such user.

        Name and realm come in Normalization Form C (SpelledUsers has the exception). An empty value, or one of
        the wrong length, counts as no such user.
        """
        ...


@runtime_checkable
class UsersByHash(Users, Protocol):
    """Users that can also be found by userhash (RFC 7616 §3.4.4)."""

    def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | Awaitable[str | None] | None:
        """The name whose userhash in hex for `algorithm.base` this is, or None."""
        ...


@runtime_checkable
class RoledUsers(Users, Protocol):
    """Users that have roles, or are members of groups."""

    def roles(self, username: str, realm: str) -> Iterable[str] | Awaitable[Iterable[str]]:
        """The roles of a user who was let in, none for one who has none. Name and realm are in Form C."""
        ...


@runtime_checkable
class SpelledUsers(Users, Protocol):
    """Users that keep H(A1) for several Unicode spellings of one name, and so are asked for the one that was sent."""

    @property
    def knows_spellings(self) -> bool:
        """True: names come as they were sent. There are browsers that hash a name as it was typed."""
        ...


@runtime_checkable
class LogoutUsers(Users, Protocol):
    """Users that keep when each was logged out, for all workers."""

    def logged_out(self, username: str, realm: str) -> int | Awaitable[int]:
        """When the user was logged out last: nonces that were issued until then are over. 0 for never.

        In microseconds, as `log_out` was told them.
        """
        ...

    def log_out(self, username: str, realm: str, now: int) -> Awaitable[None] | None:
        """Keep that the user is logged out now, in microseconds since 1970. Both names are in Normalization Form C."""
        ...


class HashCounts(NamedTuple):
    """How many users a realm has, and how many of them have H(A1) for each hash.

    `having` has the names of RFC 7616 without -sess as keys; a hash that it does not name is one that nobody has.
    """

    users: int
    having: Mapping[str, int]


@runtime_checkable
class CountedUsers(Users, Protocol):
    """Users that say which hashes they hold, so that no hash is offered that shuts some of them out."""

    def count_hashes(self, realm: str) -> HashCounts | Awaitable[HashCounts | None] | None:
        """The counts of a realm as they are now; None if they cannot be known.

        A plain method is asked with each challenge, so it must be quick. An awaitable is asked for at the start of the
        server and once a minute at most.
        """
        ...
