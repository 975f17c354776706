"""Scenarios of credentials and packages."""

from __future__ import annotations

from typing import Any

from digest_http import sspi
from digest_http.sspi import CredentialUse
from tests.sspi.scenarios.contexts import freed
from tests.sspi.scenarios.registry import case
from tests.sspi.wiring import ALICE, client_handle

IN, OUT = CredentialUse.SECPKG_CRED_INBOUND, CredentialUse.SECPKG_CRED_OUTBOUND
KEYTAB = sspi.WinNTAuthIdentityPackedCredential(sspi.WinNTAuthCredentialType.SEC_WINNT_AUTH_DATA_TYPE_KEYTAB, b"keytab")
IDENTITY = sspi.WinNTAuthIdentity("alice", None, "secret")


def acquire(use: int = OUT, auth_data: Any = IDENTITY, principal: str | None = None, package: str = "WDigest") -> Any:
    """acquire_credentials_handle."""
    return sspi.acquire_credentials_handle(principal, package, use, auth_data=auth_data)


case("acquire_credentials_handle", "SEC_E_OK", acquire)
case("acquire_credentials_handle", "SEC_E_SECPKG_NOT_FOUND", lambda: acquire(package="NTLM"))
case("acquire_credentials_handle", "SEC_E_NO_CREDENTIALS", lambda: acquire(auth_data=None))
case("acquire_credentials_handle", "SEC_E_NOT_OWNER", lambda: acquire(principal="bob"))
case("acquire_credentials_handle", "SEC_E_UNKNOWN_CREDENTIALS", lambda: acquire(IN, auth_data=KEYTAB))
case("acquire_credentials_handle", "SEC_E_INVALID_PARAMETER", lambda: acquire(0))
case(
    "acquire_credentials_handle",
    "SEC_E_QOP_NOT_SUPPORTED",
    lambda: acquire(IN, sspi.DigestAccounts(ALICE, algorithms=["MD4"])),
)
case("free_credentials_handle", "SEC_E_OK", lambda: sspi.free_credentials_handle(client_handle()))
case("free_credentials_handle", "SEC_E_INVALID_HANDLE", lambda: sspi.free_credentials_handle(freed()))
case(
    "query_credentials_attributes",
    "SEC_E_OK",
    lambda: sspi.query_credentials_attributes(client_handle(), sspi.SecPkgCredNames),
)
case(
    "query_credentials_attributes",
    "SEC_E_INVALID_HANDLE",
    lambda: sspi.query_credentials_attributes(freed(), sspi.SecPkgCredNames),
)
case(
    "query_credentials_attributes",
    "SEC_E_UNSUPPORTED_FUNCTION",
    lambda: sspi.query_credentials_attributes(client_handle(), sspi.SecPkgCredKdcProxySettings),
)
case(
    "set_credentials_attributes",
    "SEC_E_UNSUPPORTED_FUNCTION",
    lambda: sspi.set_credentials_attributes(client_handle(), sspi.SecPkgCredKdcProxySettings()),
)
case(
    "set_credentials_attributes",
    "SEC_E_INVALID_HANDLE",
    lambda: sspi.set_credentials_attributes(freed(), sspi.SecPkgCredKdcProxySettings()),
)
case("enumerate_security_packages", "SEC_E_OK", sspi.enumerate_security_packages)
case("query_security_package_info", "SEC_E_OK", lambda: sspi.query_security_package_info("wdigest"))
case(
    "query_security_package_info",
    "SEC_E_SECPKG_NOT_FOUND",
    lambda: sspi.query_security_package_info("Kerberos"),
)
