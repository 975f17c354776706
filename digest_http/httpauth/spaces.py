"""Origins and protection spaces: where what was learnt from one server may be used (RFC 7616 §3.3, RFC 9110 §11.5).

Everything is kept under (proxy or server, origin). Nothing learnt from one origin is found for another: that would
let a server choose the nonce under which another server's password hash is spent.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final, NamedTuple

from digest_http.algorithms import Algorithm

from .client import ClientContext
from .selection import Choice

__all__ = ["Origin", "OriginSpaces", "SpaceTable", "paths_of"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

#: Origins, realms at one origin, and path prefixes of one realm that are kept; the longest unused goes first.
MAX_ORIGINS: Final = 1024
MAX_REALMS: Final = 32
MAX_PREFIXES: Final = 64

# RFC 3986 §3: scheme "://" authority, then path, query or fragment.
_absolute: Final = re.compile(rb"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)([^?#]*)")
_authority: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::([0-9]{0,5}))?")


class Origin(NamedTuple):
    """Scheme, host and effective port (RFC 9110 §4.3.1), normalised by `of`, so that they compare with ==."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, scheme: str, host: str, port: int | None) -> Origin:
        """The origin of a URL's parts: any letter case, IDN or its ASCII form, default port given or not.

        Raises UnicodeError for a host that IDNA cannot encode.
        """
        scheme = scheme.lower()
        # RFC 6455 §4.1: a websocket handshake is a request to the http or https server of that host and port.
        scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
        return cls(scheme, host.lower().strip("[]"), port or _DEFAULT_PORTS.get(scheme, 0))


def paths_of(domain: Iterable[bytes], origin: Origin) -> tuple[bytes, ...]:
    """The path prefixes that a challenge's `domain` names at `origin`; a domain that is absent covers every path.

    RFC 7616 §3.3. URIs of other origins are left out: what was learnt here is not used there.
    """
    found: list[bytes] = []
    given = False
    for uri in domain:
        given = True
        absolute = _absolute.match(uri)
        if absolute is not None:
            if _origin_of(absolute[1], absolute[2]) == origin:
                found.append(absolute[3] or b"/")
        elif uri.startswith(b"/") and not uri.startswith(b"//"):
            found.append(re.split(rb"[?#]", uri, maxsplit=1)[0])
    return tuple(found[:MAX_PREFIXES]) if given else (b"/",)


def _origin_of(scheme: bytes, authority: bytes) -> Origin | None:
    parts = _authority.fullmatch(authority)
    if parts is None:
        return None
    try:
        return Origin.of(scheme.decode("ascii"), parts[1].decode(), int(parts[2]) if parts[2] else None)
    except UnicodeError:  # not UTF-8, or nothing IDNA can encode
        return None


def _covers(prefix: bytes, path: bytes) -> bool:
    # By segment: "/a" covers "/a", "/a/b" and "/a?x", never "/ab".
    if not path.startswith(prefix):
        return False
    return prefix.endswith(b"/") or path[len(prefix) : len(prefix) + 1] in (b"", b"/", b"?")


class _Space:
    """One realm of one origin: the context in use, those of other algorithms, and the paths it is known for."""

    __slots__ = ("context", "contexts", "prefixes", "seen")

    def __init__(self, context: ClientContext) -> None:
        self.context = context
        self.contexts: Final[dict[Algorithm, ClientContext]] = {}
        self.prefixes: tuple[bytes, ...] = ()
        self.seen: tuple[bytes, ...] = ()

    def reach(self, path: bytes) -> int:
        """Length of the longest prefix that covers `path`; 0 for none."""
        return max((len(p) for p in (*self.prefixes, *self.seen) if _covers(p, path)), default=0)


class OriginSpaces:
    """The protection spaces of one origin (or proxy). Reading takes no lock: the tuple is replaced, not changed."""

    __slots__ = ("_lock", "_spaces", "only", "origin", "proxy")

    def __init__(self, origin: Origin, *, proxy: bool = False) -> None:
        self.origin: Final = origin
        self.proxy: Final = proxy
        self._lock: Final = Lock()
        self._spaces: tuple[_Space, ...] = ()
        #: The one context of an origin that has one realm for all its paths: the usual case, and no search.
        self.only: ClientContext | None = None

    def find(self, target: bytes) -> ClientContext | None:
        """The context for a request target, by the longest path prefix; of equals the one learnt last."""
        if self.only is not None:
            return self.only
        best, reach = None, 0
        for space in self._spaces:
            length = space.reach(target)
            if length > reach:
                best, reach = space.context, length
        return best

    def context_for(
        self, choice: Choice, target: bytes, make: Callable[[bytes, Algorithm], ClientContext]
    ) -> ClientContext:
        """The context of the challenge's realm and algorithm, made if need be, and from now on found for `target`."""
        realm, algorithm = choice.challenge.realm, choice.algorithm
        with self._lock:
            space = next((known for known in self._spaces if known.context.realm == realm), None)
            if space is None:
                space = _Space(make(realm, algorithm))
            context = space.contexts.get(algorithm)
            if context is None:
                context = space.context if space.context.algorithm is algorithm else make(realm, algorithm)
                space.contexts[algorithm] = context
            space.context = context
            # RFC 7616 §3.3: domain means nothing to a proxy, which is one space.
            space.prefixes = (b"/",) if self.proxy else paths_of(choice.challenge.domain, self.origin)
            hint = self._hint(space, target.partition(b"?")[0])
            space.seen = (*(known for known in space.seen if known != hint), hint)[-MAX_PREFIXES:]
            self._spaces = (space, *(known for known in self._spaces if known is not space))[:MAX_REALMS]
            self.only = context if len(self._spaces) == 1 and b"/" in space.prefixes else None
        return context

    @staticmethod
    def _hint(space: _Space, path: bytes) -> bytes:
        """The prefix that a challenged path adds to what `domain` says."""
        # Two realms that name no domain both claim the whole server (RFC 7616 §3.3); their folders tell them apart.
        folder = path[: path.rfind(b"/") + 1]
        if folder and any(_covers(prefix, folder) for prefix in space.prefixes):
            return folder
        # The path itself belongs to the realm whatever domain says.
        return path

    def strongest_accepted(self, realm: bytes) -> tuple[int, bool] | None:
        """The strength of what `realm` has accepted from this client so far; None if nothing yet."""
        accepted = (
            context.accepted
            for space in self._spaces
            if space.context.realm == realm
            for context in space.contexts.values()
        )
        return max((strength for strength in accepted if strength is not None), default=None)

    def contexts(self) -> list[ClientContext]:
        """The contexts in use, the one learnt last first."""
        return [space.context for space in self._spaces]


class SpaceTable:
    """All that one client has learnt: the spaces by (proxy or server, origin)."""

    __slots__ = ("_lock", "_table")

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._table: Final[OrderedDict[tuple[bool, Origin], OriginSpaces]] = OrderedDict()

    def at(self, origin: Origin, *, proxy: bool = False) -> OriginSpaces | None:
        """What is known of an origin, or None."""
        return self._table.get((proxy, origin))

    def create(self, origin: Origin, *, proxy: bool = False) -> OriginSpaces:
        """The same, made if need be: to be called when an origin has challenged, not before."""
        with self._lock:
            spaces = self._table.get((proxy, origin))
            if spaces is None:
                spaces = self._table[proxy, origin] = OriginSpaces(origin, proxy=proxy)
            self._table.move_to_end((proxy, origin))
            if len(self._table) > MAX_ORIGINS:
                self._table.popitem(last=False)
        return spaces

    def all(self) -> list[OriginSpaces]:
        """The spaces of every origin that has challenged."""
        with self._lock:
            return list(self._table.values())
