"""Clients that a man in the middle may ask: he chooses the challenge and, by a link, the request target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from digest_http.buffers import HTTPMessage
from digest_http.challenge import parse_challenges
from digest_http.httpauth.challenge_selection import Preference, choose
from digest_http.httpauth.client import ClientContext, Signature
from digest_http.httpauth.client_identity import Identity
from digest_http.sspi import IscReq, WindowsError
from tests.attacks.conversions import Statement, digest
from tests.attacks.doors import PASSWORD, REALM, USER, secret
from tests.attacks.signing import parameters
from tests.sspi.wiring import HTTPPair, client_handle


class Asked(NamedTuple):
    """A challenge, without qop if that is empty, and the target of the request that it is for."""

    algorithm: str
    qop: bytes
    nonce: bytes
    uri: bytes

    @property
    def field(self) -> bytes:
        """The challenge as a field value."""
        text = b'Digest realm="%b", nonce="%b", algorithm=%b, opaque="o:o"'
        value = text % (REALM.encode(), self.nonce, self.algorithm.encode())
        return value + b', qop="%b"' % self.qop if self.qop else value

    @property
    def hentity(self) -> bytes:
        """The hash of the request's body, where it is covered."""
        return digest(self.algorithm, b"honest") if self.qop == b"auth-int" else b""

    def read(self, token: bytes) -> Statement:
        """What a client has said."""
        fields = {name: text.encode() for name, text in parameters(token).items()}
        said = Statement(
            "any", self.algorithm, fields.get("qop", b""), fields["nonce"], fields.get("nc", b""),
            fields.get("cnonce", b""), b"GET", fields["uri"], self.hentity, fields["response"],
        )  # fmt: skip
        # The reading of the attack is right, or the attack would find nothing.
        assert said == said.signed(said.key(secret(self.algorithm)))
        return said


class Oracle(ABC):
    """One user's client."""

    @abstractmethod
    def answer(self, asked: Asked) -> Statement | None:
        """What it sends for GET; None if it passes the challenge over."""


class CoreClient(Oracle):
    """What all client plugs sign with, at its most willing."""

    def __init__(self) -> None:
        self.signatures: list[tuple[Statement, Signature]] = []

    def answer(self, asked: Asked) -> Statement | None:
        """See Oracle."""
        reasons: list[str] = []
        choice = choose(parse_challenges([asked.field]), Preference(allow_rfc2069=True), reasons.append)
        if choice is None:
            return None
        context = ClientContext(Identity(USER, PASSWORD), choice.challenge.realm, choice.algorithm)
        nonce = context.learn(choice)
        message = HTTPMessage(b"", b"GET", asked.uri, asked.hentity)
        signature = context.make_signature(message, nonce)
        assert signature is not None
        said = asked.read(message.padding)
        self.signatures.append((said, signature))
        return said


class SSPIClient(Oracle):
    """initialize_security_context."""

    def answer(self, asked: Asked) -> Statement | None:
        """See Oracle."""
        flags = IscReq.ISC_REQ_INTEGRITY if asked.qop == b"auth-int" else IscReq(0)
        pair = HTTPPair(client_handle(PASSWORD), client_flags=IscReq.ISC_REQ_HTTP | flags)
        try:
            token = pair.respond(asked.field.removeprefix(b"Digest "), url=asked.uri.decode(), hentity=asked.hentity)
        except WindowsError:
            return None
        return asked.read(token)


class OpenClient(Oracle):
    """Another's client, which answers whatever it is asked."""

    def answer(self, asked: Asked) -> Statement | None:
        """See Oracle."""
        if asked.algorithm.endswith("-sess") and not asked.qop:
            return None
        nc, cnonce = (b"00000001", b"0a4f113b") if asked.qop else (b"", b"")
        said = Statement(
            "any", asked.algorithm, asked.qop, asked.nonce, nc, cnonce, b"GET", asked.uri, asked.hentity
        )  # fmt: skip
        return said.signed(said.key(secret(asked.algorithm)))
