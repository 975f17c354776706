"""The key of a session as a server makes it: H(A1) of a -sess algorithm, from a cnonce that the client chooses."""

from __future__ import annotations

from typing import Final

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.errors import MalformedField

__all__ = ["session_key"]

_MD5_DIGITS: Final = 32
_HEX_DIGITS: Final = b"0123456789abcdef"


def session_key(algorithm: Algorithm, ha1: bytes, nonce: bytes, cnonce: bytes) -> bytes:
    """H(HA1 ":" nonce ":" cnonce) in hex, as `ha1` is. Raises MalformedField for a cnonce that could be H(A2).

    H(HA1:nonce:H(A2)) is what a client answers without qop (RFC 2069), so that cnonce would make the answer a key. Our
    client never answers a session's nonce so (challenge_selection.py); this protects users whose client does. MD5 is
    left out: its H(A2) looks like the 32 hex digits that many clients send as their cnonce, ours too. Nobody is known
    to send 64.
    """
    size = 2 * algorithm.digest_size
    if len(cnonce) == size > _MD5_DIGITS and not cnonce.translate(None, _HEX_DIGITS):
        raise MalformedField("cnonce has the form of a digest: a shorter one is enough", reason="cnonce")
    # RFC 7616 §3.4.2, erratum 1649: the inner hash in hex.
    return calculation.hex_octets(calculation.session_hash(algorithm, ha1, nonce, cnonce))
