"""One request at the server, without I/O: the context of a TOKEN, from its verdict to the server's own proof.

It is opened by an `Acceptor`, which holds the settings. Each request goes through this file, so it may be compiled
(docs/performance.md, "Two forms"); settings are looked at by files that are not.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials
from digest_http.encoding import quote_string
from digest_http.errors import MalformedField
from digest_http.secret_holder import SecretHolder

from .known_nonce import MAX_KEPT_TARGET, NOTHING_ASKED, KnownNonce
from .nonces import NonceSource
from .offer import Offer
from .session_key import session_key
from .terms import Terms, Values
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
    def offer(self) -> Offer:
        """What is on offer."""
        ...

    @property
    def shapes(self) -> Shapes:
        """The shapes learnt so far."""
        ...


class NonceOfLogin(NamedTuple):
    """A nonce as a store counts it."""

    nonce_id: int
    epoch: bytes
    nonces: NonceSource
    """Where it comes from."""


class ServerContext(SecretHolder):
    """One Authorization TOKEN on its way to a verdict.

    `terms`, `values`: what the token says, by parts (terms.py).
    """

    __slots__ = (
        "_handed_out",
        "_key",
        "_nc",
        "_over",
        "_renewal_due",
        "_response",
        "_values",
        "_verified",
        "acceptor",
        "algorithm",
        "cnonce",
        "count",
        "covers_body",
        "known",
        "new_shape",
        "nonce",
        "qop",
        "terms",
        "token",
        "uri",
        "username",
    )

    def __init__(self, acceptor: Policy, token: bytes, terms: Terms, values: Values) -> None:
        username, nonce, uri, response, nc, cnonce, _, _ = values
        self.acceptor: Final = acceptor
        self.token: Final = token
        self.terms: Final = terms
        self._values: Final = values
        self.username: Final = username
        """The name as it was sent, or its hash; empty with username*. `credentials.name` is the name as text."""
        self.nonce: Final = nonce
        self.uri: Final = uri
        """What was signed, and with which qop: those of the credentials."""
        self._response: Final = response
        self._nc: Final = nc
        self.cnonce: Final = cnonce
        self.qop: Final = terms.qop
        self.algorithm: Final = terms.algorithm
        self.covers_body: Final = terms.covers_body
        """Whether the request is signed with auth-int, so that the layout needs HEntity."""
        self.count: Final = int(nc, 16) if nc else 1
        """The count to record: nc, or 1 for the RFC 2069 form, whose nonce is good for one request."""
        self.known: KnownNonce | None = None
        """The nonce, once verify_signature has found that it is one of ours."""
        self._key = b""
        self._renewal_due = False
        self._verified = 0
        self._over = False
        self._handed_out: tuple[bytes, ...] = ()
        self.new_shape = False
        """Whether its order of parameters may be learnt, once it was verified."""

    @property
    def credentials(self) -> Credentials:
        """All parameters. Made anew each time: the path of a request reads the parts that it needs."""
        return self.terms.credentials(self._values)

    @property
    def nonces(self) -> NonceSource:
        """The source of this algorithm's nonces, and their clock."""
        return self.terms.nonces

    @property
    def nonce_id(self) -> int:
        """The id of the nonce, once verify_signature has accepted; what a store counts by. 0 before."""
        return self.known.nonce_id if self.known is not None else 0

    @property
    def epoch(self) -> bytes:
        """The epoch of the nonce, once verify_signature has accepted; empty before."""
        return self.known.epoch if self.known is not None else b""

    @property
    def may_drop_auth_int(self) -> bool:
        """Whether a client that signed with auth-int can be told to use auth: it is on offer too, and was not said yet.

        Who was told so (his nonce shows it) and signs with auth-int all the same would never end.
        """
        return bool(self.acceptor.offer.auth_only) and self._recognise_auth_only() is None

    def _recognise_auth_only(self) -> KnownNonce | None:
        nonces = self.acceptor.offer.auth_only.get(self.algorithm)
        return nonces.kind.macs().recognise(self.nonce) if nonces is not None else None

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
        algorithm, terms, nonce, uri = self.algorithm, self.terms, self.nonce, self.uri
        if message.token != self.token or message.url != uri:
            raise self._another(message)
        method = message.method
        if not method.isalpha():  # nearly every method is of letters alone
            message.check_method()
        covers_body = self.covers_body
        if covers_body and not message.hentity:
            raise MalformedField("auth-int needs HEntity, the hash of the entity body", reason="hentity")
        secret = terms.decoy if ha1 is None else ha1
        if algorithm.session:
            secret = session_key(algorithm, secret, nonce, self.cnonce)
        self._key = key = calculation.response_key(secret, nonce, self._nc, self.cnonce, self.qop)
        macs = terms.kind.macs()
        known = macs.known.get(nonce)
        asked = NOTHING_ASKED if known is None or covers_body else known.asked
        if asked[1] == uri and asked[0] == method:
            ha2 = asked[2]
        else:
            ha2 = calculation.request_hash(algorithm, method, uri, message.hentity if covers_body else b"")
            asked = method, uri, ha2, b""
        right = calculation.same_digest(calculation.keyed_response(algorithm, key, ha2), self._response)
        if ha1 is None:
            return Verdict.UNKNOWN_USER
        if not terms.right_realm:
            return Verdict.WRONG_REALM
        if not right:
            return Verdict.WRONG_DIGEST
        if self.new_shape:
            self.acceptor.shapes.learn(self.token, terms)
        # The nonce comes second: stale=true may only be said to one who knows the password.
        known = known or macs.recognise(nonce) or self._recognise_auth_only()
        if known is None:
            return Verdict.FOREIGN
        self.known = known
        renewal_due = terms.life.renewal_if_alive(known.nonce_id, now, arrived)
        if renewal_due is None:
            return Verdict.EXPIRED
        known.asked = asked if len(uri) <= MAX_KEPT_TARGET and not covers_body else NOTHING_ASKED
        self._renewal_due, self._verified = renewal_due, now
        return ACCEPTED

    def _another(self, message: HTTPMessage) -> MalformedField:
        """The error for a message of another request than the one that was opened."""
        if message.token != self.token:
            return MalformedField("TOKEN is not the one this context was opened from", reason="token")
        return MalformedField("uri is not the target of this request", reason="uri")

    def make_signature(self, message: HTTPMessage) -> None:
        """Fill PADDING with the Authentication-Info parameters: rspauth over HEntity, and nextnonce when it is due.

        To be called after ACCEPTED only; `message.hentity` is hex H(response body) with auth-int, empty with auth.
        RFC 7616 §3.5: rspauth is computed like the response, with an empty method.
        Raises MalformedField if HEntity is missing or no digest.
        """
        covers_body = self.covers_body
        if covers_body and not message.hentity:
            raise MalformedField("auth-int needs HEntity, the hash of the response body", reason="hentity")
        algorithm, known, uri = self.algorithm, self.known, self.uri
        asked = NOTHING_ASKED if known is None or covers_body else known.asked
        if asked[1] == uri and asked[3]:
            ha2 = asked[3]
        else:
            ha2 = calculation.request_hash(algorithm, b"", uri, message.hentity if covers_body else b"")
            if known is not None and asked[1] == uri:
                known.asked = asked[0], uri, asked[2], ha2
        rspauth = calculation.keyed_response(algorithm, self._key, ha2)
        qop, cnonce = self.qop, self.cnonce
        if qop and not self._renewal_due and cnonce.isalnum():
            # Nearly every answer is this one, so it is written in one piece; alphanumerics need no escaping.
            message.padding = b'rspauth="%b", qop=%b, nc=%b, cnonce="%b"' % (rspauth, qop, self._nc, cnonce)
        else:
            message.padding = self.authentication_info(rspauth)

    def authentication_info(self, rspauth: bytes | None) -> bytes:
        """The parameters with the given proof; None where the body's hash comes too late to be sent."""
        qop = self.qop
        parts: list[bytes] = []
        if rspauth is not None:
            parts.append(b'rspauth="%b"' % rspauth)
        if qop:
            parts.append(b"qop=%b, nc=%b, cnonce=%b" % (qop, self._nc, quote_string(self.cnonce)))
        # A nonce of the RFC 2069 form is good for one request, so the next is always due.
        if (not qop or self._renewal_due) and not self._over:
            # As old as the verdict: a user who is logged out while his answer is on its way gets none that is younger.
            following = self.terms.kind.issue(self._verified)
            self._handed_out += (following,)
            parts.append(b'nextnonce="%b"' % following)
        return b", ".join(parts)

    @property
    def nonces_of_login(self) -> list[NonceOfLogin]:
        """The nonce of this request, and those that an answer to it holds already."""
        found = [self.known, *map(self.terms.kind.macs().recognise, self._handed_out)]
        return [NonceOfLogin(each.nonce_id, each.epoch, self.nonces) for each in found if each is not None]

    def end(self) -> None:
        """The login is over: the answer hands out no other nonce."""
        self._renewal_due, self._over = False, True

    def __repr__(self) -> str:
        return f"<ServerContext {self.algorithm.name} {self.credentials!r}>"
