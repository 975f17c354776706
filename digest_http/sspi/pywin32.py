"""`ClientAuth` and `ServerAuth` with the interface of pywin32's module `sspi`, for the exchange of SASL.

    err, out = client.authorize(challenge)    # out[0].Buffer goes to the peer; err is 0 once the login is complete

The server begins: `ServerAuth.authorize(None)`. A failure raises `WindowsError`, with the number as in pywintypes.
"""

from __future__ import annotations

from typing import Any, Final

from .acquire import acquire_credentials_handle
from .client_handshake import initialize_security_context
from .contexts.context import CtxtHandle
from .contexts.credential import DigestAccounts, DigestIdentity
from .message_functions import decrypt_message, encrypt_message, make_signature, verify_signature
from .server_handshake import accept_security_context
from .values.buffers import SecBuffer, SecBufferDesc, SecBufferType
from .values.constants import CredentialUse
from .values.identity import WinNTAuthIdentity
from .values.package import MAX_TOKEN
from .values.request_flags import AscReq, IscReq

__all__ = ["ClientAuth", "ServerAuth"]

_TOKEN: Final = SecBufferType.SECBUFFER_TOKEN
_ROOM: Final = bytes(24)  # for the longest trailer of a record: a signature and a block of padding


class _Token(SecBuffer):
    Buffer = SecBuffer.data  # pywin32's spelling


def _message(data: bytes, trailer: bytes = _ROOM) -> SecBufferDesc:
    return SecBufferDesc([_Token(bytearray(data), SecBufferType.SECBUFFER_DATA), _Token(bytearray(trailer), _TOKEN)])


class ClientAuth:
    """A client. `auth_info` is (user, domain, password) or an identity, `targetspn` is service/host, as text."""

    def __init__(self, pkg_name: str, client_name: str | None = None,  # noqa: PLR0917  # the order is pywin32's
                 auth_info: tuple[str, str | None, str] | WinNTAuthIdentity | DigestIdentity | None = None,
                 targetspn: str | None = None, scflags: int = IscReq.ISC_REQ_INTEGRITY | IscReq.ISC_REQ_CONFIDENTIALITY,
                 datarep: int = 0) -> None:  # fmt: skip
        identity = WinNTAuthIdentity(*auth_info) if isinstance(auth_info, tuple) else auth_info
        use = CredentialUse.SECPKG_CRED_OUTBOUND
        self.credentials = acquire_credentials_handle(client_name, pkg_name, use, auth_data=identity).credential
        self.targetspn, self.scflags, self.datarep = targetspn or "", scflags, datarep
        self.reset()

    def reset(self) -> None:
        """Begin a new login with the same credentials."""
        self.ctxt, self.authenticated = CtxtHandle(), False

    def authorize(self, sec_buffer_in: SecBufferDesc | bytes | None) -> tuple[int, SecBufferDesc]:
        """One step: takes the peer's token, returns the status and our token. Status 0: the login is complete."""
        given = _message(b"", sec_buffer_in) if isinstance(sec_buffer_in, bytes) else sec_buffer_in
        out = SecBufferDesc([_Token(bytearray(MAX_TOKEN), _TOKEN)])
        result = self._step(self.ctxt if self.ctxt.digest_context is not None else None, given, out)
        self.ctxt, self.authenticated = result.context, not result.status
        return int(result.status), out

    def _step(self, ctxt: CtxtHandle | None, *arrays: SecBufferDesc | None) -> Any:  # noqa: ANN401  # each side's own
        return initialize_security_context(self.credentials, ctxt, self.targetspn, self.scflags, self.datarep, *arrays)

    def sign(self, data: bytes) -> bytes:
        """The signature of a message, 16 octets."""
        make_signature(self.ctxt, 0, message := _message(data), 0)
        return message[1].data

    def verify(self, data: bytes, trailer: bytes) -> None:
        """Check a message against its signature."""
        verify_signature(self.ctxt, _message(data, trailer), 0)

    def encrypt(self, data: bytes) -> tuple[bytes, bytes]:
        """The sealed message and its trailer."""
        encrypt_message(self.ctxt, 0, message := _message(data), 0)
        return message[0].data, message[1].data

    def decrypt(self, encdata: bytes, trailer: bytes) -> bytes:
        """The message; the arguments are the two results of the peer's `encrypt`."""
        decrypt_message(self.ctxt, message := _message(encdata, trailer), 0)
        return message[0].data


class ServerAuth(ClientAuth):
    """A server. `accounts` are the users who may log in. pywin32 has no such argument: Windows has its own accounts."""

    def __init__(self, pkg_name: str, spn: str | None = None,
                 scflags: int = AscReq.ASC_REQ_INTEGRITY | AscReq.ASC_REQ_CONFIDENTIALITY, datarep: int = 0, *,
                 accounts: DigestAccounts) -> None:  # fmt: skip
        use = CredentialUse.SECPKG_CRED_INBOUND
        self.credentials = acquire_credentials_handle(spn, pkg_name, use, auth_data=accounts).credential
        self.targetspn, self.scflags, self.datarep = spn or "", scflags, datarep
        self.reset()

    def _step(self, ctxt: CtxtHandle | None, *arrays: SecBufferDesc | None) -> Any:  # noqa: ANN401  # as above
        given, out = arrays
        return accept_security_context(self.credentials, ctxt, given, self.scflags, self.datarep, out)
