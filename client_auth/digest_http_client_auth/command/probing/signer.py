"""Signs the requests of a probe, each with the count that the probe wants to see judged."""

from __future__ import annotations

from typing import Final, NamedTuple

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext, Signature
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce, NonceCount
from digest_http.httpauth.cnonce_source import CnonceSource
from digest_http.secrecy import HoldsSecrets

__all__ = ["Signed", "Signer"]


class Signed(NamedTuple):
    """An Authorization value and what it was signed with."""

    field: bytes
    signature: Signature


class Signer(HoldsSecrets):
    """One user and one challenge."""

    def __init__(self, identity: Identity, choice: Choice) -> None:
        self._identity: Final = identity
        self.choice: Final = choice
        source = CnonceSource()
        # RFC 7616 §3.4.2: a session has one cnonce, since its key is made with it.
        session = source.draw()
        self._cnonces: Final = (lambda: session) if choice.algorithm.session else source.draw
        self._context: Final = ClientContext(identity, choice.challenge.realm, choice.algorithm, cnonces=source.draw)

    @property
    def counts(self) -> bool:
        """Whether its requests have a count at all; without qop they do not."""
        return bool(self.choice.qop)

    def sign(self, method: bytes, target: bytes, nc: int, nonce: bytes | None = None) -> Signed:
        """The field for a request without a body, with this very count. `nonce` replaces that of the challenge.

        Raises MalformedField for a nonce that no field can carry back.
        """
        count = NonceCount()
        count.last = nc - 1  # nobody else has it: it was made for this request
        known = ClientNonce(self.choice, self._identity, cnonces=self._cnonces, counter=count)
        if nonce is not None:
            known = known.successor(nonce)
        hentity = calculation.entity_hash(self.choice.algorithm, b"") if self.choice.qop == b"auth-int" else b""
        message = HTTPMessage(b"", method, target, hentity)
        signature = self._context.make_signature(message, known)
        if signature is None:  # only for a count beyond eight hex digits
            raise ValueError("nc is beyond FFFFFFFF")
        return Signed(b"Digest " + message.padding, signature)
