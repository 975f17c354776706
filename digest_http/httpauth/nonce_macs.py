"""The MACs of nonces: made under the newest key, and looked for under each (RFC 7616 §5.4).

Which digits a nonce has, nonces.py says. Each challenge needs this, so the file may be compiled.
"""

from __future__ import annotations

import hmac
from binascii import hexlify
from collections import deque
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from digest_http.algorithms import Hash
from digest_http.errors import ConfigurationError
from digest_http.secret_holder import SecretHolder

from .keys import checked_keys
from .known_nonce import KnownNonce
from .nonce_ids import RANDOM_BITS

__all__ = ["EPOCH", "MAC", "MIN_KEY_OCTETS", "RANDOM", "REMEMBERED", "NonceMacs"]

#: Nonces whose MAC is remembered as right. They are asked for by holders of a password only (the digest is checked
#: first), a client asks for its own again with each request, and an entry takes some 400 bytes. For each algorithm.
REMEMBERED: Final = 4096

#: RFC 2104 §3: a key shorter than the hash's output would weaken it; 128 bits is the least that cannot be searched.
MIN_KEY_OCTETS: Final = 16

# Where the parts of the text begin; mypyc takes no slice objects for octets.
EPOCH: Final = 14
RANDOM: Final = 22
MAC: Final = 46

_MAC_OCTETS: Final = 16

#: Octets of a block of SHA-256, and what RFC 2104 §2 fills one with: ipad and opad.
_BLOCK: Final = 64
_IPAD: Final = 0x36
_OPAD: Final = 0x5C


class NonceMacs(SecretHolder):
    """The keys of one kind of nonces, newest first, ready to use. Raises ConfigurationError for one that is short.

    `label`: what tells this kind from others. `prefix`, `separator`: stand before each nonce, and before each MAC.
    """

    __slots__ = ("_entered", "_keyed", "_length", "_newest", "_prefix", "_separator", "keys", "known")

    def __init__(self, keys: Sequence[bytes], label: bytes, prefix: bytes, separator: bytes) -> None:
        self.keys: Final = checked_keys(keys)
        """The keys themselves."""
        self._keyed: Final = _keyed(self.keys, label)
        self._newest: Final = self._keyed[0]
        self._prefix: Final = prefix
        self._separator: Final = separator
        self._length: Final = len(prefix) + MAC + len(separator) + 2 * _MAC_OCTETS
        self.known: Final[dict[bytes, KnownNonce]] = {}
        """What was recognised: REMEMBERED nonces at most. To look here is safe before a request is verified."""
        self._entered: Final[deque[bytes]] = deque()

    def signed(self, text: bytes) -> bytes:
        """A whole nonce: the text, and its MAC under the newest key."""
        # hmac.HMAC does the same by seven calls in Python around its two hashes.
        inner, outer = self._newest
        inner, outer = inner.copy(), outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return b"".join((self._prefix, text, self._separator, outer.hexdigest()[: 2 * _MAC_OCTETS].encode()))

    def recognise(self, nonce: bytes) -> KnownNonce | None:
        """A nonce that one of the keys made, and which is remembered then; None for any other octets.

        To be asked after the digest was found right: a stranger changes nothing here.
        """
        known = self.known.get(nonce)
        if known is None:
            known = self._read(nonce)
            if known is not None:
                # Threads may enter one nonce twice. Then it goes with the first of the two places, and comes again.
                self.known[nonce] = known
                self._entered.append(nonce)
                if len(self._entered) > REMEMBERED:
                    self.known.pop(self._entered.popleft(), None)
        return known

    def _read(self, nonce: bytes) -> KnownNonce | None:
        if len(nonce) != self._length or not nonce.startswith(self._prefix):
            return None
        own = nonce[len(self._prefix) :]
        text, received = own[:MAC], own[MAC:]
        for inner_key, outer_key in self._keyed:
            inner, outer = inner_key.copy(), outer_key.copy()
            inner.update(text)
            outer.update(inner.digest())
            if hmac.compare_digest(self._separator + hexlify(outer.digest()[:_MAC_OCTETS]), received):
                # No setting is in the id: under another lifetime it must be the same.
                return KnownNonce(int(text[:EPOCH], 16) << RANDOM_BITS | int(text[RANDOM:], 16), text[EPOCH:RANDOM])
        return None


def _keyed(keys: Sequence[bytes], label: bytes) -> tuple[tuple[Hash, Hash], ...]:
    """HMAC-SHA-256 under each key: the inner hash and the outer one, each after its block of the key."""
    if any(len(key) < MIN_KEY_OCTETS for key in keys):
        raise ConfigurationError(f"a nonce key is shorter than {MIN_KEY_OCTETS} octets: make one with os.urandom(32)")
    # Keyed once, and copied for each nonce: keying HMAC anew costs as much as the hash itself.
    return tuple([_states(hmac.digest(key, label, "sha256")) for key in keys])


def _states(key: bytes) -> tuple[Hash, Hash]:
    block = key.ljust(_BLOCK, b"\0")
    return sha256(bytes([octet ^ _IPAD for octet in block])), sha256(bytes([octet ^ _OPAD for octet in block]))
