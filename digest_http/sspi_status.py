"""The SSPI status codes that errors and verdicts of all rooms carry (winerror.h). Constants only.

`digest_http.sspi.NtStatus` has these and all the others, with their names.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "SEC_E_BUFFER_TOO_SMALL",
    "SEC_E_CONTEXT_EXPIRED",
    "SEC_E_INTERNAL_ERROR",
    "SEC_E_INVALID_TOKEN",
    "SEC_E_LOGON_DENIED",
    "SEC_E_MESSAGE_ALTERED",
    "SEC_E_NO_AUTHENTICATING_AUTHORITY",
    "SEC_E_OK",
    "SEC_E_OUT_OF_SEQUENCE",
    "SEC_E_QOP_NOT_SUPPORTED",
    "SEC_E_WRONG_PRINCIPAL",
]

SEC_E_OK: Final = 0x00000000
SEC_E_INTERNAL_ERROR: Final = 0x80090304
SEC_E_INVALID_TOKEN: Final = 0x80090308
SEC_E_QOP_NOT_SUPPORTED: Final = 0x8009030A
SEC_E_LOGON_DENIED: Final = 0x8009030C
SEC_E_MESSAGE_ALTERED: Final = 0x8009030F
SEC_E_OUT_OF_SEQUENCE: Final = 0x80090310
SEC_E_NO_AUTHENTICATING_AUTHORITY: Final = 0x80090311
SEC_E_CONTEXT_EXPIRED: Final = 0x80090317
SEC_E_BUFFER_TOO_SMALL: Final = 0x80090321
SEC_E_WRONG_PRINCIPAL: Final = 0x80090322
