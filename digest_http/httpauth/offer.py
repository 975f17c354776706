"""What one realm offers: its challenges (RFC 7616 §3.3), and whether an answer keeps to them.

An answer that is well-formed and keeps to another offer is no mistake of the client's: it may remember the offer of
yesterday. It gets the offer of today (NotOffered: 401), and so is let in one request later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from digest_http.algorithms import Algorithm
from digest_http.challenge import QOPS, Challenge
from digest_http.credentials import Credentials
from digest_http.encoding import text_to_octets
from digest_http.errors import MalformedField, NotOffered
from digest_http.grammar import token

from .nonce_kind import NonceKind
from .nonces import NonceSource

__all__ = ["AUTH", "AUTH_INT", "DEFAULT_QOP", "QOPS", "Offer"]


#: What is offered without a setting. Programs that prefer auth-int once it is offered sign every body with it, and a
#: long body then fails; some old ones cannot read a list. No client is known that needs auth-int.
DEFAULT_QOP: Final = ("auth",)

AUTH: Final = b"auth"
AUTH_INT: Final = b"auth-int"

_PLACE_OF_NONCE: Final = b"0" * 16

_token: Final = re.compile(token)

#: A challenge cut where its nonce goes, and what issues that nonce.
_Template = tuple[NonceKind, bytes, bytes]


class Offer:
    """The algorithms, in order of preference, and the qops of one realm. See Acceptor for the arguments.

    They were checked there.
    """

    __slots__ = ("_algorithms", "_qop", "_templates", "_userhash", "_usual", "auth_only", "nonces", "realm")

    def __init__(
        self,
        realm: str,
        algorithms: Iterable[Algorithm],
        nonces: NonceSource,
        *,
        qop: Iterable[str],
        allow_rfc2069: bool,
        userhash: bool,
        proxy: bool,
    ) -> None:
        algorithms = tuple(algorithms)
        qop = tuple(qop)
        self.realm: Final = text_to_octets(realm)
        # No digest made for one challenge may serve in another: docs/security.md, "No digest stands for another".
        self.nonces: Final = {a: nonces.for_challenge(a, proxy=proxy) for a in algorithms}
        """The source of the nonces of each algorithm's challenges."""
        self.auth_only: Final = (
            {a: nonces.for_challenge(a, proxy=proxy, auth_only=True) for a in algorithms}
            if set(qop) == set(QOPS)
            else {}
        )
        """The same for challenges that offer auth where auth-int is on offer too; empty where it is not."""
        self._algorithms: Final[dict[bytes | None, Algorithm]] = {
            spelling: a for a in algorithms for spelling in (a.token, a.token.lower())
        }
        # RFC 7616 §3.3: an absent algorithm means MD5, which must be on offer all the same.
        if b"MD5" in self._algorithms:
            self._algorithms[None] = self._algorithms[b"MD5"]
        self._qop: Final = frozenset([*(word.encode() for word in qop), *([b""] if allow_rfc2069 else [])])
        self._userhash: Final = userhash
        words = tuple(word.encode() for word in qop)
        self._templates: Final[dict[tuple[bool, bool], list[_Template]]] = {
            (stale, short): [
                self._template(source, algorithm, (AUTH,) if short else words, stale=stale)
                for algorithm, source in (self.auth_only if short else self.nonces).items()
            ]
            for stale in (False, True)
            for short in (False, True)
        }
        self._usual: Final = self._templates[False, False]

    def _template(self, source: NonceSource, algorithm: Algorithm, qop: tuple[bytes, ...], *, stale: bool) -> _Template:
        text = Challenge(
            realm=self.realm,
            nonce=_PLACE_OF_NONCE,
            algorithm=algorithm.token,
            qop=qop,
            stale=stale,
            utf8=True,
            userhash=self._userhash,
        ).serialize()
        # The last place that looks so: the realm may hold anything, and what follows the nonce is ours.
        before, _, after = text.rpartition(_PLACE_OF_NONCE)
        return source.kind, before, after

    def challenges(self, *, stale: bool = False, auth_only: bool = False) -> list[bytes]:
        """One value an algorithm, with a fresh nonce each. `auth_only` leaves auth-int out, if auth is on offer too."""
        return [value for _, value in self.fields(b"", stale, auth_only)]

    def fields(self, name: bytes, stale: bool, auth_only: bool) -> list[tuple[bytes, bytes]]:  # noqa: FBT001 - names cost more
        """The same as header fields of this name."""
        # What nearly every client begins with, without a look-up by two values.
        templates = self._templates[stale, auth_only and bool(self.auth_only)] if stale or auth_only else self._usual
        found: list[tuple[bytes, bytes]] = []
        for kind, before, after in templates:
            found.append((name, before + kind.issue() + after))
        return found

    def algorithm_of(self, credentials: Credentials) -> Algorithm:
        """The algorithm of an answer that keeps to this offer. Raises NotOffered, or MalformedField for no token."""
        name, qop = credentials.algorithm, credentials.qop
        algorithm = self._algorithms.get(name) or self._algorithms.get(name.lower() if name is not None else None)
        if algorithm is None:
            if name is not None and not _token.fullmatch(name):
                raise MalformedField("the algorithm is not a token", reason="algorithm")
            raise NotOffered("The algorithm is not one of those offered", reason="algorithm-not-offered")
        if qop not in self._qop:
            # A list in quotes is no answer to any offer: RFC 7616 §3.4 wants the one word that was chosen.
            if qop and not _token.fullmatch(qop):
                raise MalformedField("the qop is not a token: it is the one word that was chosen", reason="qop")
            raise NotOffered("The qop is missing, or not one of those offered", reason="qop-not-offered")
        if not qop and algorithm.token != b"MD5":
            raise NotOffered(f"{algorithm.name} needs a qop; only MD5 has a form without", reason="qop-not-offered")
        if credentials.userhash and not self._userhash:
            raise NotOffered("A userhash is not what was offered", reason="userhash-not-offered")
        return algorithm
