"""Bodies signed with auth-int: how large they may be, and how long they may take."""

from __future__ import annotations

from typing import Final

from digest_http.errors import BodyTooLarge

__all__ = ["DEFAULT_MAX_BODY", "PATIENCE", "SLOWEST_LINE", "longest_upload", "too_large"]

#: Octets of a body that may wait in memory for its hash: a form or an API call, not a film. Also the limit up to which
#: a response is held back so that rspauth can stand in its header.
DEFAULT_MAX_BODY: Final = 1024 * 1024

#: Seconds that any body may take: who types it, or waits for a network that comes and goes, is not told to begin anew.
PATIENCE: Final = 900.0

#: Octets a second of the slowest line for which the largest body is in time: an ISDN channel.
SLOWEST_LINE: Final = 8000


def longest_upload(limit: int) -> float:
    """Seconds from the head to the end of a body of at most `limit` octets, for which its nonce's counts are kept."""
    return max(PATIENCE, limit / SLOWEST_LINE)


def too_large(limit: int) -> BodyTooLarge:
    """The error of a body with more than `limit` octets."""
    return BodyTooLarge(f"a body signed with auth-int may have at most {limit} octets; use qop=auth for larger ones")
