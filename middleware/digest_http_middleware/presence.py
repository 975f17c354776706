"""Who is logged in: an observer that keeps a table of users, with their nonces and when they were last seen.

The nonce stores hold no names: a count is kept by its nonce alone, and that is as small and as fast as it can be. So
this table is in the memory of one process, and knows the requests of that process. `shared_presence` has one for all.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple

from digest_http import settings
from digest_http.forks import ForkAware
from digest_http.guard import Event
from digest_http.httpauth.nonces import DEFAULT_LIFETIME

__all__ = ["LoggedIn", "Presence"]

#: Users of all realms that are kept. Who was seen least lately goes first.
DEFAULT_CAPACITY: Final = 10_000

#: Nonces of one user that are kept: one for each of his programs, more than anybody runs at once.
NONCES_OF_USER: Final = 16


class Presence(NamedTuple):
    """One user of a realm. Times are in seconds since 1970."""

    username: str
    realm: str
    first_seen: float
    last_seen: float
    #: The address of the last request, None if it is not known.
    client: str | None
    #: Accepted requests since `first_seen`.
    requests: int
    #: How many of his nonces are alive: one for each program or device, as a rule.
    nonces: int


class Seen:
    """What is kept of a user. `nonces`: the number of each, and when it was first seen."""

    __slots__ = ("client", "first", "last", "nonces", "requests")

    def __init__(self, now: float) -> None:
        self.first = self.last = now
        self.client: str | None = None
        self.requests = 0
        self.nonces: OrderedDict[int, float] = OrderedDict()

    def note(self, now: float, client: str | None, nonce_id: int) -> None:
        """Count an accepted request."""
        self.last, self.client = now, client
        self.requests += 1
        if nonce_id not in self.nonces:
            self.nonces[nonce_id] = now
            if len(self.nonces) > NONCES_OF_USER:
                self.nonces.popitem(last=False)


def seen_now(
    users: OrderedDict[tuple[str, str], Seen], user: tuple[str, str], now: float, lifetime: float, capacity: int
) -> Seen:
    """The entry of a user, by realm and name, who is here now: it becomes the last one, and the first one may go."""
    seen = users.get(user)
    if seen is None or now - seen.last > lifetime:
        seen = users[user] = Seen(now)
    users.move_to_end(user)
    if len(users) > capacity:
        users.popitem(last=False)
    return seen


class LoggedIn(ForkAware):
    """Call it with events, as `observers=[LoggedIn()]` does; only accepted requests change it. Threads may share it.

    `lifetime`: seconds, the nonce_lifetime of the guard. A user is logged in for so long after each request.
    `capacity`: users that are kept. Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        lifetime: float = DEFAULT_LIFETIME,
        capacity: int = DEFAULT_CAPACITY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._lifetime: Final = settings.seconds("lifetime", lifetime, example=DEFAULT_LIFETIME)
        self._capacity: Final = settings.number("capacity", capacity, 1, example=DEFAULT_CAPACITY)
        self._clock: Final = settings.function("clock", clock, 0, example="time.time")
        self._users: Final[OrderedDict[tuple[str, str], Seen]] = OrderedDict()
        self._lock = Lock()
        super().__init__()

    def __call__(self, event: Event) -> None:
        """Note one event."""
        if event.nonce_id is None or event.username is None:
            return
        now = self._clock()
        with self._lock:
            seen = seen_now(self._users, (event.realm, event.username), now, self._lifetime, self._capacity)
            seen.note(now, event.client, event.nonce_id)

    def after_fork_in_child(self) -> None:
        """See ForkAware: a child has seen nobody yet."""
        self._lock = Lock()
        self._users.clear()

    def users(self) -> list[Presence]:
        """Who was seen within a lifetime, who was seen last first."""
        now = self._clock()
        with self._lock:
            for key in [key for key, seen in self._users.items() if now - seen.last > self._lifetime]:
                del self._users[key]
            return [
                Presence(
                    name,
                    realm,
                    seen.first,
                    seen.last,
                    seen.client,
                    seen.requests,
                    sum(now - first <= self._lifetime for first in seen.nonces.values()),
                )
                for (realm, name), seen in reversed(self._users.items())
            ]

    def __len__(self) -> int:
        """How many users are kept."""
        return len(self._users)

    def __repr__(self) -> str:
        return f"<LoggedIn with {len(self)} users>"
