"""The client's side of DIGEST-MD5."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from digest_http.encoding import octets_to_text
from digest_http.sasl import DigestMD5Client
from digest_http.sasl.directives import DEFAULT_MAXBUF, Challenge
from digest_http.sspi.values.bindings import NO_BINDING, SecChannelBindings
from digest_http.sspi.values.request_flags import ISC_INTEGRITY, ISC_INTEGRITY_GRANTED, IscReq, IscRet
from digest_http.sspi.values.sasl_options import SaslOptions
from digest_http.sspi.values.status import NtStatus, failure

from .credential import DigestIdentity
from .extended_protection import UPGRADED, Claim, target_name
from .http_client_context import account
from .sasl_context import SASLContext

__all__ = ["SASLClientContext"]

_CNONCE_OCTETS: Final = 30
_UPGRADED_OCTETS: Final = 16
_PARTS: Final = (2, 3)


class SASLClientContext(SASLContext):
    """One login. The exchange begins with the server's challenge; before that there is nothing to send."""

    def __init__(self, identity: DigestIdentity, options: SaslOptions | None) -> None:
        super().__init__(options)
        self._identity: Final = identity
        self._target = ""
        self._claim: Claim | None = None

    def step(
        self, token: bytes, target: str, flags: IscReq, target_host: bytes | None = None, bindings: bytes | None = None
    ) -> bytes:
        """Take the server's token and return the token to send. A challenge after success begins a new exchange."""
        if self._mechanism is None or self.established:
            if not token:
                return b""
            self.established = False
            self._begin(Challenge.parse(token), target, flags, target_host, bindings)
        answer = self.mechanism.step(token)
        if self.mechanism.complete:
            self.established = True
            self.granted = IscRet.ISC_RET_MUTUAL_AUTH
            if self.mechanism.qop != "auth":
                self.granted |= ISC_INTEGRITY_GRANTED
            if self.mechanism.qop == "auth-conf":
                self.granted |= IscRet.ISC_RET_CONFIDENTIALITY
        return answer

    def _begin(
        self, challenge: Challenge, target: str, flags: IscReq, target_host: bytes | None, bindings: bytes | None
    ) -> None:
        parts = target.split("/")
        if len(parts) not in _PARTS or not all(parts):
            raise failure(NtStatus.SEC_E_TARGET_UNKNOWN)
        if challenge.nonce.startswith(UPGRADED) and (target_host is not None or bindings is not None):
            binding = SecChannelBindings.parse(bindings).digest() if bindings is not None else NO_BINDING
            # Without a TARGET_HOST buffer the service name is the target of the exchange.
            self._claim = Claim(target_name(target_host or target.encode()), binding)
        offered = [octets_to_text(realm) for realm in challenge.realms]
        domain = (self._identity.domain or "").lower()
        realm = next((name for name in offered if name.lower() == domain), offered[0] if offered else None)
        claim = self._claim
        random = self._identity.random
        self._target = target
        self._mechanism = DigestMD5Client(
            account(self._identity, realm or ""),
            self._identity.password or "",
            service=parts[0],
            host=parts[1],
            serv_name=parts[2] if len(parts) > 2 else None,  # noqa: PLR2004 - the third part is optional
            realm=lambda _: realm,
            authzid=self.options.authzid if self.options is not None else None,
            # Only the qop that the caller asks for: a weaker one would be a surprise.
            qop=_qop(flags),
            ciphers=self._identity.ciphers,
            maxbuf=self.options.receive_size if self.options is not None else DEFAULT_MAXBUF,
            cnonce=lambda _: (
                claim.cnonce(random(_UPGRADED_OCTETS)) if claim is not None else b64encode(random(_CNONCE_OCTETS))
            ),
            directives=(lambda _: claim.directives()) if claim is not None else None,
        )

    @property
    def target(self) -> str:
        """See Context."""
        return self._target

    @property
    def client_specified_target(self) -> str | None:
        """See Context."""
        return self._claim.target if self._claim is not None else None


def _qop(flags: IscReq) -> str:
    if flags & IscReq.ISC_REQ_CONFIDENTIALITY:
        return "auth-conf"
    return "auth-int" if flags & ISC_INTEGRITY else "auth"
