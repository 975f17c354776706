"""One request at the server, without I/O: the context of a TOKEN, from its verdict to the server's own proof.

It is opened by an `Acceptor`, which holds the settings. Each request goes through this file, so it may be compiled
(docs/performance.md, "Two forms"); settings are looked at by files that are not.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials
from digest_http.encoding import quote_string
from digest_http.errors import MalformedField
from digest_http.secret_holder import SecretHolder

from .known_nonce import KnownNonce
from .nonces import NonceSource
from .offer import Offer
from .openings import Opening
from .session_key import session_key
from .terms import Terms
from .verdict import ACCEPTED, EXPIRED, FOREIGN, UNKNOWN_USER, WRONG_DIGEST, WRONG_REALM, Verdict

__all__ = ["Policy", "ServerContext"]


class Lessons(Protocol):
    """What is told of a token once it has been verified, so that the next ones cost less (token_shapes.py)."""

    def learn(self, token: bytes, terms: Terms) -> None:
        """Learn the shape of a token that has none yet."""
        ...

    def keep(self, opening: Opening, response: bytes, cnonce: bytes) -> None:
        """Keep the opening of a token, which has this response and cnonce."""
        ...


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
    def shapes(self) -> Lessons:
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

    `opening`, `response`, `nc`, `cnonce`: what the token says, by parts. `count`: the count to record; nc, or 1 for the
    RFC 2069 form, whose nonce is good for one request.
    """

    __slots__ = (
        "_handed_out",
        "_key",
        "_nc",
        "_renewed",
        "_response",
        "acceptor",
        "cnonce",
        "count",
        "covers_body",
        "known",
        "opening",
        "terms",
        "token",
    )

    def __init__(  # noqa: PLR0917 - one for each request: names cost more
        self, acceptor: Policy, token: bytes, opening: Opening, response: bytes, nc: bytes, cnonce: bytes, count: int
    ) -> None:
        self.acceptor: Final = acceptor
        self.token: Final = token
        self.opening: Final = opening
        self.terms: Final = opening.terms
        self.covers_body: Final = opening.terms.covers_body
        """Whether the request is signed with auth-int, so that the layout needs HEntity."""
        self._response: Final = response
        self._nc: Final = nc
        self.cnonce: Final = cnonce
        self.count: Final = count
        self.known: KnownNonce | None = None
        """The nonce, once verify_signature has found that it is one of ours."""
        self._key = b""
        # When the next nonce is issued that the answer hands out, if one is due: the time of the verdict.
        self._renewed: int | None = None
        self._handed_out: tuple[bytes, ...] = ()

    @property
    def username(self) -> bytes:
        """The name as it was sent, or its hash; empty with username*. `credentials.name` is the name as text."""
        return self.opening.username

    @property
    def nonce(self) -> bytes:
        """The nonce, as it was sent."""
        return self.opening.nonce

    @property
    def uri(self) -> bytes:
        """What was signed, and with which qop and algorithm: those of the credentials."""
        return self.opening.uri

    @property
    def qop(self) -> bytes:
        """See `uri`."""
        return self.terms.qop

    @property
    def algorithm(self) -> Algorithm:
        """See `uri`."""
        return self.terms.algorithm

    @property
    def credentials(self) -> Credentials:
        """All parameters. Made anew each time: the path of a request reads the parts that it needs."""
        return self.opening.credentials(self._response, self._nc, self.cnonce)

    @property
    def is_usual(self) -> bool:
        """Whether the token was read by a shape, so that it has parameters of RFC 7616 only (token_shapes.py)."""
        return self.opening.shape is not None

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

    def verify_signature(  # noqa: C901, PLR0912 - what is checked, in the one order that is safe
        self, message: HTTPMessage, ha1: bytes | None, now: int, arrived: int | None = None
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
        opening, terms, covers_body = self.opening, self.terms, self.covers_body
        nonce, uri = opening.nonce, opening.uri
        if message.token != self.token or message.url != uri:
            raise self._another(message)
        algorithm, method, asked = terms.algorithm, message.method, opening.asked
        hentity = message.hentity if covers_body else b""
        ha2 = asked[2] if asked[0] == method and asked[1] == hentity else b""
        if not ha2 and not method.isalpha():  # nearly every method is of letters alone
            message.check_method()
        if covers_body and not hentity:
            raise MalformedField("auth-int needs HEntity, the hash of the entity body", reason="hentity")
        secret = terms.decoy if ha1 is None else ha1
        if algorithm.session:
            secret = session_key(algorithm, secret, nonce, self.cnonce)
        self._key = key = calculation.response_key(secret, nonce, self._nc, self.cnonce, terms.qop)
        ha2 = ha2 or calculation.request_hash(algorithm, method, uri, hentity)
        right = calculation.same_digest(calculation.keyed_response(algorithm, key, ha2), self._response)
        if ha1 is None:
            return UNKNOWN_USER
        if not terms.right_realm:
            return WRONG_REALM
        if not right:
            return WRONG_DIGEST
        if opening.shape is None:
            self.acceptor.shapes.learn(self.token, terms)
        # The nonce comes second: stale=true may only be said to one who knows the password.
        macs = terms.kind.macs()
        remembered = macs.known.get(nonce)
        self.known = known = remembered or macs.recognise(nonce) or self._recognise_auth_only()
        if known is None:
            return FOREIGN
        renewal_due = terms.life.renewal_if_alive(known.nonce_id, now, arrived)
        if renewal_due is None:
            return EXPIRED
        if ha2 is not asked[2]:
            # Copies, if they are no octets yet: a buffer of the caller's may be used again.
            opening.asked = bytes(method), bytes(hentity), ha2
        if opening.head and remembered is not None:  # who uses a nonce once needs no place
            self.acceptor.shapes.keep(opening, self._response, self.cnonce)
        # A nonce of the RFC 2069 form is good for one request, so the next is always due. It is as old as the verdict:
        # a user who is logged out while his answer is on its way gets none that is younger.
        if renewal_due or not terms.qop:
            self._renewed = now
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
        opening, terms, hentity = self.opening, self.terms, b""
        if self.covers_body:
            hentity = message.hentity
            if not hentity:
                raise MalformedField("auth-int needs HEntity, the hash of the response body", reason="hentity")
        algorithm, answered = terms.algorithm, opening.answered
        ha2 = answered[2] if answered[1] == hentity else b""
        if not ha2:
            ha2 = calculation.request_hash(algorithm, b"", opening.uri, hentity)
            opening.answered = b"", bytes(hentity), ha2
        rspauth = calculation.keyed_response(algorithm, self._key, ha2)
        qop, cnonce = terms.qop, self.cnonce
        if qop and self._renewed is None and cnonce.isalnum():
            # Nearly every answer is this one, so it is written in one piece; alphanumerics need no escaping.
            parts = (b'rspauth="', rspauth, terms.behind_proof, self._nc, b', cnonce="', cnonce, b'"')
            message.padding = b"".join(parts)
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
        if self._renewed is not None:
            following = self.terms.kind.issue(self._renewed)
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
        self._renewed = None

    def __repr__(self) -> str:
        return f"<ServerContext {self.algorithm.name} {self.credentials!r}>"
