"""Acquiring and freeing credentials ("AcquireCredentialsHandle (Digest)", "QueryCredentialsAttributes")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, TypeVar, cast

from digest_http.httpauth.protocols import Users

from .contexts.credential import DEFAULT_REALM, Credential, CredHandle, DigestAccounts, DigestIdentity
from .values.arguments import checked
from .values.constants import SECURITY_MAX_EXPIRY, CredentialUse
from .values.identity import AuthIdentity, WinNTAuthIdentity
from .values.package import query_security_package_info
from .values.status import NtStatus, failure, translated

__all__ = [
    "AcquireCredentialsResult",
    "KdcProxySettingsFlags",
    "SecPkgCred",
    "SecPkgCredKdcProxySettings",
    "SecPkgCredNames",
    "acquire_credentials_handle",
    "free_credentials_handle",
    "query_credentials_attributes",
    "set_credentials_attributes",
]

_SIDES: Final = CredentialUse.SECPKG_CRED_BOTH


class AcquireCredentialsResult(NamedTuple):
    """The handle, and its expiry as a FILETIME: always the largest one."""

    credential: CredHandle
    expiry: int


class SecPkgCred:
    """Base of the attributes of credentials."""


@dataclass(frozen=True)
class SecPkgCredNames(SecPkgCred):
    """The user; empty for a server's accounts."""

    username: str = ""


class KdcProxySettingsFlags(IntEnum):
    """Flags of Kerberos. They are here for code that names them."""

    KDX_PROXY_SETTINGS_FLAGS_NONE = 0
    KDC_PROXY_SETTINGS_FLAGS_FORCEPROXY = 1


class SecPkgCredKdcProxySettings(SecPkgCred):
    """A structure of Kerberos. set_credentials_attributes refuses it, as Digest does."""

    @checked
    def __init__(self, *, flags: int = 0, proxy_server: str | None = None) -> None:
        self.version: Final = 1
        self.flags: Final = KdcProxySettingsFlags(flags)
        self.proxy_server: Final = proxy_server

    def __repr__(self) -> str:
        return f"SecPkgCredKdcProxySettings(flags={int(self.flags)}, proxy_server={self.proxy_server!r})"


_Attribute = TypeVar("_Attribute", bound=SecPkgCred)


@checked
def acquire_credentials_handle(
    principal: str | None,
    package: str,
    credential_use: CredentialUse | int,
    *,
    auth_data: AuthIdentity | Mapping[str, str] | Users | None = None,
) -> AcquireCredentialsResult:
    """Get a handle to credentials for the client, the server, or both. `package` is WDigest.

    OUTBOUND takes a WinNTAuthIdentity with name and password. INBOUND, an extension, takes DigestAccounts. It also
    takes a mapping of name to password, or an object with ha1(), and uses the defaults of DigestAccounts; or a
    WinNTAuthIdentity, which is then the only user. There are no default credentials.

    `principal` may be None. For a WinNTAuthIdentity it must be its user name, for DigestAccounts their realm; for a
    mapping or an object with ha1() it becomes the realm.

    Raises SEC_E_SECPKG_NOT_FOUND, SEC_E_NO_CREDENTIALS, SEC_E_UNKNOWN_CREDENTIALS (another kind of `auth_data`),
    SEC_E_NOT_OWNER (`principal`) and SEC_E_INVALID_PARAMETER.
    """
    query_security_package_info(package)
    use = CredentialUse(credential_use)
    if not use & _SIDES:
        raise failure(NtStatus.SEC_E_INVALID_PARAMETER)
    if auth_data is None:
        raise failure(NtStatus.SEC_E_NO_CREDENTIALS)
    handle = CredHandle()
    with translated:
        handle.digest_credential = _credential(principal, use, auth_data)
    return AcquireCredentialsResult(handle, SECURITY_MAX_EXPIRY)


def _credential(
    principal: str | None, use: CredentialUse, auth_data: AuthIdentity | Mapping[str, str] | Users
) -> Credential:
    if isinstance(auth_data, WinNTAuthIdentity):
        if not auth_data.username or auth_data.password is None:
            raise failure(NtStatus.SEC_E_NO_CREDENTIALS)
        if principal is not None and principal.lower() != auth_data.username.lower():
            raise failure(NtStatus.SEC_E_NOT_OWNER)
        accounts = None
        if use & CredentialUse.SECPKG_CRED_INBOUND:
            accounts = DigestAccounts({auth_data.username: auth_data.password}, realm=auth_data.domain or DEFAULT_REALM)
        return Credential(use, _digest_identity(auth_data), accounts)
    if isinstance(auth_data, AuthIdentity):
        if not isinstance(auth_data, DigestAccounts):
            raise failure(NtStatus.SEC_E_UNKNOWN_CREDENTIALS)
        if principal is not None and principal.lower() != auth_data.realm.lower():
            raise failure(NtStatus.SEC_E_NOT_OWNER)
        accounts = auth_data
    elif isinstance(auth_data, (Mapping, Users)):
        accounts = DigestAccounts(auth_data, realm=principal or DEFAULT_REALM)
    else:
        raise failure(NtStatus.SEC_E_UNKNOWN_CREDENTIALS)
    if not use & CredentialUse.SECPKG_CRED_INBOUND:
        raise failure(NtStatus.SEC_E_NO_CREDENTIALS)
    return Credential(use, None, accounts)


def _digest_identity(identity: WinNTAuthIdentity) -> DigestIdentity:
    if isinstance(identity, DigestIdentity):
        return identity
    return DigestIdentity(identity.username, identity.domain, identity.password)


@checked
def free_credentials_handle(credential: CredHandle) -> None:
    """Free a handle. Contexts made with it still work. Raises SEC_E_INVALID_HANDLE if it is empty or freed already."""
    if credential.digest_credential is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    credential.digest_credential = None


@checked
def query_credentials_attributes(credential: CredHandle, attribute: type[_Attribute]) -> _Attribute:
    """The attribute of that type: SecPkgCredNames. Raises SEC_E_UNSUPPORTED_FUNCTION for any other type.

    Raises SEC_E_INVALID_HANDLE for an empty handle.
    """
    held = credential.digest_credential
    if held is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    if attribute is not SecPkgCredNames:
        raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
    names = SecPkgCredNames(held.identity.username or "" if held.identity is not None else "")
    return cast("_Attribute", names)


@checked
def set_credentials_attributes(context: CredHandle, attribute: SecPkgCred) -> None:  # noqa: ARG001 - refused unread
    """Raises SEC_E_UNSUPPORTED_FUNCTION, because Digest credentials have no attribute that can be set."""
    if context.digest_credential is None:
        raise failure(NtStatus.SEC_E_INVALID_HANDLE)
    raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)


def _replace_cred_handle(src: CredHandle, dst: CredHandle) -> None:  # pyright: ignore[reportUnusedFunction] - see below
    """Move credentials to another handle. sspilib's own credential classes call this by its private name."""
    dst.digest_credential, src.digest_credential = src.digest_credential, None
