"""Microsoft's Digest security package under its SSPI names, on any system; call-compatible with `sspilib.raw`.

docs/sspi.md shows how it is used; docs/sspi-functions.md has each function's buffers and codes.

RFC 6331 made its SASL half, DIGEST-MD5, Historic: use Kerberos (Negotiate), or SCRAM inside TLS, if the peer has it.
"""

from __future__ import annotations

from digest_http.buffers import SECBUFFER_VERSION

# sspilib's own credential classes call `raw._credential._replace_cred_handle`.
from . import acquire as _credential  # noqa: F401  # pyright: ignore[reportUnusedImport]
from . import dispatch
from .acquire import (
    AcquireCredentialsResult,
    KdcProxySettingsFlags,
    SecPkgCred,
    SecPkgCredKdcProxySettings,
    SecPkgCredNames,
    acquire_credentials_handle,
    free_credentials_handle,
    query_credentials_attributes,
    set_credentials_attributes,
)
from .client_handshake import InitializeContextResult, initialize_security_context
from .contexts.context import CtxtHandle
from .contexts.credential import CredHandle, DigestAccounts, DigestIdentity
from .lifetime import delete_security_context, export_security_context, import_security_context
from .message_functions import decrypt_message, encrypt_message, make_signature, verify_signature
from .query_attributes import query_context_attributes
from .sasl_wrappers import (
    sasl_accept_security_context,
    sasl_enumerate_profiles,
    sasl_get_context_option,
    sasl_get_profile_package,
    sasl_identify_package,
    sasl_initialize_security_context,
    sasl_set_context_option,
)
from .server_handshake import AcceptContextResult, accept_security_context, complete_auth_token
from .values.bindings import SecChannelBindings
from .values.buffers import SecBuffer, SecBufferDesc, SecBufferFlags, SecBufferType
from .values.constants import (
    SECURITY_MAX_EXPIRY,
    ContextExport,
    CredentialUse,
    NegotiationState,
    QopFlags,
    SecurityPackageCapability,
    TargetDataRep,
    WinNTAuthFlags,
)
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
from .values.identity import AuthIdentity, WinNTAuthCredentialType, WinNTAuthIdentity, WinNTAuthIdentityPackedCredential
from .values.package import SecPkgInfo, enumerate_security_packages, query_security_package_info
from .values.request_flags import AscReq, AscRet, IscReq, IscRet
from .values.sasl_options import SaslAuthzIdState, SaslContextOption
from .values.status import NtStatus, WindowsError
from .values.tls_binding import tls_server_end_point

__all__ = [
    "SECBUFFER_VERSION",
    "SECURITY_MAX_EXPIRY",
    "AcceptContextResult",
    "AcquireCredentialsResult",
    "AscReq",
    "AscRet",
    "AuthIdentity",
    "ContextExport",
    "CredHandle",
    "CredentialUse",
    "CtxtHandle",
    "DigestAccounts",
    "DigestIdentity",
    "InitializeContextResult",
    "IscReq",
    "IscRet",
    "KdcProxySettingsFlags",
    "NegotiationState",
    "NtStatus",
    "QopFlags",
    "SaslAuthzIdState",
    "SaslContextOption",
    "SecBuffer",
    "SecBufferDesc",
    "SecBufferFlags",
    "SecBufferType",
    "SecChannelBindings",
    "SecPkgContext",
    "SecPkgContextAuthority",
    "SecPkgContextClientSpecifiedTarget",
    "SecPkgContextFlags",
    "SecPkgContextKeyInfo",
    "SecPkgContextLifespan",
    "SecPkgContextNames",
    "SecPkgContextNativeNames",
    "SecPkgContextNegotiationInfo",
    "SecPkgContextPackageInfo",
    "SecPkgContextPasswordExpiry",
    "SecPkgContextSessionKey",
    "SecPkgContextSizes",
    "SecPkgContextStreamSizes",
    "SecPkgCred",
    "SecPkgCredKdcProxySettings",
    "SecPkgCredNames",
    "SecPkgInfo",
    "SecurityPackageCapability",
    "TargetDataRep",
    "WinNTAuthCredentialType",
    "WinNTAuthFlags",
    "WinNTAuthIdentity",
    "WinNTAuthIdentityPackedCredential",
    "WindowsError",
    "accept_security_context",
    "acquire_credentials_handle",
    "complete_auth_token",
    "decrypt_message",
    "delete_security_context",
    "dispatch",
    "encrypt_message",
    "enumerate_security_packages",
    "export_security_context",
    "free_credentials_handle",
    "import_security_context",
    "initialize_security_context",
    "make_signature",
    "query_context_attributes",
    "query_credentials_attributes",
    "query_security_package_info",
    "sasl_accept_security_context",
    "sasl_enumerate_profiles",
    "sasl_get_context_option",
    "sasl_get_profile_package",
    "sasl_identify_package",
    "sasl_initialize_security_context",
    "sasl_set_context_option",
    "set_credentials_attributes",
    "tls_server_end_point",
    "verify_signature",
]
