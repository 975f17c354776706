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
from digest_http.httpauth.nonces import DEFAULT_LIFETIME, NonceSource, steady_clock
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
from .extended_protection import UPGRADED

__all__ = ["HTTPService", "LiveContext", "Realm"]

#: How many contexts are found by their nonce: as many as .NET's HttpListener keeps. The counts are in the store.
MAX_LIVE: Final = 1024

#: The most realms of one credentials handle. The realm that was not used for the longest time is dropped first. Realms
#: come from the caller, never from a client.
MAX_REALMS: Final = 64


@dataclass(frozen=True, slots=True)
class Realm:
    """One realm with the qop that it offers."""

    name: str
    acceptor: Acceptor
    sources: Sources

    def look_up(self, opened: ServerContext) -> tuple[str, bytes | None]:
        """(The user's name, H(A1) in hex or None if there is no such user).

        Raises SourceUnavailable if the source fails or is asynchronous.
        """
        return now_or_never(self.sources.look_up(opened, at_once))


class LiveContext(Context):
    """A context to which later requests may belong. These are the questions that the service asks it."""

    @abstractmethod
    def alive(self) -> bool:
        """Whether the nonce has not expired."""

    @abstractmethod
    def same_user(self, credentials: Credentials) -> bool:
        """Whether a response names this context's user, in the same form and with the same algorithm."""

    @abstractmethod
    def is_refused(self, token: bytes) -> bool:
        """Whether `complete` has refused this response only for its count. Then the client must get a new challenge."""


class HTTPService(ForkAware, HoldsSecrets):
    """See the head of the file. `random(n)` returns n random octets, `clock()` seconds since 1970.

    `lifetime` is that of a nonce, in seconds.
    """

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
        #: The realm for a call that names none.
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
        """See ForkAware. The child drops the contexts, because its store does not know the counts of their nonces."""
        self._lock = Lock()
        self._live.clear()

    def realm(self, name: str, *, integrity: bool) -> Realm:
        """The realm of that name; it is made if it is new. Raises ConfigurationError for a name that cannot be sent."""
        name = realm_name(name)  # in one Unicode form, the form of the challenge and so of the response
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
        nonces = NonceSource(
            name.encode(),
            self._keys,
            lambda: self._store.epoch,
            lifetime=self._lifetime,
            clock=self._clock,
            random=self.random,
            prefix=UPGRADED,
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
            # The oldest contexts expire first. An expired context has H(A1) and is useless, so it is dropped.
            while self._live:
                if len(self._live) <= MAX_LIVE and not _over(next(iter(self._live.values()))):
                    return
                self._live.popitem(last=False)

    def find(self, credentials: Credentials) -> LiveContext | None:
        """The live context of a response's nonce and user, if its nonce has not expired. opaque is not needed."""
        with self._lock:
            context = self._live.get(credentials.nonce)
        if context is None or _over(context):
            self.forget(credentials.nonce)
            return None
        return context if context.same_user(credentials) else None

    def forget(self, nonce: bytes) -> None:
        """Let no later request find this context."""
        with self._lock:
            self._live.pop(nonce, None)


def _over(context: LiveContext) -> bool:
    return context.closed or not context.alive()
