"""The server side of HTTP Digest, without I/O (RFC 7616 §3.3-§3.5; "VerifySignature (Digest)").

An `Acceptor` is one realm's policy: it issues challenges and opens a context for each Authorization TOKEN. The
`ServerContext` verifies the HTTP layout against H(A1) and makes the server's own proof. Where H(A1) comes from and
where counts live is not its business, nor is the order of one request: that is the business of
`digest_http.guard.Guard`, the door for servers of all kinds (docs/guard.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

from digest_http.algorithms import Algorithm
from digest_http.credentials import Credentials
from digest_http.names import realm_name
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import flag, instances, words

from .nonces import NonceSource
from .offer import DEFAULT_QOP, QOPS, Offer
from .openings import Opening
from .server import ServerContext
from .terms import Terms
from .token_shapes import Shapes

__all__ = ["DEFAULT_QOP", "QOPS", "Acceptor"]


class Acceptor(HoldsSecrets):
    """Issues the challenges of one realm and opens contexts for the answers.

    `algorithms` in order of preference, each in a challenge of its own with a nonce of its own; `qop` a subset of
    QOPS. `allow_rfc2069` lets an MD5 client answer without qop; with `qop=[]` the challenges name none. `proxy` is for
    a proxy's challenges, whose nonces no server takes, and the other way round.
    Raises ConfigurationError for a setting that cannot work.
    """

    __slots__ = ("decoys", "nonces", "offer", "realm", "shapes")

    def __init__(
        self,
        realm: str,
        algorithms: Iterable[Algorithm],
        nonces: NonceSource,
        *,
        qop: Iterable[str] = DEFAULT_QOP,
        allow_rfc2069: bool = False,
        userhash: bool = False,
        proxy: bool = False,
    ) -> None:
        proxy, allow_rfc2069 = flag("proxy", proxy), flag("allow_rfc2069", allow_rfc2069)
        if not (allow_rfc2069 and isinstance(qop, (list, tuple)) and not qop):
            qop = words("qop", qop, QOPS)
        (nonces,) = instances("nonces", (nonces,), NonceSource, example="NonceSource(...)")
        self.offer: Final = Offer(
            realm_name(realm),
            instances("algorithms", algorithms, Algorithm, example="by_name('SHA-256')"),
            nonces,
            qop=qop,
            allow_rfc2069=allow_rfc2069,
            userhash=flag("userhash", userhash),
            proxy=proxy,
        )
        self.realm: Final = self.offer.realm
        self.nonces: Final = self.offer.nonces
        """The source of the nonces of each algorithm's challenges."""
        self.shapes: Final = Shapes()
        # What an unknown user is checked against, so that he costs what a wrong password costs.
        self.decoys: Final = {a: os.urandom(a.digest_size).hex().encode() for a in self.nonces}

    def challenges(self, *, stale: bool = False, auth_only: bool = False) -> list[bytes]:
        """WWW-Authenticate values, one an algorithm, strongest preference first, with a fresh nonce each.

        `auth_only`: for a request whose body is too long for auth-int; it is left out if auth is on offer too.
        """
        return self.offer.challenges(stale=stale, auth_only=auth_only)

    def open(self, token: bytes) -> ServerContext:
        """Read a TOKEN and check everything that needs no secret.

        Raises MalformedField, FieldTooLarge, or NotOffered for an algorithm, qop or userhash that is not on offer:
        challenge such a client anew.
        """
        known = self.shapes.open(self, token)
        return self.open_read(token, Credentials.parse(token)) if known is None else known

    def open_read(self, token: bytes, credentials: Credentials) -> ServerContext:
        """The same for a TOKEN whose credentials the caller has read already. Raises NotOffered."""
        algorithm = self.offer.algorithm_of(credentials)
        terms = Terms(credentials, algorithm, self.nonces[algorithm], self.realm, self.decoys[algorithm])
        username, _, nonce, uri, response, _, _, nc, cnonce, opaque, _, extended = credentials
        opening = Opening(terms, username, nonce, uri, opaque, extended)
        return ServerContext(self, token, opening, response, nc, cnonce, int(nc, 16) if nc else 1)
