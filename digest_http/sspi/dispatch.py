"""The package behind the functions: the Sp* entry points of ntsecpkg.h and their table ("SpUserModeInitialize").

A program that hosts security packages calls them. The codes are those of the SSPI functions, except where the Sp* pages
name an NTSTATUS: STATUS_INVALID_HANDLE for a context that cannot be used for messages, STATUS_INVALID_PARAMETER for
buffers that SpSealMessage cannot use. On success a function returns the output parameters of its C function, or
NtStatus.SEC_E_OK if there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, NoReturn

from .contexts.context import CtxtHandle, context_of
from .contexts.sasl_context import SASLContext
from .contexts.sasl_records import SURROUNDING, trailer_length
from .lifetime import delete_security_context, export_security_context, import_security_context
from .message_functions import decrypt_message, encrypt_message, make_signature, verify_signature
from .query_attributes import BY_NUMBER, query_context_attributes
from .server_handshake import complete_auth_token
from .values.arguments import checked
from .values.buffers import SecBuffer, SecBufferDesc, SecBufferType
from .values.constants import ContextExport
from .values.context_attributes import SecPkgContext
from .values.package import PACKAGE_NAME, SecPkgInfo, query_security_package_info
from .values.status import NtStatus, WindowsError, failure

__all__ = [
    "SECPKG_INTERFACE_VERSION",
    "SECPKG_USER_FUNCTION_TABLE",
    "SpCompleteAuthToken",
    "SpDeleteContext",
    "SpExportSecurityContext",
    "SpFormatCredentials",
    "SpGetContextToken",
    "SpGetInfo",
    "SpImportSecurityContext",
    "SpInitUserModeContext",
    "SpInstanceInit",
    "SpMakeSignature",
    "SpMarshallSupplementalCreds",
    "SpQueryContextAttributes",
    "SpSealMessage",
    "SpUnsealMessage",
    "SpUserModeInitialize",
    "SpVerifySignature",
    "UserModeInitializeResult",
]

SECPKG_INTERFACE_VERSION: Final = 0x00010000


@dataclass(frozen=True, slots=True)
class SECPKG_USER_FUNCTION_TABLE:  # noqa: N801 - the name of the structure in ntsecpkg.h
    """The fourteen functions of the user-mode half, in the order of the structure."""

    instance_init: Callable[..., Any]
    init_user_mode_context: Callable[..., Any]
    make_signature: Callable[..., Any]
    verify_signature: Callable[..., Any]
    seal_message: Callable[..., Any]
    unseal_message: Callable[..., Any]
    get_context_token: Callable[..., Any]
    query_context_attributes: Callable[..., Any]
    complete_auth_token: Callable[..., Any]
    delete_user_mode_context: Callable[..., Any]
    format_credentials: Callable[..., Any]
    marshall_supplemental_creds: Callable[..., Any]
    export_context: Callable[..., Any]
    import_context: Callable[..., Any]


class UserModeInitializeResult(NamedTuple):
    """The version of the interface, and one table for each package."""

    package_version: int
    tables: tuple[SECPKG_USER_FUNCTION_TABLE, ...]


@checked
def SpUserModeInitialize(lsa_version: int) -> UserModeInitializeResult:
    """The tables of this module. Raises STATUS_INVALID_PARAMETER if the version is not SECPKG_INTERFACE_VERSION."""
    if lsa_version != SECPKG_INTERFACE_VERSION:
        raise failure(NtStatus.STATUS_INVALID_PARAMETER)
    return UserModeInitializeResult(SECPKG_INTERFACE_VERSION, (_TABLE,))


@checked
def SpInstanceInit(version: int, function_table: object = None, user_functions: object = None) -> NtStatus:
    """Begin. There is nothing to load, and neither table is used. Raises as SpUserModeInitialize."""
    del function_table, user_functions
    SpUserModeInitialize(version)
    return NtStatus.SEC_E_OK


def SpGetInfo() -> SecPkgInfo:
    """The description of the package."""
    return query_security_package_info(PACKAGE_NAME)


@checked
def SpInitUserModeContext(context_handle: CtxtHandle, packed_context: bytes | bytearray | memoryview) -> NtStatus:
    """Put a packed context behind an empty handle. Raises STATUS_INVALID_HANDLE for a handle that is in use."""
    if context_handle.digest_context is not None:
        raise failure(NtStatus.STATUS_INVALID_HANDLE)
    context_handle.digest_context = import_security_context(PACKAGE_NAME, packed_context).digest_context
    return NtStatus.SEC_E_OK


@checked
def SpMakeSignature(
    context_handle: CtxtHandle, quality_of_protection: int, message_buffers: SecBufferDesc, message_sequence_number: int
) -> NtStatus:
    """See make_signature; SEC_E_INVALID_HANDLE without a context."""
    make_signature(context_handle, quality_of_protection, message_buffers, message_sequence_number)
    return NtStatus.SEC_E_OK


@checked
def SpVerifySignature(context_handle: CtxtHandle, message_buffers: SecBufferDesc, message_sequence_number: int) -> int:
    """See verify_signature; returns QualityOfProtection."""
    return verify_signature(context_handle, message_buffers, message_sequence_number)


@checked
def SpSealMessage(
    context_handle: CtxtHandle, quality_of_protection: int, message_buffers: SecBufferDesc, message_sequence_number: int
) -> NtStatus:
    """As encrypt_message, for exactly one DATA buffer, which may not be READONLY, and a TOKEN or PADDING buffer.

    Raises STATUS_INVALID_HANDLE without a layer, STATUS_INVALID_PARAMETER for other buffers or too little room.
    """
    block = _layer(context_handle)
    data = _only_data(message_buffers)
    room = sum(buffer.room for buffer in message_buffers if buffer.buffer_type in SURROUNDING)
    if room < trailer_length(data.count, block):
        raise failure(NtStatus.STATUS_INVALID_PARAMETER)
    encrypt_message(context_handle, quality_of_protection, message_buffers, message_sequence_number)
    return NtStatus.SEC_E_OK


@checked
def SpUnsealMessage(context_handle: CtxtHandle, message_buffers: SecBufferDesc, message_sequence_number: int) -> int:
    """As decrypt_message, for exactly one DATA buffer; returns QualityOfProtection. Raises as SpSealMessage."""
    _layer(context_handle)
    _only_data(message_buffers)
    return decrypt_message(context_handle, message_buffers, message_sequence_number)


@checked
def SpGetContextToken(context_handle: CtxtHandle) -> NoReturn:
    """Raises SEC_E_NO_IMPERSONATION, because there are no access tokens here."""
    context_of(context_handle)
    raise failure(NtStatus.SEC_E_NO_IMPERSONATION)


@checked
def SpQueryContextAttributes(context_handle: CtxtHandle, context_attribute: int) -> SecPkgContext:
    """See query_context_attributes; `context_attribute` is the number of a SECPKG_ATTR_*."""
    kind = BY_NUMBER.get(context_attribute)
    if kind is None:
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
    return query_context_attributes(context_handle, kind)


@checked
def SpCompleteAuthToken(context_handle: CtxtHandle, input_buffer: SecBufferDesc) -> NtStatus:
    """See complete_auth_token."""
    complete_auth_token(context_handle, input_buffer)
    return NtStatus.SEC_E_OK


@checked
def SpDeleteContext(context_handle: CtxtHandle) -> NtStatus:
    """See delete_security_context."""
    delete_security_context(context_handle)
    return NtStatus.SEC_E_OK


@checked
def SpFormatCredentials(credentials: bytes) -> NoReturn:
    """Raises SEC_E_UNSUPPORTED_FUNCTION, because Digest packs no credentials."""
    del credentials
    raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)


@checked
def SpMarshallSupplementalCreds(credentials: bytes) -> NoReturn:
    """As SpFormatCredentials."""
    SpFormatCredentials(credentials)


@checked
def SpExportSecurityContext(context_handle: CtxtHandle, flags: ContextExport | int = 0) -> bytes:
    """See export_security_context."""
    return export_security_context(context_handle, flags)


@checked
def SpImportSecurityContext(packed_context: bytes | bytearray | memoryview) -> CtxtHandle:
    """See import_security_context."""
    return import_security_context(PACKAGE_NAME, packed_context)


def _layer(handle: CtxtHandle) -> int:
    """The padding unit in octets. Raises STATUS_INVALID_HANDLE without a context or without a layer."""
    try:
        context = context_of(handle)
    except WindowsError as error:
        raise failure(NtStatus.STATUS_INVALID_HANDLE) from error
    if not isinstance(context, SASLContext) or not context.sizes().max_signature:
        raise failure(NtStatus.STATUS_INVALID_HANDLE)
    return context.sizes().block_size


def _only_data(message: SecBufferDesc) -> SecBuffer:
    data = [buffer for buffer in message if buffer.buffer_type == SecBufferType.SECBUFFER_DATA]
    if len(data) != 1 or data[0].readonly:
        raise failure(NtStatus.STATUS_INVALID_PARAMETER)
    return data[0]


_TABLE: Final = SECPKG_USER_FUNCTION_TABLE(
    SpInstanceInit,
    SpInitUserModeContext,
    SpMakeSignature,
    SpVerifySignature,
    SpSealMessage,
    SpUnsealMessage,
    SpGetContextToken,
    SpQueryContextAttributes,
    SpCompleteAuthToken,
    SpDeleteContext,
    SpFormatCredentials,
    SpMarshallSupplementalCreds,
    SpExportSecurityContext,
    SpImportSecurityContext,
)
