"""Buffers in short, and a client and a server of the SSPI names wired together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from digest_http import sspi
from digest_http.sspi import AscReq, IscReq, NtStatus, SecBuffer, SecBufferDesc, SecBufferType

EMPTY = SecBufferType.SECBUFFER_EMPTY
DATA = SecBufferType.SECBUFFER_DATA
TOKEN = SecBufferType.SECBUFFER_TOKEN
PARAMS = SecBufferType.SECBUFFER_PKG_PARAMS
PADDING = SecBufferType.SECBUFFER_PADDING
STREAM = SecBufferType.SECBUFFER_STREAM
STREAM_HEADER = SecBufferType.SECBUFFER_STREAM_HEADER
STREAM_TRAILER = SecBufferType.SECBUFFER_STREAM_TRAILER
BINDINGS = SecBufferType.SECBUFFER_CHANNEL_BINDINGS
TARGET_HOST = SecBufferType.SECBUFFER_TARGET_HOST

ALICE = {"alice": "correct horse"}
REALM = "field"
# What the HEntity buffer holds: the hash of a body.
BODY = hashlib.md5(b"body").hexdigest().encode()
OTHER_BODY = hashlib.md5(b"other").hexdigest().encode()
NOTHING = IscReq(0)
INTEGRITY = IscReq.ISC_REQ_INTEGRITY
PRIVACY = IscReq.ISC_REQ_INTEGRITY | IscReq.ISC_REQ_CONFIDENTIALITY


def buffers(*parts: tuple[int, bytes | int | None]) -> SecBufferDesc:
    """Buffers of (type, octets); a number of octets is that much room, None no memory."""
    return SecBufferDesc([SecBuffer(None if value is None else bytearray(value), kind) for kind, value in parts])


def body_hash(algorithm: str, body: bytes) -> bytes:
    """HEntity of a body for any algorithm."""
    name = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}[algorithm.removesuffix("-sess")]
    return hashlib.new(name, body).hexdigest().encode()


def client_handle(password: str = ALICE["alice"], **settings: Any) -> sspi.CredHandle:
    """Alice's credentials."""
    identity = sspi.DigestIdentity("alice", settings.pop("domain", None), password, **settings)
    use = sspi.CredentialUse.SECPKG_CRED_OUTBOUND
    return sspi.acquire_credentials_handle(None, "WDigest", use, auth_data=identity).credential


def server_handle(users: Any = None, **settings: Any) -> sspi.CredHandle:
    """The server's accounts."""
    accounts = sspi.DigestAccounts(ALICE if users is None else users, **{"realm": REALM, **settings})
    use = sspi.CredentialUse.SECPKG_CRED_INBOUND
    return sspi.acquire_credentials_handle(None, "WDigest", use, auth_data=accounts).credential


def accept_input(token: bytes, method: bytes = b"GET", url: bytes = b"", hentity: bytes = b"", realm: str = "",
                 bindings: bytes | None = None) -> SecBufferDesc:  # fmt: skip
    """accept_security_context's layout for HTTP."""
    parts: list[tuple[int, bytes]] = [
        (TOKEN, token), (PARAMS, method), (PARAMS, url), (PARAMS, hentity), (PARAMS, realm.encode("utf-16-le"))
    ]  # fmt: skip
    if bindings is not None:
        parts.append((BINDINGS, bindings))
    return buffers(*parts)


def http_message(token: bytes = b"", method: bytes = b"GET", url: bytes = b"/x", hentity: bytes = b"",
                 room: int | None = 4096) -> SecBufferDesc:  # fmt: skip
    """make_signature's and verify_signature's layout for HTTP."""
    return buffers((TOKEN, token), (PARAMS, method), (PARAMS, url), (PARAMS, hentity), (PADDING, room))


@dataclass
class HTTPPair:
    """Both sides of HTTP Digest; contexts after login()."""

    client_handle: sspi.CredHandle = field(default_factory=client_handle)
    server_handle: sspi.CredHandle = field(default_factory=server_handle)
    client_flags: IscReq = IscReq.ISC_REQ_HTTP
    server_flags: AscReq = AscReq.ASC_REQ_HTTP
    client: Any = None
    server: Any = None

    def challenge(self, **parts: Any) -> bytes:
        """The server's first call; leaves its context in `server`."""
        output = buffers((TOKEN, 4096))
        result = sspi.accept_security_context(
            self.server_handle, None, accept_input(b"", **parts), self.server_flags, 0, output
        )
        assert result.status is NtStatus.SEC_I_CONTINUE_NEEDED
        self.server = result.context
        return output[0].data

    def respond(self, challenge: bytes, method: bytes = b"GET", url: str = "/x", hentity: bytes = b"",
                extra: tuple[tuple[int, bytes], ...] = ()) -> bytes:  # fmt: skip
        """The client's call; leaves its context in `client`."""
        output = buffers((TOKEN, 4096))
        given = buffers((TOKEN, challenge), (PARAMS, method), (PARAMS, hentity), *extra)
        result = sspi.initialize_security_context(
            self.client_handle, self.client, url, self.client_flags, 0, given, output
        )
        assert result.status is NtStatus.SEC_E_OK
        self.client = result.context
        return output[0].data

    def accept(self, response: bytes, context: Any = None, **parts: Any) -> sspi.AcceptContextResult:
        """The server's second call."""
        return sspi.accept_security_context(
            self.server_handle, context, accept_input(response, **parts), self.server_flags, 0, buffers((TOKEN, 4096))
        )

    def login(self, hentity: bytes = b"") -> HTTPPair:
        """The whole exchange for GET /x."""
        response = self.respond(self.challenge(), hentity=hentity)
        result = self.accept(response, self.server, hentity=hentity)
        assert result.status is NtStatus.SEC_E_OK
        self.server = result.context
        return self

    def sign(self, **parts: Any) -> bytes:
        """The Authorization value of the client's next request."""
        message = http_message(**parts)
        sspi.make_signature(self.client, 0, message, 0)
        return message[4].data


@dataclass
class SASLPair:
    """Both sides of DIGEST-MD5; contexts after login()."""

    client_handle: sspi.CredHandle = field(default_factory=client_handle)
    server_handle: sspi.CredHandle = field(default_factory=server_handle)
    client_flags: IscReq = NOTHING
    server_flags: AscReq = AscReq.ASC_REQ_INTEGRITY | AscReq.ASC_REQ_CONFIDENTIALITY
    target: str = "ldap/dc1.example.com"
    client: Any = None
    server: Any = None

    def accept(self, token: bytes, *extra: tuple[int, bytes]) -> tuple[NtStatus, bytes]:
        """One call of the server."""
        output = buffers((TOKEN, 4096))
        result = sspi.accept_security_context(
            self.server_handle, self.server, buffers((TOKEN, token), *extra), self.server_flags, 0, output
        )
        self.server = result.context
        return result.status, output[0].data

    def initialize(self, token: bytes, *extra: tuple[int, bytes]) -> tuple[NtStatus, bytes]:
        """One call of the client."""
        output = buffers((TOKEN, 4096))
        result = sspi.initialize_security_context(
            self.client_handle, self.client, self.target, self.client_flags, 0, buffers((TOKEN, token), *extra), output
        )
        self.client = result.context
        return result.status, output[0].data

    def login(self) -> SASLPair:
        """The whole exchange."""
        _, challenge = self.accept(b"")
        _, response = self.initialize(challenge)
        status, proof = self.accept(response)
        assert status is NtStatus.SEC_E_OK
        status, rest = self.initialize(proof)
        assert (status, rest) == (NtStatus.SEC_E_OK, b"")
        return self

    def ends(self) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """(sender, receiver) of each direction."""
        return (self.client, self.server), (self.server, self.client)
