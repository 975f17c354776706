"""Protection spaces: where what was learnt from one server may be used (RFC 7616 §3.3, RFC 9110 §11.5).

Everything is kept under (proxy or server, origin). Nothing learnt from one origin is found for another: that would
let a server choose the nonce under which another server's password hash is spent.

Anybody on the way can send a challenge, so a challenge alone changes nothing that other requests go by: it makes a
candidate, and only `accept` puts that among the spaces. `docs/client.md` has the table of what changes what.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final, NamedTuple

from digest_http.algorithms import Algorithm

from .challenge_selection import Choice
from .client import ClientContext
from .client_identity import Identity
from .client_nonce import ClientNonce
from .origins import Origin, covers, paths_of
from .path_memory import PathMemory
from .realm_refusals import RealmRefusals

__all__ = ["ANY_STRENGTH", "OriginSpaces", "SpaceTable"]

#: Origins that are kept, and realms of one origin that have accepted something; the longest unused goes first.
MAX_ORIGINS: Final = 1024
MAX_REALMS: Final = 32

#: Contexts of one origin that were challenged for and have accepted nothing: no more than calls that start together.
MAX_CANDIDATES: Final = 16

#: Nonces of one origin that wait for one more try; as many requests as usually run at once.
MAX_OFFERS: Final = 64

#: What every choice is at least as strong as; see `Choice.strength`.
ANY_STRENGTH: Final = (-1, False)


class _Space:
    """One realm of one origin: the context in use, those of other algorithms, and the paths it is known for."""

    __slots__ = ("context", "contexts", "prefixes", "seen")

    def __init__(self, context: ClientContext) -> None:
        self.context = context
        self.contexts: Final[dict[Algorithm, ClientContext]] = {}
        self.prefixes: tuple[bytes, ...] = ()
        self.seen: Final = PathMemory()

    def reach(self, path: bytes) -> int:
        """Length of the longest prefix that covers `path`; 0 for none."""
        return max(_reach(self.prefixes, path), self.seen.reach(path))


class _Offer(NamedTuple):
    """A nonce that one more request may try, and the paths it is for."""

    context: ClientContext
    nonce: ClientNonce
    prefixes: tuple[bytes, ...]


class OriginSpaces:
    """The protection spaces of one origin (or proxy). Reading takes no lock: tuples are replaced, not changed.

    With `allow_weaker` the strength that the origin has accepted binds nothing.
    """

    __slots__ = (
        "_candidates",
        "_identities",
        "_lock",
        "_refusals",
        "_spaces",
        "allow_weaker",
        "floor",
        "offers",
        "only",
        "origin",
        "pin",
        "proxy",
    )

    def __init__(self, origin: Origin, *, proxy: bool = False, allow_weaker: bool = False) -> None:
        self.origin: Final = origin
        self.proxy: Final = proxy
        self.allow_weaker: Final = allow_weaker
        self._lock: Final = Lock()
        self._refusals: Final = RealmRefusals()
        self._spaces: tuple[_Space, ...] = ()
        self._candidates: Final[OrderedDict[tuple[bytes, Algorithm], ClientContext]] = OrderedDict()
        # Users by realm, where a source names them.
        self._identities: Final[OrderedDict[bytes, Identity]] = OrderedDict()
        #: The one context of an origin that has one realm for all its paths: the usual case, and no search.
        self.only: ClientContext | None = None
        #: Nonces for one more try each, see `offer`.
        self.offers: tuple[_Offer, ...] = ()
        #: The strength (hash, has qop) of the strongest choice that this origin has accepted, in whatever realm.
        self.pin: tuple[int, bool] | None = None
        #: What is weaker than this is not signed; as low as can be without a pin, and with `allow_weaker`.
        self.floor: tuple[int, bool] = ANY_STRENGTH

    def find(self, target: bytes) -> ClientContext | None:
        """The context for a request target, by the longest path prefix; of equals the one accepted last."""
        if self.only is not None:
            return self.only
        best, reach = None, 0
        for space in self._spaces:
            length = space.reach(target)
            if length > reach:
                best, reach = space.context, length
        return best

    def context_for(self, choice: Choice, make: Callable[[bytes, Algorithm], ClientContext]) -> ClientContext:
        """The context of the challenge's realm and algorithm, made if need be. `find` knows it once it was accepted."""
        realm, algorithm = key = choice.challenge.realm, choice.algorithm
        with self._lock:
            space = self._space_of(realm)
            context = space.contexts.get(algorithm) if space is not None else None
            if context is None:
                context = self._candidates.pop(key, None) or make(realm, algorithm)
                context.realm_refusals = self._refusals
                self._candidates[key] = context
                if len(self._candidates) > MAX_CANDIDATES:
                    self._candidates.popitem(last=False)
        return context

    def identity_for(self, realm: bytes) -> Identity | None:
        """The user that `take_identity` was told for a realm."""
        return self._identities.get(realm)

    def take_identity(self, realm: bytes, identity: Identity) -> None:
        """Sign for another user in a realm, or with another password, from now on."""
        with self._lock:
            self._identities[realm] = identity
            self._identities.move_to_end(realm)
            if len(self._identities) > MAX_REALMS:
                self._identities.popitem(last=False)
            space = self._space_of(realm)
            for context in (*self._candidates.values(), *(space.contexts.values() if space is not None else ())):
                if context.realm == realm:
                    context.speak_for(identity)

    def accept(self, context: ClientContext, nonce: ClientNonce, target: bytes) -> bool:
        """Note that the server took a request for `target` signed with this new nonce, or that the user vouches for it.

        Requests that the challenge speaks for are from now on signed by its context, and nothing weaker is signed at
        this origin. False if this one is too weak itself: something stronger was accepted meanwhile.
        """
        with self._lock:
            if nonce.strength < self.floor:
                return False
            space = self._space_of(context.realm) or _Space(context)
            if space.contexts.setdefault(context.algorithm, context) is context:
                space.context = context
            # RFC 7616 §3.3: domain means nothing to a proxy, which is one space.
            space.prefixes = (b"/",) if self.proxy else paths_of(nonce.choice.challenge.domain, self.origin)
            space.seen.add(_hint(space, target.partition(b"?")[0]))
            self._spaces = (space, *(known for known in self._spaces if known is not space))[:MAX_REALMS]
            self.only = space.context if len(self._spaces) == 1 and b"/" in space.prefixes else None
            self._candidates.pop((context.realm, context.algorithm), None)
            self.pin = nonce.strength if self.pin is None else max(self.pin, nonce.strength)
            if not self.allow_weaker:
                self.floor = self.pin
        return True

    def offer(self, context: ClientContext, nonce: ClientNonce, target: bytes) -> None:
        """Let one more request try a nonce that was neither accepted nor refused, in place of what `find` gives."""
        paths = (b"/",) if self.proxy else paths_of(nonce.choice.challenge.domain, self.origin)
        with self._lock:
            offer = _Offer(context, nonce, (*paths, target.partition(b"?")[0]))
            self.offers = (*self.offers, offer)[-MAX_OFFERS:]

    def take_offer(self, target: bytes) -> tuple[ClientContext, ClientNonce] | None:
        """The nonce that a request for `target` is to try; it is taken out. None if there is no offer for it."""
        with self._lock:
            for offer in reversed(self.offers):
                if _reach(offer.prefixes, target):
                    self.offers = tuple(other for other in self.offers if other is not offer)
                    return offer.context, offer.nonce
        return None

    def contexts(self) -> list[ClientContext]:
        """The contexts in use, the one accepted last first."""
        return [space.context for space in self._spaces]

    def _space_of(self, realm: bytes) -> _Space | None:
        return next((space for space in self._spaces if space.context.realm == realm), None)


def _reach(prefixes: tuple[bytes, ...], path: bytes) -> int:
    return max((len(prefix) for prefix in prefixes if covers(prefix, path)), default=0)


def _hint(space: _Space, path: bytes) -> bytes:
    """The prefix that a challenged path adds to what `domain` says."""
    # Two realms that name no domain both claim the whole server (RFC 7616 §3.3); their folders tell them apart.
    folder = path[: path.rfind(b"/") + 1]
    if folder and any(covers(prefix, folder) for prefix in space.prefixes):
        return folder
    # The path itself belongs to the realm whatever domain says.
    return path


class SpaceTable:
    """All that one client has learnt: the spaces by (proxy or server, origin)."""

    __slots__ = ("_allow_weaker", "_lock", "_table")

    def __init__(self, *, allow_weaker: bool = False) -> None:
        self._allow_weaker: Final = allow_weaker
        self._lock: Final = Lock()
        self._table: Final[OrderedDict[tuple[bool, Origin], OriginSpaces]] = OrderedDict()

    def at(self, origin: Origin, *, proxy: bool = False) -> OriginSpaces | None:
        """What is known of an origin, or None."""
        return self._table.get((proxy, origin))

    def create(self, origin: Origin, *, proxy: bool = False) -> OriginSpaces:
        """The same, made if need be: to be called when an origin has challenged, not before.

        A full table forgets an origin that has accepted nothing, before one whose pin would be forgotten with it.
        """
        key = (proxy, origin)
        with self._lock:
            spaces = self._table.get(key)
            if spaces is None:
                if len(self._table) >= MAX_ORIGINS:
                    unpinned = (known for known, at in self._table.items() if at.pin is None)
                    del self._table[next(unpinned, None) or next(iter(self._table))]
                spaces = self._table[key] = OriginSpaces(origin, proxy=proxy, allow_weaker=self._allow_weaker)
            self._table.move_to_end(key)
        return spaces

    def all(self) -> list[OriginSpaces]:
        """The spaces of every origin that has challenged."""
        with self._lock:
            return list(self._table.values())
