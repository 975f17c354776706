"""The unit of account: the five hash calls that the protocol demands of a server for one verified request.

H(A2), the response, the nonce's MAC, and two for rspauth, over inputs as long as those of the benchmark's request.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from digest_http.algorithms import Algorithm

from .signed import TARGET
from .timing import Batch

__all__ = ["run_hashes"]

#: Characters of our nonce under its MAC, and of the whole nonce; hexadecimal digits of nc and cnonce.
SIGNED_NONCE: Final = 46
NONCE: Final = 78
NC: Final = 8
CNONCE: Final = 16


def run_hashes(algorithm: Algorithm, calls: int) -> Batch:
    """That many times the five calls, for SHA-256 or MD5; each gives its hex form, which the protocol carries."""
    digest = b"0" * 2 * algorithm.digest_size
    # The constructors themselves: the least that Python can pay for a hash.
    hash_ = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm.name]
    a2, a2_of_proof = b"GET:" + TARGET, b":" + TARGET
    data = b":".join((digest, b"0" * NONCE, b"0" * NC, b"0" * CNONCE, b"auth", digest))
    nonce = b"0" * SIGNED_NONCE
    # Keyed once: cheaper than hmac.digest, which keys anew each time.
    keyed = hmac.new(bytes(32), digestmod="sha256")

    def batch() -> None:
        for _ in range(calls):
            hash_(a2).hexdigest()
            hash_(data).hexdigest()
            mac = keyed.copy()
            mac.update(nonce)
            mac.hexdigest()
            hash_(a2_of_proof).hexdigest()
            hash_(data).hexdigest()

    return batch
