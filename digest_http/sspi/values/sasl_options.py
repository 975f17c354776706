"""The options of a SASL context ("SaslSetContextOption", "SaslGetContextOption")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["SaslAuthzIdState", "SaslContextOption", "SaslOptions"]


class SaslContextOption(IntEnum):
    """The options; the names are Microsoft's."""

    SASL_OPTION_SEND_SIZE = 1
    SASL_OPTION_RECV_SIZE = 2
    SASL_OPTION_AUTHZ_STRING = 3
    SASL_OPTION_AUTHZ_PROCESSING = 4


class SaslAuthzIdState(IntEnum):
    """Whether an authorization identity is forbidden or processed."""

    Sasl_AuthZIDForbidden = 0
    Sasl_AuthZIDProcessed = 1


@dataclass(slots=True)
class SaslOptions:
    """`send_size`, `receive_size`: the longest records in octets. `authzid`: the user that the client acts as."""

    send_size: int = 0xFFFF
    receive_size: int = 0xFFFF
    authzid: str | None = None
    processing: SaslAuthzIdState = SaslAuthzIdState.Sasl_AuthZIDProcessed
