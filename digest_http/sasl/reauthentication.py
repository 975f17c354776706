"""Subsequent authentication (RFC 2831 §2.2): the client uses a nonce again, with the next nc, and saves a round trip.

Neither side keeps a secret here. Each exchange has a fresh cnonce, and so its own layer keys. A client that repeats its
cnonce (Cyrus does) would start RC4 again with the same key stream, so the server refuses it if it wants a layer.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock
from typing import Final

from digest_http.forks import ForkAware
from digest_http.settings import function, number, seconds

from .directives import Challenge

__all__ = ["ClientSessions", "Resumption", "ServerSessions"]

#: How often a nonce may be used. After that the client does a full authentication.
MAX_USES: Final = 64


class Resumption(Enum):
    """How a server judges a nonce that is used again."""

    UNKNOWN = auto()
    STALE = auto()
    ACCEPTED = auto()


@dataclass(slots=True)
class _Issued:
    owner: Hashable
    expires: float
    count: int
    # Hashes of the cnonces, because a peer may send long ones. A collision only costs the peer a full exchange.
    cnonces: set[int] = field(default_factory=set[int])


class ServerSessions(ForkAware):
    """Nonces that may be used again, with their counts. Share one among the servers of a process; it is thread-safe.

    A nonce is held for `lifetime` seconds from its first use. At most `capacity` nonces are held; the oldest is dropped
    first. The next login drops expired nonces. `clock()` returns seconds of any steady clock. After a fork the child
    holds none: otherwise a count would be accepted once in each process. Raises ConfigurationError for a setting that
    cannot work.
    """

    def __init__(
        self, *, lifetime: float = 300, capacity: int = 4096, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lifetime: Final = seconds("lifetime", lifetime, example=300)
        self._capacity: Final = number("capacity", capacity, 1, example=4096)
        self._clock: Final = function("clock", clock, 0, example="time.monotonic")
        self._lock = Lock()
        self._issued: OrderedDict[bytes, _Issued] = OrderedDict()
        super().__init__()

    def after_fork_in_child(self) -> None:
        """See ForkAware."""
        self._lock = Lock()
        self._issued.clear()

    def remember(self, nonce: bytes, owner: Hashable, cnonce: bytes) -> None:
        """Note that `owner` authenticated with this nonce and nc 1."""
        now = self._clock()
        entry = _Issued(owner, now + self._lifetime, 1, {hash(cnonce)})
        with self._lock:
            self._issued[nonce] = entry
            # They expire in the order of their first use.
            while self._issued:
                if len(self._issued) <= self._capacity and next(iter(self._issued.values())).expires > now:
                    return
                self._issued.popitem(last=False)

    def advance(self, nonce: bytes, owner: Hashable, count: int, cnonce: bytes, *, fresh_cnonce: bool) -> Resumption:
        """Accept the next count of a nonce, in one step. Call this only after the whole response was verified.

        `fresh_cnonce`: refuse a cnonce that was used with this nonce before.
        """
        with self._lock:
            entry = self._issued.get(nonce)
            if entry is None or entry.owner != owner:
                return Resumption.UNKNOWN
            if self._clock() >= entry.expires or entry.count >= MAX_USES:
                del self._issued[nonce]
                return Resumption.STALE
            if count != entry.count + 1 or (fresh_cnonce and hash(cnonce) in entry.cnonces):
                return Resumption.STALE
            entry.count = count
            entry.cnonces.add(hash(cnonce))
            return Resumption.ACCEPTED

    def __len__(self) -> int:
        return len(self._issued)


@dataclass(frozen=True, slots=True)
class Resumable:
    """What a client needs to answer a challenge once more."""

    challenge: Challenge
    realm: str | None
    count: int


class ClientSessions(ForkAware):
    """Challenges that may be answered again. Share one object among clients; it is thread-safe.

    There is one challenge for each digest-uri, user, realm and authzid, and at most `capacity` of them. After a fork
    the child holds none, because each count may be used only once. Raises ConfigurationError for a setting that cannot
    work.
    """

    def __init__(self, *, capacity: int = 1024) -> None:
        self._capacity: Final = number("capacity", capacity, 1, example=1024)
        self._lock = Lock()
        self._known: OrderedDict[Hashable, Resumable] = OrderedDict()
        super().__init__()

    def after_fork_in_child(self) -> None:
        """See ForkAware."""
        self._lock = Lock()
        self._known.clear()

    def remember(self, key: Hashable, challenge: Challenge, realm: str | None) -> None:
        """Note that this challenge was answered with nc 1 and the server proved itself."""
        with self._lock:
            self._known[key] = Resumable(challenge, realm, 1)
            self._known.move_to_end(key)
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)

    def claim(self, key: Hashable) -> Resumable | None:
        """The challenge to answer again, and the count to use; None if there is none. Each count is returned once."""
        with self._lock:
            known = self._known.get(key)
            if known is None:
                return None
            if known.count >= MAX_USES:
                del self._known[key]
                return None
            self._known[key] = claimed = Resumable(known.challenge, known.realm, known.count + 1)
            return claimed

    def forget(self, key: Hashable) -> None:
        """Drop a challenge that the server no longer accepts."""
        with self._lock:
            self._known.pop(key, None)

    def __len__(self) -> int:
        return len(self._known)
