"""The package's description, and the list of packages ("QuerySecurityPackageInfo", "EnumerateSecurityPackages")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .arguments import checked
from .constants import SecurityPackageCapability
from .status import NtStatus, failure

__all__ = [
    "MAX_TOKEN",
    "PACKAGE_NAME",
    "SecPkgInfo",
    "enumerate_security_packages",
    "query_security_package_info",
]

PACKAGE_NAME: Final = "WDigest"

#: cbMaxToken in octets (RFC 2831 §2.1.2 has the same limit). A SASL token is not longer. An HTTP token contains the
#: request target, and a long target can make it longer. Then the call raises SEC_E_BUFFER_TOO_SMALL, and can be made
#: again with more room.
MAX_TOKEN: Final = 4096


@dataclass
class SecPkgInfo:
    """The description of a package; `max_token` in octets."""

    capabilities: SecurityPackageCapability
    version: int
    rpcid: int
    max_token: int
    name: str
    comment: str


def enumerate_security_packages() -> list[SecPkgInfo]:
    """The packages of this module: WDigest."""
    return [query_security_package_info(PACKAGE_NAME)]


@checked
def query_security_package_info(package: str) -> SecPkgInfo:
    """The description of a package, its name in any letter case. Raises SEC_E_SECPKG_NOT_FOUND unless it is WDigest."""
    if package.lower() != PACKAGE_NAME.lower():
        raise failure(NtStatus.SEC_E_SECPKG_NOT_FOUND)
    return SecPkgInfo(
        capabilities=SecurityPackageCapability.SECPKG_FLAG_TOKEN_ONLY
        | SecurityPackageCapability.SECPKG_FLAG_IMPERSONATION
        | SecurityPackageCapability.SECPKG_FLAG_ACCEPT_WIN32_NAME
        | SecurityPackageCapability.SECPKG_FLAG_APPCONTAINER_CHECKS,
        version=1,
        rpcid=21,  # RPC_C_AUTHN_DIGEST
        max_token=MAX_TOKEN,
        name=PACKAGE_NAME,
        comment="Digest Authentication for Windows",
    )
