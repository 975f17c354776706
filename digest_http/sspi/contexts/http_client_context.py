"""The client's side of HTTP Digest, over `httpauth.client.ClientContext`."""

from __future__ import annotations

import os
from binascii import hexlify
from typing import Final

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.challenge import UnusableChallenge, parse_challenges
from digest_http.encoding import octets_to_text
from digest_http.errors import MalformedField, QopNotSupported
from digest_http.grammar import MAX_NC
from digest_http.httpauth.challenge_selection import Choice, Preference, choose
from digest_http.httpauth.client import ClientContext, Signature
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.cnonce_source import CnonceSource
from digest_http.sspi.values.bindings import NO_BINDING, SecChannelBindings
from digest_http.sspi.values.buffers import SecBufferDesc
from digest_http.sspi.values.context_attributes import SecPkgContextKeyInfo, SecPkgContextSizes
from digest_http.sspi.values.request_flags import ISC_INTEGRITY_GRANTED, IscRet
from digest_http.sspi.values.status import TRANSLATED, NtStatus, Translation, failure, translated

from .context import Context
from .credential import DigestIdentity
from .extended_protection import UPGRADED, Claim, target_name
from .http_common import HTTP_SIZES, check_plain, key_info
from .http_layouts import InitializeInput

__all__ = ["HTTPClientContext", "account"]

_CNONCE_OCTETS: Final = 16

#: For a qop that the challenge does not offer, or that is not allowed here.
_OF_MESSAGES: Final = Translation({"qop": NtStatus.SEC_E_QOP_NOT_SUPPORTED})


def account(identity: DigestIdentity, realm: str) -> str:
    """The name to log in with. If the realm is not the identity's own domain, the domain and a backslash come first."""
    name = identity.username or ""
    if not identity.domain or identity.domain.lower() == realm.lower():
        return name
    return f"{identity.domain}\\{name}"


class HTTPClientContext(Context):
    """One user at one server. It continues with a new challenge that initialize_security_context gets."""

    def __init__(self, identity: DigestIdentity) -> None:
        super().__init__()
        self._identity: Final = identity
        # Many cnonces at a time are taken from the system. A caller's own function is called for one at a time, so that
        # its calls can be predicted.
        self._drawn: Final = CnonceSource() if identity.random is os.urandom else None
        self._context: ClientContext | None = None
        self._nonce: ClientNonce | None = None
        self._last: Signature | None = None
        self._claim: Claim | None = None
        self._uri = b""
        self._integrity = False
        # How many octets an Authorization value has without its uri: the same for all values of one nonce.
        self._fixed = 0

    def respond(self, request: InitializeInput, uri: bytes, *, integrity: bool, room: int | None) -> bytes:
        """Accept a challenge and sign the request. Returns the Authorization parameters, as octets.

        With `integrity` the qop is auth-int, never auth. Raises MalformedField, QopNotSupported, SEC_E_*, and
        SEC_E_BUFFER_TOO_SMALL for a result of more than `room` octets. After an error the context is as before, and no
        nc is used up: a server that counts strictly would refuse every request after a lost nc.
        """
        before = vars(self).copy()
        try:
            token = self._respond(request, uri, integrity=integrity)
            if room is not None:
                self._check_room(len(token), room)
        except BaseException:
            vars(self).update(before)
            raise
        return token

    def _respond(self, request: InitializeInput, uri: bytes, *, integrity: bool) -> bytes:
        choice = self._choose(request.token, integrity=integrity)
        challenge = choice.challenge
        self._integrity, self._uri = integrity, uri
        self._claim = _claim(request) if challenge.nonce.startswith(UPGRADED) else None
        context = self._context
        name = account(self._identity, octets_to_text(challenge.realm))
        if context is None or (context.realm, context.algorithm, context.identity.username) != (
            challenge.realm,
            choice.algorithm,
            name,
        ):
            context = self._context = ClientContext(
                Identity(name, self._identity.password or ""),
                challenge.realm,
                choice.algorithm,
                # Windows 2000 wants qop in quotes, and Windows clients quote it (MS-DPSP, ClientCompat_QuotedQop).
                quote_all=True,
                cnonces=self._cnonce,
            )
        self._nonce = context.learn(choice)
        token = self._sign(HTTPMessage(b"", request.method, uri, request.hentity))
        self._fixed = len(token) - _quoted_length(uri)
        self.granted = ISC_INTEGRITY_GRANTED if integrity else IscRet(0)
        self.established = True
        return token

    def _check_room(self, length: int, room: int) -> None:
        """Take back the nc of a response that will not be sent, because there is no room for it."""
        if length <= room:
            return
        signature = self._last
        if signature is not None:
            signature.context.pool.take_back(signature.nonce, signature.count)
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)

    def make_signature(self, qop: int, message: SecBufferDesc, seq_no: int) -> None:
        """Sign the next request: PADDING receives the Authorization parameters with the next nc."""
        if qop or seq_no:
            check_plain(qop, seq_no)
        try:
            layout = HTTPMessage.inputs(message)
            if not layout.method or not layout.url:
                raise failure(NtStatus.SEC_E_INVALID_TOKEN)
            # Checked before nc is taken: a server that counts strictly would refuse every request after a lost nc.
            padding = message.array[4]
            if padding.room < self._fixed + _quoted_length(layout.url):
                raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
            if self._nonce is not None and self._nonce.counter.last >= MAX_NC:
                # nc has eight digits and does not wrap (MS-DPSP): only a new challenge helps.
                raise failure(NtStatus.SEC_I_RENEGOTIATE)
            padding.store(self._sign(layout))
        except TRANSLATED as error:
            raise _OF_MESSAGES.of(error) from error

    def verify_signature(self, message: SecBufferDesc, seq_no: int) -> int:
        """Check the server's proof of its last answer: TOKEN is the Authentication-Info value."""
        check_plain(0, seq_no)
        with translated:
            layout = HTTPMessage.from_buffers(message)
            if self._context is None or self._last is None or not layout.token:
                raise failure(NtStatus.SEC_E_INVALID_TOKEN)
            information = self._context.verify_signature(layout, self._last)
            if information.nextnonce and not self._context.algorithm.session:
                self._nonce = self._last.nonce.successor(information.nextnonce)
        return 0

    def _choose(self, token: bytes, *, integrity: bool) -> Choice:
        challenges = parse_challenges([b"Digest " + token])
        usable = [challenge for challenge in challenges if not isinstance(challenge, UnusableChallenge)]
        if not usable:
            raise MalformedField("the server sent no challenge that can be read")
        preference = Preference(self._identity.algorithms, ("auth-int",) if integrity else ("auth",))
        reasons: list[str] = []
        choice = choose(usable, preference, reasons.append)
        if choice is None:
            raise QopNotSupported("; ".join(reasons))
        return choice

    def _sign(self, layout: HTTPMessage) -> bytes:
        context = self._context
        if context is None or self._nonce is None:
            raise failure(NtStatus.SEC_E_OUT_OF_SEQUENCE)
        if self._integrity:
            # Without a hash the body counts as empty. To use qop=auth would drop the integrity that was asked for.
            layout.hentity = layout.hentity or calculation.entity_hash(context.algorithm, b"")
        signature = context.make_signature(layout, self._nonce)
        if signature is None:
            # The server has repeated a challenge whose counts are used up.
            raise failure(NtStatus.SEC_E_OUT_OF_SEQUENCE)
        self._last = signature
        return layout.padding if self._claim is None else layout.padding + self._claim.serialize()

    def _cnonce(self) -> bytes:
        if self._claim is not None:
            return self._claim.cnonce(self._identity.random(_CNONCE_OCTETS))
        if self._drawn is not None:
            return self._drawn.draw()
        return hexlify(self._identity.random(_CNONCE_OCTETS))

    def close(self) -> None:
        """See Context.close; the password's hashes are dropped."""
        super().close()
        self._context = self._nonce = self._last = None

    @property
    def username(self) -> str:
        """See Context."""
        return self._context.identity.username if self._context is not None else ""

    @property
    def realm(self) -> str:
        """See Context."""
        return octets_to_text(self._context.realm) if self._context is not None else ""

    @property
    def target(self) -> str:
        """See Context."""
        return self._uri.decode("latin-1")

    @property
    def client_specified_target(self) -> str | None:
        """See Context."""
        return self._claim.target if self._claim is not None else None

    def session_key(self) -> bytes:
        """See Context."""
        if self._nonce is None:
            raise failure(NtStatus.SEC_E_INVALID_HANDLE)
        return bytes.fromhex(self._nonce.ha1.decode())

    def sizes(self) -> SecPkgContextSizes:
        """See Context."""
        return HTTP_SIZES

    def key_info(self) -> SecPkgContextKeyInfo:
        """See Context."""
        if self._context is None:
            raise failure(NtStatus.SEC_E_INVALID_HANDLE)
        return key_info(self._context.algorithm)


def _quoted_length(uri: bytes) -> int:
    """How long a uri is as a quoted-string; see encoding.quote_string."""
    return len(uri) + 2 + uri.count(b'"') + uri.count(b"\\")


def _claim(request: InitializeInput) -> Claim | None:
    """What the caller knows of service and channel; None if it gave neither buffer."""
    if request.target_host is None and request.bindings is None:
        return None
    binding = SecChannelBindings.parse(request.bindings).digest() if request.bindings is not None else NO_BINDING
    return Claim(target_name(request.target_host or b""), binding)
