"""The structures that query_context_attributes fills (SecPkgContext_*), as values. By default all fields are empty."""

from __future__ import annotations

from dataclasses import dataclass, field

from digest_http.secrecy import HoldsSecrets

from .constants import NegotiationState, SecurityPackageCapability
from .package import SecPkgInfo

__all__ = [
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
]


class SecPkgContext:
    """Base class of the attributes of contexts."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SecPkgContextSizes(SecPkgContext):
    """Sizes in octets. `block_size` is 1 without a block cipher.

    `max_signature` is 0 if the context cannot sign, `security_trailer` if encrypt_message is not possible.
    """

    max_token: int = 0
    max_signature: int = 0
    block_size: int = 0
    security_trailer: int = 0


@dataclass(frozen=True, slots=True)
class SecPkgContextStreamSizes(SecPkgContext):
    """Sizes in octets. `maximum_message` is the longest message that encrypt_message takes."""

    header: int = 0
    trailer: int = 0
    maximum_message: int = 0
    buffers: int = 0
    block_size: int = 0


@dataclass(frozen=True, slots=True)
class SecPkgContextKeyInfo(SecPkgContext):
    """The names of the algorithms, the strength in bits, and the ALG_ID numbers; 0 if there is none."""

    signature_algorithm_name: str = ""
    encrypt_algorithm_name: str = ""
    key_size: int = 0
    signature_algorithm: int = 0
    encrypt_algorithm: int = 0


@dataclass(frozen=True, slots=True)
class SecPkgContextNames(SecPkgContext):
    """The user name. If the user has a domain, the domain and a backslash come first."""

    username: str = ""


@dataclass(frozen=True, slots=True)
class SecPkgContextNativeNames(SecPkgContext):
    """The user name, and the uri or digest-uri."""

    client_name: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class SecPkgContextLifespan(SecPkgContext):
    """Times as FILETIME (100 ns steps since 1601). The expiry is always the largest one."""

    start: int = 0
    expiry: int = 0


@dataclass(frozen=True, slots=True)
class SecPkgContextPasswordExpiry(SecPkgContext):
    """A FILETIME, always the largest one."""

    password_expires: int = 0


@dataclass(frozen=True, slots=True)
class SecPkgContextSessionKey(HoldsSecrets, SecPkgContext):
    """H(A1), raw octets: a secret. It is not in repr, and cannot be pickled."""

    session_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class SecPkgContextPackageInfo(SecPkgContext):
    """As SecPkgInfo."""

    capabilities: SecurityPackageCapability = field(default_factory=lambda: SecurityPackageCapability(0))
    version: int = 0
    rpcid: int = 0
    max_token: int = 0
    name: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class SecPkgContextNegotiationInfo(SecPkgContext):
    """The package, and the state of the context."""

    package_info: SecPkgInfo | None = None
    negotiation_state: NegotiationState = NegotiationState.SECPKG_NEGOTIATION_IN_PROGRESS


@dataclass(frozen=True, slots=True)
class SecPkgContextFlags(SecPkgContext):
    """ISC_RET_* or ASC_RET_* bits."""

    flags: int = 0


@dataclass(frozen=True, slots=True)
class SecPkgContextAuthority(SecPkgContext):
    """The realm."""

    authority_name: str = ""


@dataclass(frozen=True, slots=True)
class SecPkgContextClientSpecifiedTarget(SecPkgContext):
    """The service name that the client bound itself to."""

    target_name: str = ""
