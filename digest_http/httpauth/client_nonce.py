"""A server's nonce as a client uses it: its count, its H(A1), and the header field built but for four values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from digest_http import calculation
from digest_http.credentials import Credentials
from digest_http.errors import MalformedField
from digest_http.params import serialize
from digest_http.secret_holder import SecretHolder

from .challenge_selection import NO_COLON, Choice
from .client_identity import Identity

__all__ = ["SCHEME", "ClientNonce", "NonceCount"]

#: What a value begins with, before the parameters.
SCHEME: Final = b"Digest "

#: The parameters that differ from request to request, in their order in the field.
_OPEN: Final = (b"uri", b"response", b"nc", b"cnonce")


class NonceCount:
    """The last nc that was given out for a nonce. `NoncePool` alone changes it, under its lock."""

    __slots__ = ("last",)

    def __init__(self) -> None:
        self.last = 0


class ClientNonce(SecretHolder):
    """One nonce as one challenge offered it; nothing of it changes but its count.

    A challenge that repeats a nonce with other parameters makes another object (`again`) with the same `counter`: what
    requests are signed with now is not altered by what somebody says next.

    `auth` and `auth_int` are the qop and the field's value for requests without and with HEntity: a %-format that takes
    uri (escaped), response, nc and cnonce; for RFC 2069, where qop is empty, the first two; None if not offered.
    `ha1` is H(A1) in hex, per session where the algorithm says so; `cnonce` is set for those and None where each
    request draws its own. Raises MalformedField for a challenge whose values cannot be sent back, and for a nonce with
    a colon that comes without qop.
    """

    __slots__ = ("_quote_all", "auth", "auth_int", "choice", "cnonce", "counter", "ha1", "identity", "key",
                 "learnt_at", "needs_entity", "octets", "strength")  # fmt: skip

    def __init__(
        self,
        choice: Choice,
        identity: Identity,
        *,
        cnonces: Callable[[], bytes],
        quote_all: bool = False,
        counter: NonceCount | None = None,
    ) -> None:
        challenge = choice.challenge
        if not challenge.qop and b":" in challenge.nonce:
            raise MalformedField(NO_COLON, reason="nonce")
        self.choice: Final = choice
        #: (hash, has qop), see `Choice.strength`; kept here since each signature asks for it.
        self.strength: Final = choice.strength
        #: Whether HEntity must be given, which takes the whole body.
        self.needs_entity: Final = choice.qop == b"auth-int"
        self.octets: Final = challenge.nonce
        #: What counts are kept by. Some servers name one nonce to many clients and count by opaque (WEBrick does).
        self.key: Final = (challenge.nonce, challenge.opaque)
        self.counter: Final = counter or NonceCount()
        #: Place in `logical_clock.tick`, set when the nonce is first seen.
        self.learnt_at = 0
        self.cnonce: bytes | None = None
        self.ha1 = identity.ha1(choice.algorithm, challenge.realm, identity.charset_for(utf8=challenge.utf8))
        if choice.algorithm.session:
            # RFC 7616 §3.4.2: one cnonce for the session, since A1 is made with it. IIS insists on it.
            self.cnonce = cnonces()
            raw = calculation.session_hash(choice.algorithm, self.ha1, self.octets, self.cnonce)
            self.ha1 = calculation.hex_octets(raw)
        #: Whose H(A1) it is.
        self.identity: Final = identity
        self._quote_all: Final = quote_all
        offered = challenge.qop
        self.auth: tuple[bytes, bytes | None] = (b"auth", self._format(b"auth") if b"auth" in offered else None)
        self.auth_int: Final = (b"auth-int", self._format(b"auth-int") if b"auth-int" in offered else None)
        if not offered:
            self.auth = (b"", self._format(b""))

    @property
    def count(self) -> int:
        """The last nc that was given out."""
        return self.counter.last

    def successor(self, octets: bytes) -> ClientNonce:
        """The same challenge with another nonce (RFC 7616 §3.5, nextnonce); not for -sess algorithms.

        Raises MalformedField for octets that cannot be sent back.
        """
        choice = replace(self.choice, challenge=replace(self.choice.challenge, nonce=octets))
        return ClientNonce(choice, self.identity, cnonces=bytes, quote_all=self._quote_all)

    def again(self, choice: Choice, identity: Identity) -> ClientNonce:
        """The same nonce in another challenge (with another charset, say): its count and its session's cnonce go on.

        This object if nothing differs. Raises MalformedField for values that cannot be sent back.
        """
        if choice == self.choice and identity is self.identity:
            return self
        return ClientNonce(
            choice,
            identity,
            # RFC 7616 §3.4.2: the cnonce of a session is part of its A1, so a new one would make another key. Only
            # sessions ask for one here.
            cnonces=lambda: self.cnonce or b"",
            quote_all=self._quote_all,
            counter=self.counter,
        )

    def not_offered(self, hentity: bytes) -> MalformedField:
        """The error for a request whose HEntity asks for a qop that the challenge does not offer."""
        if hentity:
            return MalformedField("the server does not offer qop=auth-int: HEntity must be empty", reason="qop")
        return MalformedField("the server does not offer qop=auth: pass HEntity, the hash of the body", reason="qop")

    def _format(self, qop: bytes) -> bytes:
        """The field as a %-format: serialised parameter by parameter, with a gap where a request puts its own value."""
        challenge, identity = self.choice.challenge, self.identity
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
        else:
            name = identity.field_octets(charset)
        field = Credentials(
            name,
            challenge.realm,
            challenge.nonce,
            b"",
            b"",
            challenge.algorithm,  # the server's spelling, and only if it sent one (RFC 7616 §3.4)
            qop,
            opaque=challenge.opaque,
            userhash=challenge.userhash,
            username_ext=extended,
        )
        # Told by the parameter's name, never by a mark in the text: a name or a server's string may hold any mark.
        return SCHEME + b", ".join(
            name + (b'="%b"' if quoted else b"=%b")
            if name in _OPEN
            else serialize([(name, value, quoted)]).replace(b"%", b"%%")
            for name, value, quoted in field.parameters(quote_all=self._quote_all)
        )
