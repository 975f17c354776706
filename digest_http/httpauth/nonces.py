"""Stateless nonces: time, epoch and randomness under a MAC with a rotating key (RFC 7616 §3.3, §5.4).

Issuing stores nothing, so an anonymous flood costs no memory. The text is fixed in width and all lower-case hex:

  14 digits   time of issue in microseconds
   8 digits   epoch of the store that will count it
  24 digits   randomness, so that two challenges in one tick differ
  32 digits   HMAC-SHA-256 of the 46 digits before, cut to 128 bits, under a key derived from ours and the realm

A nonce that goes out in a challenge belongs to its kind (`for_challenge`): the key of its MAC also depends on whether
the algorithm has sessions, and on who asks, server or proxy. Which hash it is makes no difference: some clients answer
one challenge with the nonce of another, and a digest of one hash is none of the other. Before the MAC of a session
algorithm's nonce stands a colon; no other nonce has one. docs/security.md says which attacks end there ("No digest
stands for another").

The MAC is over the text, not over what it decodes to, so the same nonce has one spelling. The key itself appears
nowhere in it. `clock` and `random` are arguments, so that tests and vectors need no patching.
"""

from __future__ import annotations

import hmac
import os
import time
from binascii import hexlify
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final, Self, TypeAlias, cast

from digest_http.algorithms import Algorithm, Hash
from digest_http.errors import ConfigurationError
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import flag, function, instances, refusal, seconds

from .cnonce_source import CnonceSource
from .keys import checked_keys
from .nonce_ids import MICROSECONDS, RANDOM_BITS

__all__ = ["DEFAULT_LIFETIME", "NonceSource", "claimed_issue", "steady_clock"]

#: Seconds. What httpd, Tomcat, Spring and django-digest use; nextnonce renews it unseen.
DEFAULT_LIFETIME: Final = 300

#: Share of the life after which Authentication-Info carries a nextnonce.
RENEWAL: Final = 0.8

#: RFC 2104 §3: a key shorter than the hash's output would weaken it; 128 bits is the least that cannot be searched.
MIN_KEY_OCTETS: Final = 16

#: Nonces whose MAC is remembered as right. They are asked for by holders of a password only (the digest is checked
#: first), a client asks for its own again with each request, and an entry takes some 400 bytes. For each algorithm.
REMEMBERED: Final = 4096

#: A nonce from a worker whose clock runs ahead is taken this many microseconds early.
CLOCK_SKEW: Final = 2_000_000
_EARLIEST: Final = -CLOCK_SKEW

# Where the parts of the text begin; mypyc takes no slice objects for octets.
_EPOCH: Final = 14
_RANDOM: Final = 22
_MAC: Final = 46
_LENGTH: Final = 78
_MAC_OCTETS: Final = 16
_HEX_DIGITS: Final = frozenset(b"0123456789abcdef")

#: Octets of a block of SHA-256, and what RFC 2104 §2 fills one with: ipad and opad.
_BLOCK: Final = 64
_IPAD: Final = 0x36
_OPAD: Final = 0x5C

#: HMAC-SHA-256 under one key: the inner hash and the outer one, each after its block of the key.
_Keyed: TypeAlias = tuple[Hash, Hash]

#: Randomness as hex digits, more than a nonce takes. A call of the system takes longer than the MAC, so it is drawn
#: ahead, as clients do: nobody is told of it before, each piece is given once, and a forked child draws its own.
_drawn_ahead: Final = CnonceSource().draw

_WALL_CLOCK_AT_START: Final = time.time() - time.monotonic()


def steady_clock() -> float:
    """Seconds since 1970 as the wall clock had them at import, advanced by the monotonic clock.

    A step of the wall clock neither ages nor revives a nonce.
    """
    return _WALL_CLOCK_AT_START + time.monotonic()


def _steady_microseconds() -> int:
    """The same in microseconds: what NonceSource.now makes of steady_clock, in one call for two."""
    return int((_WALL_CLOCK_AT_START + time.monotonic()) * MICROSECONDS)


class NonceSource(HoldsSecrets):
    """Issues and recognises the nonces of one realm, or of the challenges of one algorithm in it.

    `keys` is ordered newest first: the first signs, all verify, so a key rotates out without a login prompt.
    It may be a function, asked with each nonce that is issued or recognised: a key that left verifies nothing more.
    `epoch`: of the store that counts them; a function where another process may begin a new one.
    `lifetime`: seconds from the issue until the head of a request with it must have arrived. `overtime`: seconds that
    what comes after the head may then take.
    Raises ConfigurationError for a setting that cannot work: no key or a short one, a lifetime that is none, ...
    """

    __slots__ = (
        "_clock",
        "_draw",
        "_epoch",
        "_keys",
        "_keys_of_now",
        "_label",
        "_length",
        "_macs",
        "_random",
        "_realm",
        "_remembered",
        "_renewal",
        "_separator",
        "kept",
        "lifetime",
        "now",
    )

    def __init__(
        self,
        realm: bytes,
        keys: Sequence[bytes] | Callable[[], Sequence[bytes]],
        epoch: bytes | Callable[[], bytes],
        *,
        lifetime: float = DEFAULT_LIFETIME,
        overtime: float = 0,
        clock: Callable[[], float] = steady_clock,
        random: Callable[[int], bytes] = os.urandom,
        algorithm: Algorithm | None = None,
        proxy: bool = False,
        auth_only: bool = False,
    ) -> None:
        lifetime = seconds("nonce_lifetime", lifetime, example=DEFAULT_LIFETIME)
        overtime = 0 if overtime == 0 else seconds("overtime", overtime, example=900)
        function("clock", clock, 0, example="time.time")
        function("random", random, 1, example="os.urandom")
        if not isinstance(cast("object", realm), bytes):
            raise refusal("realm", realm, "octets, for instance realm=b'Members'")
        if algorithm is not None:
            instances("algorithm", (algorithm,), Algorithm, example="by_name('SHA-256')")
        flag("proxy", proxy)
        flag("auth_only", auth_only)
        if not callable(epoch) and not isinstance(cast("object", epoch), bytes):
            raise refusal("epoch", epoch, "octets, or a function that gives them, for instance epoch=store.epoch")
        self._epoch: Final = epoch if callable(epoch) else lambda: epoch
        self.lifetime: Final = round(lifetime * MICROSECONDS)
        self.kept: Final = self.lifetime + round(overtime * MICROSECONDS)
        """Microseconds from the issue for which a count may be asked for: what a store is told as the lifetime."""
        self._renewal: Final = round(lifetime * MICROSECONDS * RENEWAL)
        self._clock: Final = clock
        self.now: Final[Callable[[], int]] = (
            _steady_microseconds if clock is steady_clock else lambda: int(clock() * MICROSECONDS)
        )
        """The time in microseconds on this source's clock."""
        self._random: Final = random
        self._draw: Final[Callable[[], bytes]] = (
            _drawn_ahead if random is os.urandom else lambda: hexlify(random(RANDOM_BITS // 8))
        )
        # What a key made does not change, so the answer is remembered.
        self._remembered: Final = lru_cache(REMEMBERED)(self._read)
        self._realm: Final = realm
        self._separator: Final = b":" if algorithm is not None and algorithm.session else b""
        self._length: Final = _LENGTH + len(self._separator)
        self._label: Final = _label(realm, algorithm, proxy=proxy, auth_only=auth_only)
        self._keys_of_now: Final = keys if callable(keys) else None
        self._keys = checked_keys(keys() if callable(keys) else keys)
        self._macs = _keyed(self._keys, self._label)

    def for_challenge(self, algorithm: Algorithm, *, proxy: bool = False, auth_only: bool = False) -> Self:
        """A source like this one for the challenges of one algorithm, of a server or a proxy.

        `auth_only`: for those challenges of a server with auth-int that leave it out.

        It recognises its own nonces, and those of other hashes with the same realm and role: with sessions those with
        sessions, without those without. Each draws its own randomness: with a common one the counts of two nonces
        would be one state, and a client that used both, as it may, would look like a replay of itself.
        """
        return type(self)(
            self._realm,
            self._keys if self._keys_of_now is None else self._keys_of_now,
            self._epoch,
            lifetime=self.lifetime / MICROSECONDS,
            overtime=(self.kept - self.lifetime) / MICROSECONDS,
            clock=self._clock,
            random=self._random,
            algorithm=algorithm,
            proxy=proxy,
            auth_only=auth_only,
        )

    def issue(self, when: int | None = None) -> bytes:
        """A new nonce, as the ASCII octets that go into a header field.

        `when`: the time of issue that it has, in microseconds on the clock of the nonces; None: now.
        """
        if self._keys_of_now is not None:
            self._look_at(self._keys_of_now())
        # The first 24 of the digits that are drawn.
        text = b"%014x%b%.24b" % (self.now() if when is None else when, self._epoch(), self._draw())
        return text + self._separator + _mac(self._macs[0], text)

    def recognise(self, nonce: bytes) -> tuple[int, bytes] | None:
        """The (id, epoch) of a nonce that one of our keys made, expired or not; None for any other octets."""
        if self._keys_of_now is not None:
            self._look_at(self._keys_of_now())
        # By length first: what is remembered must be small.
        return self._remembered(nonce) if len(nonce) == self._length else None

    def _look_at(self, keys: Sequence[bytes]) -> None:
        # By value: the same list may have been changed in place, and another one may hold the same keys.
        present = tuple(keys)
        if present != self._keys:
            self._macs, self._keys = _keyed(present, self._label), present
            self._remembered.cache_clear()

    def _read(self, nonce: bytes) -> tuple[int, bytes] | None:
        text, received = nonce[:_MAC], nonce[_MAC:]
        for keyed in self._macs:
            if hmac.compare_digest(self._separator + _mac(keyed, text), received):
                # No setting is in the id: under another lifetime it must be the same.
                return int(nonce[:_EPOCH], 16) << RANDOM_BITS | int(nonce[_RANDOM:_MAC], 16), nonce[_EPOCH:_RANDOM]
        return None

    def alive(self, nonce_id: int, now: int, arrived: int | None = None) -> bool:
        """Whether a recognised nonce is good for a request whose head arrived then (None: now).

        That lies between the issue (less CLOCK_SKEW) and the expiry, and `now` not beyond the overtime.
        """
        return self.renewal_if_alive(nonce_id, now, arrived) is not None

    def renewal_if_alive(self, nonce_id: int, now: int, arrived: int | None = None) -> bool | None:
        """None if the nonce is not `alive`; else whether its life is so far over that a next nonce is to be sent."""
        issued = nonce_id >> RANDOM_BITS
        age = now - issued
        at_head = age if arrived is None else arrived - issued
        if not _EARLIEST <= at_head <= self.lifetime or age > self.kept:
            return None
        return age > self._renewal


def _label(realm: bytes, algorithm: Algorithm | None, *, proxy: bool, auth_only: bool) -> bytes:
    """What tells the keys of two kinds of nonces apart."""
    if algorithm is None:
        return b"digest-http nonce\x00" + realm
    # The realm comes last, for it alone could hold a zero octet.
    role = (b"proxy" if proxy else b"server") + (b" auth" if auth_only else b"")
    return b"\x00".join((b"digest-http challenge", role, b"session" if algorithm.session else b"plain", realm))


def claimed_issue(nonce: bytes) -> int | None:
    """When a nonce of our shape says that it was issued, in microseconds; None for any other octets.

    Nothing is proved: the key behind it may be anybody's.
    """
    text = nonce[:_MAC] + nonce[_MAC:].removeprefix(b":")
    if len(text) != _LENGTH or not set(text) <= _HEX_DIGITS:
        return None
    return int(nonce[:_EPOCH], 16)


def _keyed(keys: Sequence[bytes], label: bytes) -> tuple[_Keyed, ...]:
    keys = checked_keys(keys)
    if any(len(key) < MIN_KEY_OCTETS for key in keys):
        raise ConfigurationError(f"a nonce key is shorter than {MIN_KEY_OCTETS} octets: make one with os.urandom(32)")
    # Keyed once, and copied for each nonce: keying HMAC anew costs as much as the hash itself.
    return tuple(_states(hmac.digest(key, label, "sha256")) for key in keys)


def _states(key: bytes) -> _Keyed:
    block = key.ljust(_BLOCK, b"\0")
    return sha256(bytes(octet ^ _IPAD for octet in block)), sha256(bytes(octet ^ _OPAD for octet in block))


def _mac(keyed: _Keyed, text: bytes) -> bytes:
    # hmac.HMAC does the same by seven calls in Python around its two hashes.
    inner, outer = keyed[0].copy(), keyed[1].copy()
    inner.update(text)
    outer.update(inner.digest())
    return hexlify(outer.digest()[:_MAC_OCTETS])
