"""What a server remembers of a nonce, beside its count: that one of its keys made it, and what its client asked last.

Each request looks here, so this file may be compiled.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["MAX_KEPT_TARGET", "NOTHING_ASKED", "Asked", "KnownNonce"]

#: Octets of a target that is kept. Clients choose their targets, and this bounds what one nonce may hold; hardly any
#: target of a program that asks again and again is longer.
MAX_KEPT_TARGET: Final = 256

#: What a request asked: method and uri, and for qop=auth H(A2) in hex of the request and of the server's proof. The
#: last is empty until it is computed. A tuple, so that threads see the whole of one or of another.
Asked: TypeAlias = tuple[bytes, bytes, bytes, bytes]

#: No request has an empty method.
NOTHING_ASKED: Final[Asked] = (b"", b"", b"", b"")


class KnownNonce:
    """A nonce that one of our keys made.

    Programs of devices ask for one target again and again, so what the last verified request asked is kept with its
    hashes. It belongs to this nonce alone. If all nonces shared targets, the time of a response would tell a stranger
    which ones others ask for; who knows another's nonce has read his requests already.
    """

    __slots__ = ("asked", "epoch", "nonce_id")

    def __init__(self, nonce_id: int, epoch: bytes) -> None:
        self.nonce_id: Final = nonce_id
        """What a store counts by (nonce_ids.py)."""
        self.epoch: Final = epoch
        """The epoch of the store that counts it."""
        self.asked: Asked = NOTHING_ASKED
        """What the last request asked that was verified; nothing for a long target, and for auth-int."""
