"""The server's side of HTTP Digest: challenge, response, and the requests that follow on the same nonce.

It verifies through `httpauth.server.ServerContext` and counts strictly: each nc is the last plus one.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials
from digest_http.errors import QopNotSupported
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.verdict import ACCEPTED, Verdict
from digest_http.httpauth.waiting import at_once, now_or_never
from digest_http.sspi.values.buffers import SecBufferDesc
from digest_http.sspi.values.context_attributes import SecPkgContextKeyInfo, SecPkgContextSizes
from digest_http.sspi.values.request_flags import ASC_INTEGRITY_GRANTED, AscRet
from digest_http.sspi.values.status import TRANSLATED, NtStatus, Translation, WindowsError, failure, translated

from .extended_protection import UPGRADED, BindingPolicy, Claim, Requirement
from .http_common import HTTP_SIZES, check_plain, key_info
from .http_layouts import read_accept
from .http_realms import HTTPService, LiveContext, Realm

__all__ = ["HTTPServerContext"]

_SCHEME: Final = len(b"Digest ")

# An attribute of an Enum class costs as much as a call in Python 3.11.
_NEVER: Final = BindingPolicy.NEVER

#: The codes for the reasons of a malformed message after the context is established ("VerifySignature (Digest)").
_OF_BOTH: Final = {"uri": NtStatus.SEC_E_MESSAGE_ALTERED, "qop": NtStatus.SEC_E_QOP_NOT_SUPPORTED}
_OF_MESSAGES: Final = Translation(_OF_BOTH)
_OF_SIGNATURES: Final = Translation({**_OF_BOTH, "nc": NtStatus.STATUS_INVALID_PARAMETER})


class HTTPServerContext(LiveContext):
    """One nonce of one user. Before the first verified response it is only a challenge."""

    def __init__(self, service: HTTPService, realm: Realm, requirement: Requirement) -> None:
        super().__init__()
        #: accept_security_context uses it if a later call gives no credential.
        self.service: Final = service
        self._realm = realm
        self._requirement = requirement
        self._first: ServerContext | None = None
        self._last: ServerContext | None = None
        self._speaker: object = None
        self._ha1: bytes | None = None
        self._username = ""
        self._claim: Claim | None = None
        # The last response of which only the count was wrong.
        self._refused = b""

    def challenge(self, realm: Realm, *, stale: bool = False) -> bytes:
        """The octets of a TOKEN, without the first scheme: a challenge for each algorithm, each with a fresh nonce."""
        # On the page opaque is the reference to the context. Here the nonce is used, because every client sends it.
        opaque = b', opaque="%b"' % self.service.random(16).hex().encode()
        return b", ".join(value + opaque for value in realm.acceptor.challenges(stale=stale))[_SCHEME:]

    def authenticate(
        self, message: HTTPMessage, credentials: Credentials, realm: Realm, requirement: Requirement
    ) -> Verdict:
        """Check a first response. ACCEPTED establishes the context; after any other verdict nothing is kept.

        `credentials` is the parsed TOKEN of `message`.
        """
        opened = realm.acceptor.open_read(message.token, credentials)
        username, ha1 = realm.look_up(opened)
        verdict, claim, _ = self._verify(opened, message, ha1, realm, requirement)
        if verdict is Verdict.ACCEPTED:
            self._realm, self._requirement = realm, requirement
            self._first, self._ha1, self._username, self._claim = opened, ha1, username, claim
            self._speaker = _speaker(opened.credentials)
            self.granted = ASC_INTEGRITY_GRANTED if opened.covers_body else AscRet(0)
            self.established = True
            self.service.register(opened.nonce, self)
        return verdict

    def make_signature(self, qop: int, message: SecBufferDesc, seq_no: int) -> None:
        """Prove the answer to the last verified request: PADDING receives the Authentication-Info parameters."""
        check_plain(qop, seq_no)
        with translated:
            layout = HTTPMessage.from_buffers(message)
            self._opened(self._last).make_signature(layout)
            if message[4].room < len(layout.padding):
                raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
            message[4].store(layout.padding)

    def verify_signature(self, message: SecBufferDesc, seq_no: int) -> int:
        """Check the next request. A PADDING buffer with room receives the Authentication-Info parameters."""
        if seq_no:
            check_plain(0, seq_no)
        try:
            layout = HTTPMessage.inputs(message)
            if not layout.token:
                raise failure(NtStatus.SEC_E_INVALID_TOKEN)
            proof = message.array[4]
            room = proof.room
            information = self._next(layout, room)
            if room:
                proof.store(information)
        except TRANSLATED as error:
            raise _OF_SIGNATURES.of(error) from error
        return 0

    def complete(self, token: SecBufferDesc) -> None:
        """Check the request that accept_security_context found to belong to this context; the layout is ASC's."""
        with _OF_MESSAGES:
            request = read_accept(token)
            if not request.message.token:
                raise failure(NtStatus.SEC_E_INVALID_TOKEN)
            try:
                self._next(request.message)
            except WindowsError as error:
                if error.status is NtStatus.SEC_E_OUT_OF_SEQUENCE:
                    self._refused = request.message.token
                raise

    def _next(self, message: HTTPMessage, room: int = 0) -> bytes:
        """Check the next request. Returns the proof for its answer if there is room for one."""
        first = self._first
        if first is None:
            raise failure(NtStatus.SEC_E_INVALID_HANDLE)
        opened = self._realm.acceptor.open(message.token)
        if _speaker(opened.credentials) != self._speaker:
            raise failure(NtStatus.SEC_E_MESSAGE_ALTERED)
        if first.covers_body and not opened.covers_body:
            raise QopNotSupported("the context uses auth-int, but this request is not signed with auth-int")
        verdict, _, information = self._verify(opened, message, self._ha1, self._realm, self._requirement, room)
        if verdict is not ACCEPTED:
            raise failure(verdict.sspi_status)
        return information

    def _verify(  # noqa: PLR0917  # called for each request; keywords cost a tenth of a hash each
        self,
        opened: ServerContext,
        message: HTTPMessage,
        ha1: bytes | None,
        realm: Realm,
        requirement: Requirement,
        room: int = 0,
    ) -> tuple[Verdict, Claim | None, bytes]:
        """Check digest, nonce, bindings, room for the proof, then the count: a refused request is not counted.

        Raises SourceUnavailable if the store fails or is asynchronous.
        """
        now = opened.nonces.now()
        # "AcceptSecurityContext (Digest)" reserves the URL's place: the application may have compared it itself.
        named = message
        if not message.url:
            named = HTTPMessage(message.token, message.method, opened.uri, message.hentity)
        verdict = opened.verify_signature(named, ha1, now)
        if verdict is not ACCEPTED:
            return verdict, None, b""
        claim, cnonce = None, opened.cnonce
        # A token of a learnt shape has only the parameters of RFC 7616 (httpauth.token_shapes).
        if not opened.is_usual or cnonce.startswith(UPGRADED):
            claim = Claim.of_token(message.token, cnonce)
        if requirement.policy is not _NEVER:
            requirement.check(claim)
        information = _information(opened, message) if room else b""
        if room < len(information):
            raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
        counted = realm.sources.count(opened, now, at_once)
        verdict = counted if type(counted) is Verdict else now_or_never(counted)
        if verdict is ACCEPTED:
            self._last = opened
        return verdict, claim, information

    def same_user(self, credentials: Credentials) -> bool:
        """See LiveContext."""
        return _speaker(credentials) == self._speaker

    def is_refused(self, token: bytes) -> bool:
        """See LiveContext."""
        return token == self._refused

    def alive(self) -> bool:
        """See LiveContext."""
        first = self._opened(self._first)
        return first.nonces.alive(first.nonce_id, first.nonces.now())

    def close(self) -> None:
        """See Context.close; H(A1) is dropped."""
        super().close()
        if self._first is not None:
            self.service.forget(self._first.nonce)
        self._ha1 = None

    @staticmethod
    def _opened(context: ServerContext | None) -> ServerContext:
        if context is None:
            raise failure(NtStatus.SEC_E_INVALID_HANDLE)
        return context

    @property
    def username(self) -> str:
        """See Context."""
        return self._username

    @property
    def realm(self) -> str:
        """See Context."""
        return self._realm.name

    @property
    def target(self) -> str:
        """See Context."""
        return self._opened(self._first).uri.decode("latin-1")

    @property
    def client_specified_target(self) -> str | None:
        """See Context."""
        return self._claim.target if self._claim is not None else None

    def session_key(self) -> bytes:
        """See Context."""
        first = self._opened(self._first)
        if self._ha1 is None:
            raise failure(NtStatus.SEC_E_CONTEXT_EXPIRED)
        if first.algorithm.session:
            return calculation.session_hash(first.algorithm, self._ha1, first.nonce, first.cnonce)
        return bytes.fromhex(self._ha1.decode())

    def sizes(self) -> SecPkgContextSizes:
        """See Context."""
        return HTTP_SIZES

    def key_info(self) -> SecPkgContextKeyInfo:
        """See Context."""
        return key_info(self._opened(self._first).algorithm)


def _information(opened: ServerContext, message: HTTPMessage) -> bytes:
    # With auth-int rspauth covers the answer's body, which is not known yet: make_signature makes it later.
    if opened.covers_body:
        return opened.authentication_info(None)
    layout = HTTPMessage(message.token, message.method, message.url)
    opened.make_signature(layout)
    return layout.padding


#: The user and nonce of a response. The algorithm is included, because H(A1) is kept for one algorithm. attrgetter is
#: in C, which is faster: this is called for each request.
_speaker: Final = attrgetter("nonce", "username", "username_ext", "userhash", "realm", "algorithm")
