"""What a source of users gives for H(A1), looked at before anything is compared with it. Each request asks."""

from __future__ import annotations

from digest_http.algorithms import Algorithm

__all__ = ["usable"]


def usable(ha1: object, algorithm: Algorithm) -> bytes | None:
    """H(A1) if it can be one: "", "None", "null" and the like are no digest, and so no user (as CVE-2009-2422).

    Raises TypeError for what is neither text nor octets.
    """
    if ha1 is None:
        return None
    digits = 2 * algorithm.digest_size
    if isinstance(ha1, bytes):
        return ha1.lower() if len(ha1) == digits and ha1.isalnum() else None
    if isinstance(ha1, str):
        return ha1.encode("ascii", "replace").lower() if len(ha1) == digits and ha1.isalnum() else None
    raise TypeError("H(A1) must be text, octets or None")
