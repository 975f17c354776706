"""The attributes that both sides of HTTP have."""

from __future__ import annotations

from typing import Final

from digest_http.algorithms import Algorithm
from digest_http.sspi.values.context_attributes import SecPkgContextKeyInfo, SecPkgContextSizes
from digest_http.sspi.values.package import MAX_TOKEN
from digest_http.sspi.values.status import NtStatus, failure

__all__ = ["HTTP_SIZES", "check_plain", "key_info"]

#: A signature is a whole Authorization value, so it is as long as a token may be. Nothing is sealed.
HTTP_SIZES: Final = SecPkgContextSizes(max_token=MAX_TOKEN, max_signature=MAX_TOKEN, block_size=1, security_trailer=0)

#: ALG_IDs of wincrypt.h; SHA-512/256 has none.
_ALG_IDS: Final = {"MD5": 0x8003, "SHA-256": 0x800C}


def key_info(algorithm: Algorithm) -> SecPkgContextKeyInfo:
    """The algorithm by its RFC 7616 name; `key_size` is the bits of H(A1)."""
    return SecPkgContextKeyInfo(
        signature_algorithm_name=algorithm.name,
        key_size=8 * algorithm.digest_size,
        signature_algorithm=_ALG_IDS.get(algorithm.base, 0),
    )


def check_plain(qop: int, seq_no: int) -> None:
    """fQOP and MessageSeqNo must be 0 ("MakeSignature (Digest)"); the package counts by itself."""
    if qop:
        raise failure(NtStatus.SEC_E_QOP_NOT_SUPPORTED)
    if seq_no:
        raise failure(NtStatus.SEC_E_INVALID_PARAMETER)
