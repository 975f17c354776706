"""One request at the server, without I/O: the context of a TOKEN, from its verdict to the server's own proof.

It is opened by an `Acceptor`, which holds the settings. Each request goes through this file, so it may be compiled
(docs/performance.md, "Two forms"); settings are looked at by files that are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials
from digest_http.encoding import quote_string
from digest_http.errors import MalformedField
from digest_http.secrecy import HoldsSecrets

from .nonces import NonceSource
from .offer import AUTH_INT, Offer
from .session_key import session_key
from .token_shapes import Shapes
from .verdict import ACCEPTED, Verdict

__all__ = ["Policy", "ServerContext"]


class Policy(Protocol):
    """What a context asks of the `Acceptor` that opened it."""

    @property
    def realm(self) -> bytes:
        """The realm, as it stands in a challenge."""
        ...

    @property
    def nonces(self) -> Mapping[Algorithm, NonceSource]:
        """The source of the nonces of each algorithm's challenges."""
        ...

    @property
    def offer(self) -> Offer:
        """What is on offer."""
        ...

    @property
    def shapes(self) -> Shapes:
        """The shapes learnt so far."""
        ...

    @property
    def decoys(self) -> Mapping[Algorithm, bytes]:
        """What an unknown user is checked against."""
        ...


class NonceOfLogin(NamedTuple):
    """A nonce as a store counts it."""

    nonce_id: int
    epoch: bytes
    nonces: NonceSource
    """Where it comes from."""


class ServerContext(HoldsSecrets):
    """One Authorization TOKEN on its way to a verdict."""

    __slots__ = (
        "_handed_out",
        "_key",
        "_over",
        "_renewal_due",
        "_verified",
        "acceptor",
        "algorithm",
        "count",
        "covers_body",
        "credentials",
        "epoch",
        "new_shape",
        "nonce_id",
        "nonces",
        "qop",
        "token",
        "uri",
    )

    def __init__(self, acceptor: Policy, token: bytes, credentials: Credentials, algorithm: Algorithm) -> None:
        # Taken apart in one step, here and below: an attribute of a named tuple costs as much as a call.
        _, _, _, uri, _, _, qop, nc, _, _, _, _ = credentials
        self.acceptor: Final = acceptor
        self.token: Final = token
        self.credentials: Final = credentials
        self.uri: Final = uri
        """What was signed, and with which qop: those of the credentials."""
        self.qop: Final = qop
        self.algorithm: Final = algorithm
        self.nonces: Final = acceptor.nonces[algorithm]
        """The source of this algorithm's nonces, and their clock."""
        self.nonce_id = 0
        """The id and epoch of the nonce, once verify_signature has accepted; what a store counts by."""
        self.epoch = b""
        self.covers_body: Final = qop == AUTH_INT
        """Whether the request is signed with auth-int, so that the layout needs HEntity."""
        self.count: Final = int(nc, 16) if qop else 1
        """The count to record: nc, or 1 for the RFC 2069 form, whose nonce is good for one request."""
        self._key = b""
        self._renewal_due = False
        self._verified = 0
        self._over = False
        self._handed_out: tuple[bytes, ...] = ()
        self.new_shape = False
        """Whether its order of parameters may be learnt, once it was verified."""

    @property
    def may_drop_auth_int(self) -> bool:
        """Whether a client that signed with auth-int can be told to use auth: it is on offer too, and was not said yet.

        Who was told so (his nonce shows it) and signs with auth-int all the same would never end.
        """
        return bool(self.acceptor.offer.auth_only) and self._recognise_auth_only() is None

    def _recognise_auth_only(self) -> tuple[int, bytes] | None:
        nonces = self.acceptor.offer.auth_only.get(self.algorithm)
        return nonces.recognise(self.credentials.nonce) if nonces is not None else None

    def verify_signature(
        self, message: HTTPMessage, ha1: bytes | None, now: int, *, arrived: int | None = None
    ) -> Verdict:
        """Check method, URL, HEntity and the digest, then the nonce. Nothing is recorded; the counts come after.

        `ha1` is H(user:realm:password) in lower-case hex, None for an unknown user: the same hashes are made then,
        against a decoy. `now` is in microseconds on the clock of the nonces, and so is `arrived`: when the head of the
        request was there, if its body came later. A nonce that was alive then is alive for this request, as long as
        the overtime of the nonces lasts; the store is then asked with `nonces.kept` as its lifetime.
        Raises MalformedField if `message.token` is not the one opened, if `message.url` is not what was signed
        (RFC 7616 §3.4.6: 400), if the method is no token, if HEntity is missing or no digest, or for the cnonce of
        a session that could be H(A2).
        """
        algorithm = self.algorithm
        _, realm, nonce, uri, received, _, qop, nc, cnonce, _, _, _ = self.credentials
        if message.token != self.token:
            raise MalformedField("TOKEN is not the one this context was opened from", reason="token")
        if uri != message.url:
            raise MalformedField("uri is not the target of this request", reason="uri")
        if not message.method.isalpha():  # nearly every method is of letters alone
            message.check_method()
        if self.covers_body and not message.hentity:
            raise MalformedField("auth-int needs HEntity, the hash of the entity body", reason="hentity")
        secret = self.acceptor.decoys[algorithm] if ha1 is None else ha1
        if algorithm.session:
            secret = session_key(algorithm, secret, nonce, cnonce)
        self._key = key = calculation.response_key(secret, nonce, nc, cnonce, qop)
        hentity = message.hentity if self.covers_body else b""
        expected = calculation.keyed_response(
            algorithm, key, calculation.request_hash(algorithm, message.method, uri, hentity)
        )
        right = calculation.same_digest(expected, received)
        if ha1 is None:
            return Verdict.UNKNOWN_USER
        if realm != self.acceptor.realm:
            return Verdict.WRONG_REALM
        if not right:
            return Verdict.WRONG_DIGEST
        if self.new_shape:
            self.acceptor.shapes.learn(self.token, algorithm)
        # The nonce comes second: stale=true may only be said to one who knows the password.
        nonces = self.nonces
        recognised = nonces.recognise(nonce) or self._recognise_auth_only()
        if recognised is None:
            return Verdict.FOREIGN
        self.nonce_id, self.epoch = recognised
        renewal_due = nonces.life.renewal_if_alive(self.nonce_id, now, arrived)
        if renewal_due is None:
            return Verdict.EXPIRED
        self._renewal_due, self._verified = renewal_due, now
        return ACCEPTED

    def make_signature(self, message: HTTPMessage) -> None:
        """Fill PADDING with the Authentication-Info parameters: rspauth over HEntity, and nextnonce when it is due.

        To be called after ACCEPTED only; `message.hentity` is hex H(response body) with auth-int, empty with auth.
        RFC 7616 §3.5: rspauth is computed like the response, with an empty method.
        Raises MalformedField if HEntity is missing or no digest.
        """
        if self.covers_body and not message.hentity:
            raise MalformedField("auth-int needs HEntity, the hash of the response body", reason="hentity")
        hentity = message.hentity if self.covers_body else b""
        algorithm = self.algorithm
        _, _, _, uri, _, _, qop, nc, cnonce, _, _, _ = self.credentials
        ha2 = calculation.request_hash(algorithm, b"", uri, hentity)
        rspauth = calculation.keyed_response(algorithm, self._key, ha2)
        if qop and not self._renewal_due and cnonce.isalnum():
            # Nearly every answer is this one, so it is written in one piece; alphanumerics need no escaping.
            message.padding = b'rspauth="%b", qop=%b, nc=%b, cnonce="%b"' % (rspauth, qop, nc, cnonce)
        else:
            message.padding = self.authentication_info(rspauth)

    def authentication_info(self, rspauth: bytes | None) -> bytes:
        """The parameters with the given proof; None where the body's hash comes too late to be sent."""
        credentials = self.credentials
        qop, cnonce = credentials.qop, credentials.cnonce
        parts: list[bytes] = []
        if rspauth is not None:
            parts.append(b'rspauth="%b"' % rspauth)
        if qop:
            parts.append(b"qop=%b, nc=%b, cnonce=%b" % (qop, credentials.nc, quote_string(cnonce)))
        # A nonce of the RFC 2069 form is good for one request, so the next is always due.
        if (not qop or self._renewal_due) and not self._over:
            # As old as the verdict: a user who is logged out while his answer is on its way gets none that is younger.
            following = self.nonces.issue(self._verified)
            self._handed_out += (following,)
            parts.append(b'nextnonce="%b"' % following)
        return b", ".join(parts)

    @property
    def nonces_of_login(self) -> list[NonceOfLogin]:
        """The nonce of this request, and those that an answer to it holds already."""
        found = [(self.nonce_id, self.epoch), *map(self.nonces.recognise, self._handed_out)]
        return [NonceOfLogin(*each, self.nonces) for each in found if each is not None]

    def end(self) -> None:
        """The login is over: the answer hands out no other nonce."""
        self._renewal_due, self._over = False, True

    def __repr__(self) -> str:
        return f"<ServerContext {self.algorithm.name} {self.credentials!r}>"
