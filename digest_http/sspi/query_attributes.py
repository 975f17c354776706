"""query_context_attributes ("QueryContextAttributes (Digest)"): ask for an attribute by its type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Final, TypeVar, cast

from .contexts.context import Context, CtxtHandle
from .values.arguments import checked
from .values.constants import SECURITY_MAX_EXPIRY, NegotiationState
from .values.context_attributes import (
    SecPkgContext,
    SecPkgContextAuthority,
    SecPkgContextClientSpecifiedTarget,
    SecPkgContextFlags,
    SecPkgContextKeyInfo,
    SecPkgContextLifespan,
    SecPkgContextNames,
    SecPkgContextNativeNames,
    SecPkgContextNegotiationInfo,
    SecPkgContextPackageInfo,
    SecPkgContextPasswordExpiry,
    SecPkgContextSessionKey,
    SecPkgContextSizes,
    SecPkgContextStreamSizes,
)
from .values.package import PACKAGE_NAME, query_security_package_info
from .values.status import NtStatus, failure, translated

__all__ = ["BY_NUMBER", "query_context_attributes"]

_Attribute = TypeVar("_Attribute", bound=SecPkgContext)


@checked
def query_context_attributes(context: CtxtHandle, attribute: type[_Attribute]) -> _Attribute:
    """The attribute of that type.

    Raises SEC_E_UNSUPPORTED_FUNCTION for an attribute that Digest does not have, SEC_E_INVALID_HANDLE for an empty
    handle and for an attribute that is not known before the context is established.
    """
    state = context.digest_context
    if state is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    state.check_open()
    make = _MAKERS.get(attribute)
    if make is None:
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
    if not state.established and attribute not in _KNOWN_EARLY:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    with translated:
        value = make(state)
    return cast("_Attribute", value)


def _package(_: Context) -> SecPkgContextPackageInfo:
    return SecPkgContextPackageInfo(**asdict(query_security_package_info(PACKAGE_NAME)))


def _negotiation(context: Context) -> SecPkgContextNegotiationInfo:
    return SecPkgContextNegotiationInfo(
        query_security_package_info(PACKAGE_NAME),
        NegotiationState.SECPKG_NEGOTIATION_COMPLETE
        if context.established
        else NegotiationState.SECPKG_NEGOTIATION_IN_PROGRESS,
    )


def _client_specified_target(context: Context) -> SecPkgContextClientSpecifiedTarget:
    name = context.client_specified_target
    if name is None:
        # Without extended protection there is no such attribute.
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
    return SecPkgContextClientSpecifiedTarget(name)


_MAKERS: Final[dict[type[SecPkgContext], Callable[[Context], SecPkgContext]]] = {
    SecPkgContextSizes: lambda context: context.sizes(),
    SecPkgContextNames: lambda context: SecPkgContextNames(context.username),
    SecPkgContextLifespan: lambda context: SecPkgContextLifespan(context.started, SECURITY_MAX_EXPIRY),
    SecPkgContextStreamSizes: lambda context: context.stream_sizes(),
    SecPkgContextKeyInfo: lambda context: context.key_info(),
    SecPkgContextAuthority: lambda context: SecPkgContextAuthority(context.realm),
    SecPkgContextPasswordExpiry: lambda _: SecPkgContextPasswordExpiry(SECURITY_MAX_EXPIRY),
    SecPkgContextSessionKey: lambda context: SecPkgContextSessionKey(context.session_key()),
    SecPkgContextPackageInfo: _package,
    SecPkgContextNegotiationInfo: _negotiation,
    SecPkgContextNativeNames: lambda context: SecPkgContextNativeNames(context.username, context.target),
    SecPkgContextFlags: lambda context: SecPkgContextFlags(context.granted),
    SecPkgContextClientSpecifiedTarget: _client_specified_target,
}

_KNOWN_EARLY: Final = {
    SecPkgContextSizes,
    SecPkgContextLifespan,
    SecPkgContextFlags,
    SecPkgContextPackageInfo,
    SecPkgContextNegotiationInfo,
}

#: SECPKG_ATTR_* of sspi.h -> the type of the attribute.
BY_NUMBER: Final[dict[int, type[SecPkgContext]]] = {
    0: SecPkgContextSizes,
    1: SecPkgContextNames,
    2: SecPkgContextLifespan,
    4: SecPkgContextStreamSizes,
    5: SecPkgContextKeyInfo,
    6: SecPkgContextAuthority,
    8: SecPkgContextPasswordExpiry,
    9: SecPkgContextSessionKey,
    10: SecPkgContextPackageInfo,
    12: SecPkgContextNegotiationInfo,
    13: SecPkgContextNativeNames,
    14: SecPkgContextFlags,
    27: SecPkgContextClientSpecifiedTarget,
}
