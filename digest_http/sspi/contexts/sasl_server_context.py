"""The server's side of DIGEST-MD5."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from digest_http.sasl import DigestMD5Server
from digest_http.sasl.directives import DEFAULT_MAXBUF
from digest_http.sspi.values.request_flags import ASC_INTEGRITY, ASC_INTEGRITY_GRANTED, AscReq, AscRet
from digest_http.sspi.values.sasl_options import SaslAuthzIdState, SaslOptions

from .credential import DigestAccounts
from .extended_protection import UPGRADED, Claim, Requirement
from .sasl_context import SASLContext

__all__ = ["SASLServerContext"]

_NONCE_OCTETS: Final = 30


class SASLServerContext(SASLContext):
    """One login: a challenge, then the response and its proof."""

    def __init__(self, accounts: DigestAccounts, flags: AscReq, options: SaslOptions | None) -> None:
        super().__init__(options)
        self._accounts: Final = accounts
        self._claim: Claim | None = None
        self._target = ""
        self._server: Final = DigestMD5Server(
            accounts.users,
            service=accounts.service,
            host=accounts.hosts,
            # An empty realm means none: the users are then asked for the realm that the client names (RFC 2831 §2.1.2).
            realms=accounts.realm or (),
            qop=_qop(flags),
            ciphers=accounts.ciphers,
            maxbuf=options.receive_size if options is not None else DEFAULT_MAXBUF,
            # Windows accepts a UPN, and NETBIOS\name, with the empty realm, and keeps hashes of both (MS-SAMR).
            domain_accounts=True,
            authorize=self._authorize,
            nonce=lambda: UPGRADED + b64encode(accounts.random(_NONCE_OCTETS)),
        )
        self._mechanism = self._server

    def step(self, token: bytes, requirement: Requirement) -> bytes:
        """Take the client's token and return the token to send: the challenge, or the proof."""
        answer = self._server.step(token)
        response = self._server.response
        if self._server.complete and response is not None:
            self._claim = Claim.read(dict(response.others), response.cnonce)
            requirement.check(self._claim)
            self._target = response.digest_uri.decode("utf-8", "replace")
            self.established = True
            if self.options is not None:
                self.options.authzid = self._server.authzid or self._server.username
            self.granted = AscRet.ASC_RET_MUTUAL_AUTH
            if self._server.qop != "auth":
                self.granted |= ASC_INTEGRITY_GRANTED
            if self._server.qop == "auth-conf":
                self.granted |= AscRet.ASC_RET_CONFIDENTIALITY
        return answer

    def _authorize(self, username: str, realm: str, authzid: str) -> bool:
        if self.options is not None and self.options.processing is SaslAuthzIdState.Sasl_AuthZIDForbidden:
            return False
        if self._accounts.authorize is not None:
            return self._accounts.authorize(username, realm, authzid)
        return authzid == username

    @property
    def target(self) -> str:
        """See Context."""
        return self._target

    @property
    def client_specified_target(self) -> str | None:
        """See Context."""
        return self._claim.target if self._claim is not None else None


def _qop(flags: AscReq) -> tuple[str, ...]:
    """Each qop that may be chosen, weakest first as in Active Directory. The client takes the qop that it needs."""
    offered = ["auth"]
    if flags & ASC_INTEGRITY:
        offered.append("auth-int")
    if flags & AscReq.ASC_REQ_CONFIDENTIALITY:
        offered.append("auth-conf")
    return tuple(offered)
