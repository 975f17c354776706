"""The client's context: signs requests of one user for one realm and algorithm, and checks the server's proof.

RFC 7616 §3.4 (Authorization), §3.5 (Authentication-Info), §3.6 (one count a nonce, preemptive use). A context takes the
HTTP layout of `buffers`. Threads may share it: the one thing they race for, the next nc, is taken under a lock.
"""

from __future__ import annotations

import os
import time
from binascii import hexlify
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from secrets import compare_digest
from threading import Lock
from typing import Final, NamedTuple

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.authinfo import AuthenticationInfo
from digest_http.buffers import HTTPMessage
from digest_http.encoding import quote_string
from digest_http.errors import MalformedField, WrongPrincipal

from .client_nonce import ClientNonce
from .identity import Identity
from .selection import Choice

__all__ = ["ClientContext", "Signature", "event_order"]

MAX_COUNT: Final = 0xFFFFFFFF

#: Nonces remembered in one context. A nonce that is forgotten and then offered again would restart its count, so there
#: are many more than requests are usually in flight.
MAX_NONCES: Final = 256

#: How long a refused password counts as refused. After that a plain 401 gets its one retry again.
REFUSAL_SECONDS: Final = 60.0

# Octets of a request target that need no look; whatever is left after deleting them does.
_PLAIN: Final = bytes(octet for octet in range(0x21, 0x7F) if octet not in b'"\\')

_order: Final = count(1)


def event_order() -> int:
    """A number greater than all before it in this process; it orders sending against learning."""
    return next(_order)


class Signature(NamedTuple):
    """What one request was signed with: enough to check the server's answer to it."""

    nonce: ClientNonce
    qop: bytes
    nc: bytes
    cnonce: bytes
    url: bytes


class ClientContext:
    """One user at one realm of one origin with one algorithm.

    `random(n)` gives n octets, `clock()` seconds of any steady clock. `quote_all` also quotes qop and algorithm.
    """

    __slots__ = ("_clock", "_current", "_lock", "_nonces", "_quote_all", "_random", "_refused_at", "accepted",
                 "accepted_at", "algorithm", "identity", "realm")  # fmt: skip

    def __init__(
        self,
        identity: Identity,
        realm: bytes,
        algorithm: Algorithm,
        *,
        quote_all: bool = False,
        random: Callable[[int], bytes] = os.urandom,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.identity: Final = identity
        self.realm: Final = realm
        self.algorithm: Final = algorithm
        #: The (strength, has qop) of the strongest choice that the server has accepted; None before that.
        self.accepted: tuple[int, bool] | None = None
        #: When that last happened, as an `event_order`.
        self.accepted_at = 0
        self._quote_all: Final = quote_all
        self._random: Final = random
        self._clock: Final = clock
        self._lock: Final = Lock()
        self._nonces: Final[OrderedDict[bytes, ClientNonce]] = OrderedDict()
        self._current: ClientNonce | None = None
        self._refused_at: float | None = None

    @property
    def current(self) -> ClientNonce | None:
        """The nonce to sign with, or None: then a request goes out unsigned and its 401 is learnt from."""
        return self._current

    def make_signature(self, message: HTTPMessage, nonce: ClientNonce | None = None) -> Signature | None:
        """Sign `message`: PADDING receives the Authorization parameters with the next nc.

        With HEntity the qop is auth-int, without it auth (or none, for RFC 2069). Returns None if there is no nonce to
        sign with, or its count is used up. Raises MalformedField if the challenge did not offer that qop, or for
        control characters in the URL.
        """
        nonce = nonce or self._current
        if nonce is None:
            return None
        url, hentity = message.url, message.hentity
        qop, field = nonce.field_for(hentity)
        quoted = quote_string(url)[1:-1] if url.translate(None, _PLAIN) else url
        algorithm = self.algorithm
        ha2 = calculation.request_hash(algorithm, message.method, url, hentity)
        if not qop:
            response = calculation.response_rfc2069(algorithm, nonce.ha1, nonce.octets, ha2)
            message.padding = field % (quoted, response)
            return Signature(nonce, qop, b"", b"", url)
        with self._lock:
            nonce.count = number = nonce.count + 1
        if number >= MAX_COUNT:
            self._end(nonce)
            if number > MAX_COUNT:
                return None
        nc = b"%08x" % number
        cnonce = nonce.cnonce or hexlify(self._random(16))
        response = calculation.response(algorithm, nonce.ha1, nonce.octets, nc, cnonce, qop, ha2)
        message.padding = field % (quoted, response, nc, cnonce)
        return Signature(nonce, qop, nc, cnonce, url)

    def verify_signature(self, message: HTTPMessage, signature: Signature) -> AuthenticationInfo:
        """Check the server's proof: TOKEN is the Authentication-Info value, HEntity hex H(response body).

        HEntity counts only if the server used auth-int. Raises WrongPrincipal if rspauth is missing or wrong, or if
        nc, cnonce or qop are those of another request; MalformedField for a broken field.
        """
        info = AuthenticationInfo.parse(message.token)
        if info.rspauth is None:
            raise WrongPrincipal("the server sent no rspauth, so it has not proved that it knows the password")
        # RFC 7616 §3.5: cnonce and nc must be those of the request; the response covers them even if not repeated.
        if (info.nc is not None and info.nc.lower() != signature.nc) or (
            info.cnonce is not None and info.cnonce != signature.cnonce
        ):
            raise WrongPrincipal("the server's proof belongs to another request (nc or cnonce differ)")
        qop = signature.qop if info.qop is None or not signature.qop else info.qop.lower()
        if qop not in (signature.qop, b"auth", b"auth-int"):
            raise WrongPrincipal("the server's proof has a qop that was never asked for")
        # RFC 7616 §3.5: A2 has no method, and H(entity-body) with auth-int only.
        hentity = message.hentity if qop == b"auth-int" else b""
        nonce = signature.nonce
        ha2 = calculation.request_hash(self.algorithm, b"", signature.url, hentity)
        if qop:
            expected = calculation.response(
                self.algorithm, nonce.ha1, nonce.octets, signature.nc, signature.cnonce, qop, ha2
            )
        else:
            expected = calculation.response_rfc2069(self.algorithm, nonce.ha1, nonce.octets, ha2)
        if not compare_digest(expected, info.rspauth.lower()):
            raise WrongPrincipal("the server's proof (rspauth) is wrong: it does not know the password")
        return info

    def learn(self, choice: Choice, sent_at: int) -> ClientNonce | None:
        """Take up a challenge that answers a request sent at `sent_at`; return the nonce to try next.

        A nonce that is known keeps its count. If a newer nonce was learnt after that request was sent, the challenge
        is late and the newer nonce is returned instead. None if the challenge cannot be answered.
        """
        with self._lock:
            current = self._current
            if current is not None and current.learnt_at > sent_at:
                return current
            known = self._nonces.get(choice.challenge.nonce)
            if known is not None and known.count >= MAX_COUNT:
                return None
        # Made outside the lock, since it hashes; if two threads learn the same nonce, the first one's is kept.
        return self._install(ClientNonce(choice, self.identity, random=self._random, quote_all=self._quote_all))

    def learn_next(self, signature: Signature, nextnonce: bytes | None) -> None:
        """Take up nextnonce (RFC 7616 §3.5); the old nonce's count stays for requests in flight."""
        # RFC 7616 §3.4.2 makes A1 of -sess "only once", from the challenge's nonce; servers without a memory make it
        # from the nonce of each request. No client can please both after nextnonce, so it waits for stale=true.
        if not nextnonce or self.algorithm.session or nextnonce == signature.nonce.octets:
            return
        try:
            self._install(signature.nonce.successor(nextnonce))
        except MalformedField:  # octets that no field can carry back: as if it had not been sent
            return

    def accept(self, strength: tuple[int, bool]) -> None:
        """Note that a signed request was let in."""
        self._refused_at = None
        self.accepted_at = next(_order)
        if self.accepted is None or strength > self.accepted:
            self.accepted = strength

    def refuse(self) -> None:
        """Note that the server refused the password itself, not the nonce or the count."""
        self._refused_at = self._clock()
        self.accepted = None

    @property
    def refused(self) -> bool:
        """Whether the password was refused in the last REFUSAL_SECONDS and not accepted since."""
        return self._refused_at is not None and self._clock() - self._refused_at < REFUSAL_SECONDS

    def _install(self, nonce: ClientNonce) -> ClientNonce:
        with self._lock:
            known = self._nonces.get(nonce.octets)
            if known is not None:
                # RFC 7616 §3.4: nc counts the requests sent with this nonce. A repeated 401 does not undo them.
                known.adopt(nonce)
                nonce = known
            else:
                self._nonces[nonce.octets] = nonce
            self._nonces.move_to_end(nonce.octets)
            if len(self._nonces) > MAX_NONCES:
                self._nonces.popitem(last=False)
            nonce.learnt_at = event_order()
            self._current = nonce
            return nonce

    def _end(self, nonce: ClientNonce) -> None:
        # RFC 7616 §3.4: nc has eight digits and must rise, so after ffffffff this nonce is over.
        with self._lock:
            if self._current is nonce:
                self._current = None

    def __repr__(self) -> str:
        return f"<ClientContext of {self.identity.username!a} at {self.realm!r}, {self.algorithm.name}>"
