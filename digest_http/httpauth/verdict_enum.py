"""The verdicts themselves. All others import them from verdict.py; they stand here since an enum is not compiled."""

from __future__ import annotations

from enum import Enum
from typing import Final

from digest_http.sspi_status import (
    SEC_E_CONTEXT_EXPIRED,
    SEC_E_LOGON_DENIED,
    SEC_E_MESSAGE_ALTERED,
    SEC_E_OK,
    SEC_E_OUT_OF_SEQUENCE,
)

__all__ = ["Verdict"]


class Verdict(Enum):
    """The outcome of verifying one request. `value` is the stable reason code for logs and metrics."""

    ACCEPTED = "accepted"
    WRONG_REALM = "wrong-realm"
    UNKNOWN_USER = "unknown-user"
    WRONG_DIGEST = "wrong-digest"
    EXPIRED = "nonce-expired"
    FOREIGN = "nonce-foreign"
    """The nonce was not made here: forged, altered, of another realm, or made with a key no longer listed."""
    FORGOTTEN = "nonce-forgotten"
    """The nonce is ours, but its counts may have been lost (restart, eviction), so a replay cannot be told."""
    REPLAYED = "nc-replayed"
    OUT_OF_SEQUENCE = "nc-out-of-sequence"
    """Outside the window behind the highest count, or, in strict sequence, not the next count."""
    ENDED = "nonce-ended"
    """The nonce has spent its last count, ffffffff, which never wraps; a logout spends it."""

    #: A verdict is known by its identity. That of Enum hashes its name, by a call in Python for each look-up.
    __hash__ = object.__hash__

    @property
    def stale(self) -> bool:
        """Whether a challenge says stale=true: the digest was right and only the nonce or its count will not do.

        RFC 7616 §3.3: then the client may try again with the new nonce without asking its user.
        """
        return self in _STALE

    @property
    def sspi_status(self) -> int:
        """The SSPI status of the same meaning ("VerifySignature (Digest)", "AcceptSecurityContext (Digest)")."""
        return _SSPI[self]


_STALE: Final = frozenset(
    {
        Verdict.EXPIRED,
        Verdict.FOREIGN,
        Verdict.FORGOTTEN,
        Verdict.REPLAYED,
        Verdict.OUT_OF_SEQUENCE,
        Verdict.ENDED,
    }
)

_SSPI: Final = {
    Verdict.ACCEPTED: SEC_E_OK,
    Verdict.WRONG_REALM: SEC_E_LOGON_DENIED,
    Verdict.UNKNOWN_USER: SEC_E_LOGON_DENIED,
    Verdict.WRONG_DIGEST: SEC_E_MESSAGE_ALTERED,
    Verdict.EXPIRED: SEC_E_CONTEXT_EXPIRED,
    Verdict.FOREIGN: SEC_E_CONTEXT_EXPIRED,
    Verdict.FORGOTTEN: SEC_E_CONTEXT_EXPIRED,
    Verdict.REPLAYED: SEC_E_OUT_OF_SEQUENCE,
    Verdict.OUT_OF_SEQUENCE: SEC_E_OUT_OF_SEQUENCE,
    Verdict.ENDED: SEC_E_CONTEXT_EXPIRED,
}
