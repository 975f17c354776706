"""The client's context: signs requests of one user for one realm and algorithm, and checks the server's proof.

RFC 7616 §3.4 (Authorization), §3.5 (Authentication-Info), §3.6 (one count a nonce, preemptive use). A context takes the
HTTP layout of `buffers`. Threads may share it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.authinfo import AuthenticationInfo
from digest_http.buffers import HTTPMessage
from digest_http.encoding import quote_string
from digest_http.errors import MalformedField, WrongPrincipal
from digest_http.secret_holder import SecretHolder

from .challenge_selection import Choice
from .client_identity import Identity
from .client_nonce import SCHEME, ClientNonce
from .cnonce_source import CnonceSource, ready_of
from .logical_clock import tick
from .nonce_pool import NoncePool
from .realm_refusals import REFUSAL_SECONDS, RealmRefusals

__all__ = ["ClientContext", "Signature", "SignedParts"]

# Octets of a request target that need no look; whatever is left after deleting them does.
_PLAIN: Final = bytes(octet for octet in range(0x21, 0x7F) if octet not in b'"\\')

# RFC 7616 §3.4: nc-value = 8LHEX.
_NC_DIGITS: Final = 8

#: Targets of one context whose H(A2) is remembered, and the longest of them. A full table is filled anew.
MAX_TARGETS: Final = 64
MAX_TARGET_OCTETS: Final = 1024

# How the proof is usually written, up to the digest: by our server, in the order of RFC 7616 §3.5, and by Apache httpd,
# where qop stands last.
_USUAL: Final = b'qop=auth, rspauth="'
_APACHE: Final = b'rspauth="'
_APACHE_END: Final = b", qop=auth"

#: The value of the field for one request; then qop, count, nc, cnonce and key of its `Signature`.
SignedParts: TypeAlias = tuple[bytes, bytes, int, bytes, bytes, bytes]


class Signature(SecretHolder):
    """What one request was signed with: enough to check the server's answer to it.

    `nc` is the count as it is written, `count` as a number. For RFC 2069 qop, nc and cnonce are empty, `count` is 0.
    `key` is that of `calculation.response_key`, a secret: the proof is made with the same one.
    """

    __slots__ = ("cnonce", "context", "count", "key", "nc", "nonce", "qop", "url")

    def __init__(  # noqa: PLR0917  # made for each request; keywords cost a tenth of a hash
        self,
        context: ClientContext,
        nonce: ClientNonce,
        qop: bytes,
        count: int,
        nc: bytes,
        cnonce: bytes,
        url: bytes,
        key: bytes,
    ) -> None:
        self.context: Final = context
        self.nonce: Final = nonce
        self.qop: Final = qop
        self.count: Final = count
        self.nc: Final = nc
        self.cnonce: Final = cnonce
        self.url: Final = url
        self.key: Final = key

    def qop_of(self, info: AuthenticationInfo) -> bytes:
        """The qop of the proof in an answer to the request, in lower case: auth-int, and no other, covers the body."""
        return info.qop.lower() if info.qop is not None and self.qop else self.qop

    def __repr__(self) -> str:
        return f"<Signature nc={self.nc.decode()} for {self.url!r}>"


class ClientContext(SecretHolder):
    """One user at one realm of one origin with one algorithm.

    `cnonces()` gives a new cnonce, `clock()` seconds of any steady clock. `quote_all` also quotes qop and algorithm.
    `decimal_nc` writes nc as a plain number, which no HTTP server takes but some protocols want.
    """

    __slots__ = ("_clock", "_cnonces", "_nc_format", "_proofs", "_quote_all", "_ready", "_refused_at", "_targets",
                 "accepted_at", "algorithm", "identity", "pool", "realm", "realm_refusals")  # fmt: skip

    def __init__(
        self,
        identity: Identity,
        realm: bytes,
        algorithm: Algorithm,
        *,
        quote_all: bool = False,
        decimal_nc: bool = False,
        cnonces: Callable[[], bytes] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        #: Whose password signs; see `speak_for`.
        self.identity = identity
        self.realm: Final = realm
        self.algorithm: Final = algorithm
        #: When the server last let in what was signed here, by the `tick` of then; 0 before that.
        self.accepted_at = 0
        self._quote_all: Final = quote_all
        # RFC 7616 §3.4: nc-value = 8LHEX.
        self._nc_format: Final = b"%d" if decimal_nc else b"%08x"
        self._cnonces: Final = cnonces or CnonceSource().draw
        self._ready: Final = ready_of(self._cnonces)
        self._clock: Final = clock
        # What follows from a target and a method alone, since programs ask for the same ones again and again: no secret
        # is in it. By target: the method, the target as the field has it, and H(A2); and H(A2) of the proof.
        self._targets: Final[dict[bytes, tuple[bytes, bytes, bytes]]] = {}
        self._proofs: Final[dict[bytes, bytes]] = {}
        self.pool: Final = NoncePool()
        self._refused_at: float | None = None
        #: Those of the origin, which all its contexts share.
        self.realm_refusals = RealmRefusals()

    def make_signature(self, message: HTTPMessage, nonce: ClientNonce | None = None) -> Signature | None:
        """Sign `message`: PADDING receives the Authorization parameters with the next nc.

        Returns None if there is no nonce to sign with, or its count is used up. See `sign`.
        """
        nonce = nonce or self.pool.current
        signed = None if nonce is None else self.sign(nonce, message.method, message.url, message.hentity)
        if signed is None:
            return None
        field, signature = signed
        message.padding = field[len(SCHEME) :]
        return signature

    def sign(
        self, nonce: ClientNonce, method: bytes, url: bytes, hentity: bytes = b""
    ) -> tuple[bytes, Signature] | None:
        """The Authorization value for a request, with the next nc; None if the count of `nonce` is used up.

        With HEntity the qop is auth-int, without it auth (or none, for RFC 2069). Raises MalformedField if the
        challenge did not offer that qop, for control characters in the URL, a method that is no token, or an HEntity
        that is no digest.
        """
        parts = self.sign_in_parts(nonce, method, url, hentity)
        if parts is None:
            return None
        field, qop, count, nc, cnonce, key = parts
        return field, Signature(self, nonce, qop, count, nc, cnonce, url, key)

    def sign_in_parts(self, nonce: ClientNonce, method: bytes, url: bytes, hentity: bytes = b"") -> SignedParts | None:
        """The same for callers that seldom need the Signature: to make one costs a fifth of all the rest."""
        qop, field = nonce.auth_int if hentity else nonce.auth
        if field is None:
            raise nonce.not_offered(hentity)
        known = None if hentity else self._targets.get(url)
        if known is None or known[0] != method:
            known = self._hashed(method, url, hentity)
        _, quoted, ha2 = known
        algorithm = self.algorithm
        if not qop:
            key = calculation.response_key(nonce.ha1, nonce.octets, b"", b"", b"")
            response = calculation.keyed_response(algorithm, key, ha2)
            return field % (quoted, response), qop, 0, b"", b"", key
        number = self.pool.next_count(nonce)
        if number is None:
            return None
        nc = self._nc_format % number
        cnonce = nonce.cnonce
        if not cnonce:
            # As the source does it, less a call.
            try:
                cnonce = self._ready.pop() if self._ready else self._cnonces()
            except IndexError:  # another thread has taken the last one
                cnonce = self._cnonces()
        key = calculation.response_key(nonce.ha1, nonce.octets, nc, cnonce, qop)
        response = calculation.keyed_response(algorithm, key, ha2)
        return field % (quoted, response, nc, cnonce), qop, number, nc, cnonce, key

    def _hashed(self, method: bytes, url: bytes, hentity: bytes) -> tuple[bytes, bytes, bytes]:
        """The method, the target as the field has it, and H(A2), which is remembered where it covers no body.

        Raises as `sign` does, and then remembers nothing.
        """
        if not method.isalpha():  # nearly every method is of letters alone
            HTTPMessage(b"", method, url).check_method()
        quoted = quote_string(url)[1:-1] if url.translate(None, _PLAIN) else url
        # A copy of the method, if it is no octets yet: a buffer of the caller's may be used again.
        made = (bytes(method), quoted, calculation.request_hash(self.algorithm, method, url, hentity))
        if not hentity and len(url) <= MAX_TARGET_OCTETS:
            if len(self._targets) >= MAX_TARGETS:
                self._targets.clear()
            self._targets[url] = made
        return made

    def _hashed_proof(self, url: bytes) -> bytes:
        """H(A2) of a proof that covers no body, which is remembered. RFC 7616 §3.5: A2 has no method."""
        ha2 = calculation.request_hash(self.algorithm, b"", url)
        if len(url) <= MAX_TARGET_OCTETS:
            if len(self._proofs) >= MAX_TARGETS:
                self._proofs.clear()
            self._proofs[url] = ha2
        return ha2

    def is_proven(self, signature: Signature, info: bytes) -> bool:
        """Whether `info`, an Authentication-Info, is to the octet what servers usually write, with a right rspauth.

        False says no more than that: `verify_signature` reads the field then, however it is written.
        """
        nc = signature.nc
        # Of eight digits, as the field has it; and with another qop than auth the proof may cover a body.
        if signature.qop != b"auth" or len(nc) != _NC_DIGITS:
            return False
        end = b'", cnonce="%b", nc=%b' % (signature.cnonce, nc)
        if info.startswith(_USUAL) and info.endswith(end):
            begin = _USUAL
        elif info.startswith(_APACHE) and info.endswith(end + _APACHE_END):
            begin, end = _APACHE, end + _APACHE_END
        else:
            return False
        ha2 = self._proofs.get(signature.url) or self._hashed_proof(signature.url)
        rspauth = calculation.keyed_response(self.algorithm, signature.key, ha2)
        return calculation.same_digest(b"%b%b%b" % (begin, rspauth, end), info)

    def verify_signature(self, message: HTTPMessage, signature: Signature) -> AuthenticationInfo:
        """Check the server's proof: TOKEN is the Authentication-Info value, HEntity hex H(response body).

        HEntity counts only if the server used auth-int. Raises WrongPrincipal if rspauth is missing or wrong, or if
        nc, cnonce or qop are those of another request; MalformedField for a broken field.
        """
        info = AuthenticationInfo.parse(message.token)
        self.verify_proof(info, signature, message.hentity)
        return info

    def verify_proof(self, info: AuthenticationInfo, signature: Signature, hentity: bytes) -> None:
        """The same, for a field that has been read. Raises WrongPrincipal."""
        if info.rspauth is None:
            raise WrongPrincipal("the server sent no rspauth, so it has not proved that it knows the password")
        # RFC 7616 §3.5: cnonce and nc must be those of the request; the response covers them even if not repeated.
        if (info.nc is not None and info.nc.lower() != signature.nc) or (
            info.cnonce is not None and info.cnonce != signature.cnonce
        ):
            raise WrongPrincipal("the server's proof belongs to another request (nc or cnonce differ)")
        qop = signature.qop_of(info)
        if qop not in (signature.qop, b"auth", b"auth-int"):
            raise WrongPrincipal("the server's proof has a qop that was never asked for")
        # RFC 7616 §3.5: A2 has no method, and H(entity-body) with auth-int only.
        hentity = hentity if qop == b"auth-int" else b""
        nonce = signature.nonce
        ha2 = calculation.request_hash(self.algorithm, b"", signature.url, hentity)
        if qop == signature.qop:
            expected = calculation.keyed_response(self.algorithm, signature.key, ha2)
        else:
            expected = calculation.response(
                self.algorithm, nonce.ha1, nonce.octets, signature.nc, signature.cnonce, qop, ha2
            )
        if not calculation.same_digest(expected, info.rspauth.lower()):
            raise WrongPrincipal("the server's proof (rspauth) is wrong: it does not know the password")

    def learn(self, choice: Choice, refused: ClientNonce | None = None) -> ClientNonce | None:
        """Take in a challenge and return its nonce to sign with, counting on if it is known; None if its count is over.

        Others sign with it once it was accepted. `refused` is a nonce that was refused although it came a moment ago:
        where the challenge repeats it with another opaque, its count goes on all the same. Raises MalformedField for a
        challenge that cannot be answered.
        """
        if choice.challenge.stale:  # said of the nonce before: not part of what this one is
            choice = replace(choice, challenge=replace(choice.challenge, stale=False))
        nonce = ClientNonce(choice, self.identity, cnonces=self._cnonces, quote_all=self._quote_all)
        learnt = self.pool.learn(nonce)
        if learnt is not None and refused is not None and refused.octets == learnt.octets:
            self.pool.count_on(learnt)
        return learnt

    def learn_next(self, signature: Signature, nextnonce: bytes | None) -> None:
        """Take up nextnonce (RFC 7616 §3.5), or note that the answer to a signed request had none.

        For answers that count as accepted, or are proven: who else knows which nonce comes next?
        """
        # RFC 7616 §3.4.2 makes A1 of -sess "only once", from the challenge's nonce; servers without a memory make it
        # from the nonce of each request. No client can please both after nextnonce, so it waits for stale=true.
        successor = None
        if nextnonce and not self.algorithm.session and nextnonce != signature.nonce.octets:
            try:
                successor = signature.nonce.successor(nextnonce)
            except MalformedField:  # octets that no field can carry back: as if it had not been sent
                return
        # Without qop there is no count, and nothing tells a nonce for one use from others.
        self.pool.take_nextnonce(signature.count, successor)

    def accept(self, nonce: ClientNonce) -> None:
        """Note that a request signed with this nonce was let in."""
        if nonce.identity is not self.identity:  # the answer to a password of before
            return
        self.accepted_at = tick()
        self._refused_at = None
        if self.realm_refusals.count:
            self.realm_refusals.clear()
        if nonce is not self.pool.current:
            self.pool.accept(nonce)

    def speak_for(self, identity: Identity) -> None:
        """Sign with another name or password from now on, of which nothing is known yet. Counts go on."""
        self.identity = identity
        self.accepted_at = 0
        self._refused_at = None
        self.pool.sign_no_more()

    def refuse(self, *, tried: bool) -> None:
        """Note that the server seems to have refused the password itself, not the nonce or the count.

        Anybody can send a refusal, so it is believed for REFUSAL_SECONDS only, and it takes nothing back. `tried` is
        whether it answers what was signed here.
        """
        self._refused_at = now = self._clock()
        if tried and not self.accepted_at:
            self.realm_refusals.note(self.realm, now)

    @property
    def refused(self) -> bool:
        """Whether the password was refused in the last REFUSAL_SECONDS and not accepted since.

        If it was never accepted here, also whether the origin is held back that refuses in one realm after another.
        """
        if self._refused_at is not None and self._clock() - self._refused_at < REFUSAL_SECONDS:
            return True
        return not self.accepted_at and self.realm_refusals.hold(self._clock())

    @property
    def trusted(self) -> bool:
        """Whether the password has been accepted, and not refused lately."""
        return self.accepted_at > 0 and not self.refused

    def __repr__(self) -> str:
        return f"<ClientContext of {self.identity.username!a} at {self.realm!r}, {self.algorithm.name}>"
