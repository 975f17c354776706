"""A server's HTTP side, shared by all contexts of one credentials handle: realms, users, counts, live contexts."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from digest_http.algorithms import select
from digest_http.credentials import Credentials
from digest_http.encoding import octets_to_text
from digest_http.forks import ForkAware
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.nonces import DEFAULT_LIFETIME, steady_clock
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.httpauth.sequence import SequenceDetect
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.sources import Sources
from digest_http.httpauth.waiting import at_once, now_or_never
from digest_http.names import realm_name
from digest_http.secrecy import HoldsSecrets
from digest_http.stores import MemoryStore
from digest_http.users import open_users

from .context import Context
from .extended_protection import UpgradedNonces

__all__ = ["HTTPService", "LiveContext", "Realm"]

#: Contexts that are found by their nonce, as many as .NET's HttpListener keeps; the counts themselves are in the store.
MAX_LIVE: Final = 1024

#: Realms of one credentials handle, the longest unused of which go first. They come from the caller, never from a
#: client.
MAX_REALMS: Final = 64


@dataclass(frozen=True, slots=True)
class Realm:
    """One realm with the qop that it offers."""

    name: str
    acceptor: Acceptor
    sources: Sources

    def look_up(self, opened: ServerContext) -> tuple[str, bytes | None]:
        """The user's name and H(A1) in hex, None for nobody. Raises SourceUnavailable if the source fails or waits."""
        return now_or_never(self.sources.look_up(opened, at_once))


class LiveContext(Context):
    """A context that later requests may be matched to; what the service needs to know of it."""

    @abstractmethod
    def alive(self) -> bool:
        """Whether the nonce is not over."""

    @abstractmethod
    def same_user(self, credentials: Credentials) -> bool:
        """Whether a response speaks of this context's user, in the same form and with the same algorithm."""

    @abstractmethod
    def is_refused(self, token: bytes) -> bool:
        """Whether `complete` has refused this response for its count alone: then its client is owed a new challenge."""


class HTTPService(ForkAware, HoldsSecrets):
    """See the head of the file. `random(n)` gives n octets, `clock()` seconds since 1970."""

    def __init__(
        self,
        users: Mapping[str, str] | Users,
        *,
        default_realm: str,
        algorithms: Iterable[str],
        userhash: bool = False,
        allow_rfc2069: bool = False,
        lifetime: float = DEFAULT_LIFETIME,
        store: NonceStore | None = None,
        clock: Callable[[], float] = steady_clock,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._users: Final = users
        #: Of a call that names no realm.
        self.default_realm: Final = default_realm
        self._algorithms: Final = select(algorithms)
        self._userhash: Final = userhash
        self._allow_rfc2069: Final = allow_rfc2069
        self._lifetime: Final = lifetime
        self._store: Final = store if store is not None else MemoryStore()
        self._clock: Final = clock
        self.random: Final = random
        self._keys: Final = (os.urandom(32),)
        self._rule: Final = SequenceDetect()
        self._lock = Lock()
        self._realms: Final[OrderedDict[tuple[str, bool], Realm]] = OrderedDict()
        self._live: Final[OrderedDict[bytes, LiveContext]] = OrderedDict()
        super().__init__()

    def after_fork_in_child(self) -> None:
        """See ForkAware. The contexts go with the counts of their nonces, which the child's store does not know."""
        self._lock = Lock()
        self._live.clear()

    def realm(self, name: str, *, integrity: bool) -> Realm:
        """The realm of that name, made if need be. Raises ConfigurationError for a name no field can hold."""
        name = realm_name(name)  # in one Unicode form, which is that of the challenge and so of the answer
        with self._lock:
            realm = self._realms.get((name, integrity))
            if realm is None:
                realm = self._realms[name, integrity] = self._make(name, integrity=integrity)
                if len(self._realms) > MAX_REALMS:
                    self._realms.popitem(last=False)
            self._realms.move_to_end((name, integrity))
            return realm

    def known_realm(self, octets: bytes, *, integrity: bool) -> Realm | None:
        """The realm that a response names, if a challenge of this handle could have named it."""
        return self._realms.get((octets_to_text(octets), integrity))

    def _make(self, name: str, *, integrity: bool) -> Realm:
        nonces = UpgradedNonces(
            name.encode(),
            self._keys,
            lambda: self._store.epoch,
            lifetime=self._lifetime,
            clock=self._clock,
            random=self.random,
        )
        acceptor = Acceptor(
            name,
            self._algorithms,
            nonces,
            qop=("auth", "auth-int") if integrity else ("auth",),
            allow_rfc2069=self._allow_rfc2069,
            userhash=self._userhash,
        )
        users = open_users(self._users, name, self._algorithms)
        return Realm(name, acceptor, Sources(users, self._store, self._rule, name))

    def register(self, nonce: bytes, context: LiveContext) -> None:
        """Let later requests find this context."""
        with self._lock:
            self._live[nonce] = context
            self._live.move_to_end(nonce)
            # Those that began first end first. What is over holds H(A1) and helps nobody.
            while self._live:
                if len(self._live) <= MAX_LIVE and not _over(next(iter(self._live.values()))):
                    return
                self._live.popitem(last=False)

    def find(self, credentials: Credentials) -> LiveContext | None:
        """The live context of a response's nonce and user, if its nonce is not over. opaque is not needed."""
        with self._lock:
            context = self._live.get(credentials.nonce)
        if context is None or _over(context):
            self.forget(credentials.nonce)
            return None
        return context if context.same_user(credentials) else None

    def forget(self, nonce: bytes) -> None:
        """Find this context no more."""
        with self._lock:
            self._live.pop(nonce, None)


def _over(context: LiveContext) -> bool:
    return context.closed or not context.alive()
