"""Status codes, and the error that carries one.

SEC_E_OK and SEC_I_* are returned. All others are raised as WindowsError, and so is SEC_I_RENEGOTIATE. The numbers and
names are those of winerror.h and ntstatus.h; the sentences are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from digest_http import sspi_status
from digest_http.errors import ConfigurationError, DigestError

__all__ = ["TRANSLATED", "NtStatus", "Translation", "WindowsError", "failure", "translated"]


class NtStatus(IntEnum):
    """The codes that this package returns or raises, and the other codes of Digest."""

    SEC_E_OK = sspi_status.SEC_E_OK
    SEC_I_CONTINUE_NEEDED = 0x00090312
    SEC_I_COMPLETE_NEEDED = 0x00090313
    SEC_I_COMPLETE_AND_CONTINUE = 0x00090314
    SEC_I_RENEGOTIATE = 0x00090321
    SEC_E_INSUFFICIENT_MEMORY = 0x80090300
    SEC_E_INVALID_HANDLE = 0x80090301
    SEC_E_UNSUPPORTED_FUNCTION = 0x80090302
    SEC_E_TARGET_UNKNOWN = 0x80090303
    SEC_E_INTERNAL_ERROR = sspi_status.SEC_E_INTERNAL_ERROR
    SEC_E_SECPKG_NOT_FOUND = 0x80090305
    SEC_E_NOT_OWNER = 0x80090306
    SEC_E_INVALID_TOKEN = sspi_status.SEC_E_INVALID_TOKEN
    SEC_E_QOP_NOT_SUPPORTED = sspi_status.SEC_E_QOP_NOT_SUPPORTED
    SEC_E_NO_IMPERSONATION = 0x8009030B
    SEC_E_LOGON_DENIED = sspi_status.SEC_E_LOGON_DENIED
    SEC_E_UNKNOWN_CREDENTIALS = 0x8009030D
    SEC_E_NO_CREDENTIALS = 0x8009030E
    SEC_E_MESSAGE_ALTERED = sspi_status.SEC_E_MESSAGE_ALTERED
    SEC_E_OUT_OF_SEQUENCE = sspi_status.SEC_E_OUT_OF_SEQUENCE
    SEC_E_NO_AUTHENTICATING_AUTHORITY = sspi_status.SEC_E_NO_AUTHENTICATING_AUTHORITY
    SEC_E_CONTEXT_EXPIRED = sspi_status.SEC_E_CONTEXT_EXPIRED
    SEC_E_INCOMPLETE_MESSAGE = 0x80090318
    SEC_E_BUFFER_TOO_SMALL = sspi_status.SEC_E_BUFFER_TOO_SMALL
    SEC_E_WRONG_PRINCIPAL = sspi_status.SEC_E_WRONG_PRINCIPAL
    SEC_E_ALGORITHM_MISMATCH = 0x80090331
    SEC_E_SECURITY_QOS_FAILED = 0x80090332
    SEC_E_CRYPTO_SYSTEM_INVALID = 0x80090337
    SEC_E_BAD_BINDINGS = 0x80090346
    SEC_E_INVALID_PARAMETER = 0x8009035D
    STATUS_INVALID_HANDLE = 0xC0000008
    STATUS_INVALID_PARAMETER = 0xC000000D
    STATUS_LOGON_FAILURE = 0xC000006D
    # Second names of the same numbers.
    STATUS_SUCCESS = 0x00000000
    SEC_E_NOT_SUPPORTED = 0x80090302


_SENTENCES: Final = {
    NtStatus.SEC_E_OK: "Done.",
    NtStatus.SEC_I_CONTINUE_NEEDED: "Send the token and call again with the peer's answer.",
    NtStatus.SEC_I_COMPLETE_NEEDED: "Call complete_auth_token.",
    NtStatus.SEC_I_COMPLETE_AND_CONTINUE: "Call complete_auth_token, send the token, and call again.",
    NtStatus.SEC_I_RENEGOTIATE: "The peer wants a new handshake.",
    NtStatus.SEC_E_INSUFFICIENT_MEMORY: "There is not enough memory.",
    NtStatus.SEC_E_INVALID_HANDLE: "The handle is empty, was freed, or is not of the kind that is needed here.",
    NtStatus.SEC_E_UNSUPPORTED_FUNCTION: "The Digest package does not do that.",
    NtStatus.SEC_E_TARGET_UNKNOWN: "The target is not a request URI, or not of the form service/host[/name].",
    NtStatus.SEC_E_INTERNAL_ERROR: "The package had an internal error.",
    NtStatus.SEC_E_SECPKG_NOT_FOUND: "There is no such security package; this one is WDigest.",
    NtStatus.SEC_E_NOT_OWNER: "The identity is not that of the principal.",
    NtStatus.SEC_E_INVALID_TOKEN: "A token is malformed, or a buffer is missing or of the wrong type.",
    NtStatus.SEC_E_QOP_NOT_SUPPORTED: "The quality of protection or the algorithm is not available on this context.",
    NtStatus.SEC_E_NO_IMPERSONATION: "The context has no logon to impersonate.",
    NtStatus.SEC_E_LOGON_DENIED: "The user name or the password is wrong.",
    NtStatus.SEC_E_UNKNOWN_CREDENTIALS: "The credentials are not of a kind that Digest knows.",
    NtStatus.SEC_E_NO_CREDENTIALS: "The handle has no credentials for this side.",
    NtStatus.SEC_E_MESSAGE_ALTERED: "The message or its signature was changed on the way.",
    NtStatus.SEC_E_OUT_OF_SEQUENCE: "The nonce count or sequence number is not the next one.",
    NtStatus.SEC_E_NO_AUTHENTICATING_AUTHORITY: "The source of users, or the store of nonce counts, failed.",
    NtStatus.SEC_E_CONTEXT_EXPIRED: "The context was closed, has failed, or its nonce has expired.",
    NtStatus.SEC_E_INCOMPLETE_MESSAGE: "The message is not whole.",
    NtStatus.SEC_E_BUFFER_TOO_SMALL: "A buffer is too small for its content, or a message is too long for the peer.",
    NtStatus.SEC_E_WRONG_PRINCIPAL: "The server has not proved that it knows the password.",
    NtStatus.SEC_E_ALGORITHM_MISMATCH: "The user may not act as that authorization identity.",
    NtStatus.SEC_E_SECURITY_QOS_FAILED: "A requirement is not valid for this kind of context.",
    NtStatus.SEC_E_CRYPTO_SYSTEM_INVALID: "The cipher is not available.",
    NtStatus.SEC_E_BAD_BINDINGS: "The channel or service binding of the client is missing or wrong.",
    NtStatus.SEC_E_INVALID_PARAMETER: "A parameter is not valid.",
    NtStatus.STATUS_INVALID_HANDLE: "The context does not exist or cannot sign and seal.",
    NtStatus.STATUS_INVALID_PARAMETER: "A parameter is not valid: nc is not a number, or a buffer is missing or small.",
    NtStatus.STATUS_LOGON_FAILURE: "The context is established already.",
}


class WindowsError(OSError):
    """A failed call. `winerror` is the code as Windows gives it to Python, signed; `status` is the same as an NtStatus.

    The argument may be the signed or the unsigned number. For an unknown code `status` is None.
    """

    def __init__(self, winerror: int) -> None:
        number = winerror & 0xFFFFFFFF
        try:
            self.status: NtStatus | None = NtStatus(number)
        except ValueError:
            self.status = None
        name = self.status.name if self.status is not None else "an unknown code"
        sentence = f" {_SENTENCES[self.status]}" if self.status is not None else ""
        super().__init__(winerror, f"{name} (0x{number:08X}).{sentence}")
        self.winerror = winerror

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.winerror,))


def failure(status: int) -> WindowsError:
    """The error for a code. Its number is signed, as in sspilib and in Windows."""
    return WindowsError(status - (1 << 32) if status & 0x80000000 else status)


class Translation:
    """Turn errors of the layers below into WindowsError; the original error is its cause.

    `special` has the codes for those reasons (DigestError.reason) that have their own code. A translation has no state:
    one object is made for each set of codes, and serves all calls, also at the same time.
    """

    __slots__ = ("_special",)

    def __init__(self, special: Mapping[str, NtStatus] | None = None) -> None:
        self._special: Final = special or {}

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, TRANSLATED):
            raise self.of(error) from error

    def of(self, error: BaseException) -> WindowsError:
        """The error to raise for one of TRANSLATED. Functions that must be fast call this in place of `with`."""
        if isinstance(error, DigestError):
            return failure(self._special.get(error.reason, error.sspi_status))
        if isinstance(error, ConfigurationError):
            return failure(NtStatus.SEC_E_INVALID_PARAMETER)
        return failure(NtStatus.SEC_E_INSUFFICIENT_MEMORY)


#: The errors that a Translation translates; others pass through it.
TRANSLATED: Final = (DigestError, ConfigurationError, MemoryError)


#: The translation without special codes.
translated: Final = Translation()
