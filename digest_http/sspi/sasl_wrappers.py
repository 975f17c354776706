"""The Sasl* functions: SSPI under the names of SASL ("SaslInitializeSecurityContext" and the other Sasl* pages)."""

from __future__ import annotations

from typing import Final

from digest_http.errors import DigestError
from digest_http.sasl.directives import MAX_MAXBUF, MIN_MAXBUF, Challenge, Response

from .client_handshake import InitializeContextResult, initialize_security_context
from .contexts.context import CtxtHandle
from .contexts.credential import CredHandle
from .server_handshake import AcceptContextResult, accept_security_context
from .values.arguments import checked
from .values.buffers import SecBufferDesc, SecBufferType, require
from .values.constants import TargetDataRep
from .values.package import PACKAGE_NAME, SecPkgInfo, query_security_package_info
from .values.request_flags import AscReq, IscReq
from .values.sasl_options import SaslAuthzIdState, SaslContextOption, SaslOptions
from .values.status import NtStatus, WindowsError, failure

__all__ = [
    "sasl_accept_security_context",
    "sasl_enumerate_profiles",
    "sasl_get_context_option",
    "sasl_get_profile_package",
    "sasl_identify_package",
    "sasl_initialize_security_context",
    "sasl_set_context_option",
]

_PROFILE: Final = "DIGEST-MD5"


def sasl_enumerate_profiles() -> list[str]:
    """The SASL mechanisms of this module."""
    return [_PROFILE]


@checked
def sasl_get_profile_package(profile: str) -> SecPkgInfo:
    """The package of DIGEST-MD5, in any letter case. Raises SEC_E_SECPKG_NOT_FOUND for another mechanism."""
    if profile.upper() != _PROFILE:
        raise failure(NtStatus.SEC_E_SECPKG_NOT_FOUND)
    return query_security_package_info(PACKAGE_NAME)


@checked
def sasl_identify_package(message: SecBufferDesc) -> SecPkgInfo:
    """The package whose token this is: a DIGEST-MD5 challenge or response. Raises SEC_E_SECPKG_NOT_FOUND."""
    token = require(message, SecBufferType.SECBUFFER_TOKEN).data
    for parse in (Challenge.parse, Response.parse):
        try:
            parse(token)
        except DigestError:
            continue
        return query_security_package_info(PACKAGE_NAME)
    raise failure(NtStatus.SEC_E_SECPKG_NOT_FOUND)


@checked
def sasl_initialize_security_context(  # noqa: PLR0917 - the signature of initialize_security_context
    credential: CredHandle | None,
    context: CtxtHandle | None,
    target_name: str,
    context_req: IscReq | int,
    target_data_rep: TargetDataRep | int,
    input_buffers: SecBufferDesc | None,
    output_buffers: SecBufferDesc | None,
) -> InitializeContextResult:
    """As initialize_security_context, with the options that sasl_set_context_option has set on the handle."""
    context = context if context is not None else CtxtHandle()
    _options(context)
    return initialize_security_context(
        credential, context, target_name, context_req, target_data_rep, input_buffers, output_buffers
    )


@checked
def sasl_accept_security_context(  # noqa: PLR0917 - the signature of accept_security_context
    credential: CredHandle | None,
    context: CtxtHandle | None,
    input_buffers: SecBufferDesc | None,
    context_req: AscReq | int,
    target_data_rep: TargetDataRep | int,
    output_buffers: SecBufferDesc | None,
) -> AcceptContextResult:
    """As accept_security_context, with the options that sasl_set_context_option has set on the handle.

    Raises SEC_E_INVALID_TOKEN unless the input is one TOKEN buffer, and SEC_E_ALGORITHM_MISMATCH for an authorization
    identity that is not permitted.
    """
    if input_buffers is not None and [buffer.buffer_type for buffer in input_buffers] != [
        SecBufferType.SECBUFFER_TOKEN
    ]:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    context = context if context is not None else CtxtHandle()
    _options(context)
    try:
        return accept_security_context(credential, context, input_buffers, context_req, target_data_rep, output_buffers)
    except WindowsError as error:
        if isinstance(error.__cause__, DigestError) and error.__cause__.reason == "authzid":
            raise failure(NtStatus.SEC_E_ALGORITHM_MISMATCH) from error.__cause__
        raise


@checked
def sasl_set_context_option(context: CtxtHandle, option: SaslContextOption | int, value: int | str) -> None:
    """Set an option on an empty handle, or before the peer's first token. After that the sizes are agreed on.

    The sizes are octets of a record, from 17 to 16777215. Raises SEC_E_BUFFER_TOO_SMALL for a value of a wrong type or
    range, SEC_E_UNSUPPORTED_FUNCTION for an unknown option, and for an authorization identity if that is forbidden.
    """
    option, options = _option(option), _options(context)
    if option is SaslContextOption.SASL_OPTION_AUTHZ_STRING:
        if options.processing is SaslAuthzIdState.Sasl_AuthZIDForbidden:
            raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
        options.authzid = _text(value)
    elif option is SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING:
        options.processing = _state(value)
    else:
        size = _size(value)
        if option is SaslContextOption.SASL_OPTION_SEND_SIZE:
            options.send_size = size
        else:
            options.receive_size = size


@checked
def sasl_get_context_option(context: CtxtHandle, option: SaslContextOption | int) -> int | str:
    """The value of an option. On the server, AUTHZ_STRING is the user that the client acts as.

    Raises SEC_E_UNSUPPORTED_FUNCTION for an unknown option, and for AUTHZ_STRING if that is forbidden.
    """
    option, options = _option(option), _options(context)
    if option is SaslContextOption.SASL_OPTION_AUTHZ_STRING:
        if options.processing is SaslAuthzIdState.Sasl_AuthZIDForbidden:
            raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
        return options.authzid or ""
    if option is SaslContextOption.SASL_OPTION_AUTHZ_PROCESSING:
        return options.processing
    return options.send_size if option is SaslContextOption.SASL_OPTION_SEND_SIZE else options.receive_size


def _options(context: CtxtHandle) -> SaslOptions:
    if context.sasl_options is None:
        if context.digest_context is not None:
            # The plain functions made this context: its exchange has no options, and none can be set now.
            raise failure(NtStatus.SEC_E_INVALID_HANDLE)
        context.sasl_options = SaslOptions()
    return context.sasl_options


def _option(number: int) -> SaslContextOption:
    try:
        return SaslContextOption(number)
    except ValueError:
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION) from None


def _text(value: int | str) -> str:
    if not isinstance(value, str):
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    return value


def _size(value: int | str) -> int:
    if not isinstance(value, int) or not MIN_MAXBUF <= value <= MAX_MAXBUF:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    return value


def _state(value: int | str) -> SaslAuthzIdState:
    try:
        return SaslAuthzIdState(int(value))
    except ValueError:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL) from None
