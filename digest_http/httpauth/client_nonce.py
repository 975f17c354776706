"""A server's nonce as a client uses it: its count, its H(A1), and the header field built but for four values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice
from typing import Final

from digest_http import calculation
from digest_http.credentials import Credentials
from digest_http.errors import MalformedField

from .identity import Identity
from .selection import NO_COLON, Choice

__all__ = ["ClientNonce"]


class ClientNonce:
    """One nonce of one challenge. `count` is the last nc that was given out; the lock of `ClientNonces` guards it.

    `auth` and `auth_int` are the qop and the header field for requests without and with HEntity: a %-format that takes
    uri (escaped), response, nc and cnonce; for RFC 2069, where qop is empty, the first two; None if not offered.
    `ha1` is H(A1) in hex, per session where the algorithm says so; `cnonce` is set for those and None where each
    request draws its own. Raises MalformedField for a challenge whose values cannot be sent back, and for a nonce with
    a colon that comes without qop.
    """

    __slots__ = ("_identity", "_quote_all", "auth", "auth_int", "choice", "cnonce", "count", "ha1", "learnt_at",
                 "needs_entity", "octets")  # fmt: skip

    def __init__(
        self, choice: Choice, identity: Identity, *, cnonces: Callable[[], bytes], quote_all: bool = False
    ) -> None:
        challenge = choice.challenge
        if not challenge.qop and b":" in challenge.nonce:
            raise MalformedField(NO_COLON, reason="nonce")
        self.choice: Choice = choice
        #: Whether HEntity must be given, which takes the whole body.
        self.needs_entity = choice.qop == b"auth-int"
        self.octets: Final = challenge.nonce
        self.count = 0
        #: Place in `client_nonces.event_order`, set when the nonce is first seen.
        self.learnt_at = 0
        self.cnonce: bytes | None = None
        self.ha1 = identity.ha1(choice.algorithm, challenge.realm, identity.charset_for(utf8=challenge.utf8))
        if choice.algorithm.session:
            # RFC 7616 §3.4.2: one cnonce for the session, since A1 is made with it. IIS insists on it.
            self.cnonce = cnonces()
            raw = calculation.session_hash(choice.algorithm, self.ha1, self.octets, self.cnonce)
            self.ha1 = calculation.hex_octets(raw)
        self._identity: Final = identity
        self._quote_all: Final = quote_all
        self.auth: tuple[bytes, bytes | None]
        self.auth_int: tuple[bytes, bytes | None]
        self._prebuild()

    def successor(self, octets: bytes) -> ClientNonce:
        """The same challenge with another nonce (RFC 7616 §3.5, nextnonce); not for -sess algorithms.

        Raises MalformedField for octets that cannot be sent back.
        """
        choice = replace(self.choice, challenge=replace(self.choice.challenge, nonce=octets))
        return ClientNonce(choice, self._identity, cnonces=bytes, quote_all=self._quote_all)

    def adopt(self, other: ClientNonce) -> None:
        """Take what a repeated challenge says differently (opaque, qop), and keep the count and the session."""
        if other.choice != self.choice:
            self.choice = other.choice
            self.needs_entity = other.needs_entity
            self._prebuild()
            if self.cnonce is None:
                self.ha1 = other.ha1

    def not_offered(self, hentity: bytes) -> MalformedField:
        """The error for a request whose HEntity asks for a qop that the challenge does not offer."""
        if hentity:
            return MalformedField("the server does not offer qop=auth-int: HEntity must be empty", reason="qop")
        return MalformedField("the server does not offer qop=auth: pass HEntity, the hash of the body", reason="qop")

    def _prebuild(self) -> None:
        offered = self.choice.challenge.qop
        self.auth = (b"auth", self._format(b"auth") if b"auth" in offered else None)
        self.auth_int = (b"auth-int", self._format(b"auth-int") if b"auth-int" in offered else None)
        if not offered:
            self.auth = (b"", self._format(b""))

    def _format(self, qop: bytes) -> bytes:
        """Serialise with marks in place of the four values, then turn the marks into %b."""
        challenge, identity = self.choice.challenge, self._identity
        charset = identity.charset_for(utf8=challenge.utf8)
        name = identity.name_octets(charset)
        extended = None
        if challenge.userhash:
            # RFC 7616 §3.4.4: the name goes out hashed.
            name = calculation.userhash(self.choice.algorithm, name, challenge.realm)
        elif challenge.utf8 and not name.isascii() and identity.is_text:
            # RFC 7616 §3.4: username* for a name beyond ASCII. A server that does not speak of charsets is older than
            # that parameter, and gets the octets.
            name, extended = b"", identity.username
        values = (name, challenge.realm, challenge.nonce, challenge.opaque or b"", challenge.algorithm or b"")
        # Four marks that occur in none of the values, so that a server's string cannot pose as one.
        candidates = (b"~%d~" % number for number in count())
        unused = (mark for mark in candidates if not any(mark in value for value in values))
        uri, response, nc, cnonce = marks = tuple(islice(unused, 4))
        field = Credentials(
            name,
            challenge.realm,
            challenge.nonce,
            uri,
            response,
            challenge.algorithm,  # the server's spelling, and only if it sent one (RFC 7616 §3.4)
            qop,
            nc if qop else b"",
            cnonce if qop else b"",
            challenge.opaque,
            challenge.userhash,
            extended,
        ).serialize(quote_all=self._quote_all)
        field = field.replace(b"%", b"%%")
        for mark in marks:
            field = field.replace(mark, b"%b")
        return field
