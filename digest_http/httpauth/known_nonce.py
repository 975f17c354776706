"""What a server remembers of a nonce, beside its count: that one of its keys made it, and the last H(A2) of its client.

Each request looks here, so this file may be compiled.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_KEPT_TARGET", "KnownNonce"]

#: Octets of a target whose H(A2) is kept. Targets are chosen by clients, and this bounds what one nonce may hold;
#: hardly any target of a program that asks again and again is longer.
MAX_KEPT_TARGET: Final = 256


class KnownNonce:
    """A nonce that one of our keys made.

    Programs of devices ask for one target again and again, so H(A2) of the request that was verified last is kept, and
    that of the proof of its answer, from the second request on. They belong to this nonce alone. If all nonces shared
    them, the time of a response would tell a stranger which targets others ask for; who knows another's nonce has read
    his requests already.
    """

    __slots__ = ("_asked", "_proved", "epoch", "nonce_id")

    def __init__(self, nonce_id: int, epoch: bytes) -> None:
        self.nonce_id: Final = nonce_id
        """What a store counts by (nonce_ids.py)."""
        self.epoch: Final = epoch
        """The epoch of the store that counts it."""
        self._asked: tuple[bytes, bytes, bytes] | None = None
        self._proved: tuple[bytes, bytes] | None = None

    def request_hash(self, method: bytes, uri: bytes) -> bytes | None:
        """H(A2) in hex, if the last request that was verified had this method and uri; else None."""
        asked = self._asked
        return asked[2] if asked is not None and asked[1] == uri and asked[0] == method else None

    def keep_request_hash(self, method: bytes, uri: bytes, ha2: bytes) -> None:
        """Keep H(A2) of a request that was verified. With auth only: with auth-int it hangs on the body."""
        if len(uri) <= MAX_KEPT_TARGET:
            # In one step: another thread sees the three of before, or these.
            self._asked = method, uri, ha2

    def proof_hash(self, uri: bytes) -> bytes | None:
        """H(A2) of the proof in hex, if the last answer that was proved was to this uri; else None."""
        proved = self._proved
        return proved[1] if proved is not None and proved[0] == uri else None

    def keep_proof_hash(self, uri: bytes, ha2: bytes) -> None:
        """Keep H(A2) of a proof, if that of a request is kept. With auth only."""
        if self._asked is not None and len(uri) <= MAX_KEPT_TARGET:
            self._proved = uri, ha2
