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

import os
import re
from binascii import hexlify
from collections.abc import Callable, Sequence
from typing import Final, cast, final

from digest_http.algorithms import Algorithm
from digest_http.grammar import token
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import flag, function, instances, refusal, seconds

from .cnonce_source import CnonceSource
from .keys import checked_keys
from .nonce_ids import MICROSECONDS, RANDOM_BITS
from .nonce_kind import NonceKind
from .nonce_life import NonceLife, steady_clock, steady_microseconds
from .nonce_macs import EPOCH, MAC

__all__ = ["DEFAULT_LIFETIME", "NonceSource", "claimed_issue", "steady_clock"]

#: Seconds. What httpd, Tomcat, Spring and django-digest use; nextnonce renews it unseen.
DEFAULT_LIFETIME: Final = 300

#: Share of the life after which Authentication-Info carries a nextnonce.
RENEWAL: Final = 0.8

_LENGTH: Final = 78
_HEX_DIGITS: Final = frozenset(b"0123456789abcdef")
_token: Final = re.compile(token)

#: Randomness as hex digits, more than a nonce takes. A call of the system takes longer than the MAC, so it is drawn
#: ahead, as clients do: nobody is told of it before, each piece is given once, and a forked child draws its own.
_drawn_ahead: Final = CnonceSource().draw


@final
class NonceSource(HoldsSecrets):
    """Issues and recognises the nonces of one realm, or of the challenges of one algorithm in it.

    `keys` is ordered newest first: the first signs, all verify, so a key rotates out without a login prompt.
    It may be a function, asked with each nonce that is issued or recognised: a key that left verifies nothing more.
    `epoch`: of the store that counts them; a function where another process may begin a new one.
    `lifetime`: seconds from the issue until the head of a request with it must have arrived. `overtime`: seconds that
    what comes after the head may then take. `prefix`: a token that stands before each nonce.
    Raises ConfigurationError for a setting that cannot work: no key or a short one, a lifetime that is none, ...
    """

    __slots__ = ("_clock", "_epoch", "_keys", "_prefix", "_random", "_realm", "kept", "kind", "life", "lifetime", "now")

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
        prefix: bytes = b"",
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
        # A token, so that it needs no escaping in a challenge, and has no colon: those are for sessions.
        if not isinstance(cast("object", prefix), bytes) or (prefix and not _token.fullmatch(prefix)):
            raise refusal("prefix", prefix, "octets of a token, for instance prefix=b'+Upgraded+v1'")
        self._epoch: Final = epoch if callable(epoch) else lambda: epoch
        self.lifetime: Final = round(lifetime * MICROSECONDS)
        self.kept: Final = self.lifetime + round(overtime * MICROSECONDS)
        """Microseconds from the issue for which a count may be asked for: what a store is told as the lifetime."""
        self.life: Final = NonceLife(self.lifetime, self.kept, round(lifetime * MICROSECONDS * RENEWAL))
        """The same for the path of each request: `renewal_if_alive` without a call between."""
        self._clock: Final = clock
        self.now: Final[Callable[[], int]] = (
            steady_microseconds if clock is steady_clock else lambda: int(clock() * MICROSECONDS)
        )
        """The time in microseconds on this source's clock."""
        self._random: Final = random
        self._realm: Final = realm
        self._prefix: Final = prefix
        self._keys: Final = keys if callable(keys) else checked_keys(keys)
        self.kind: Final = NonceKind(
            self._keys,
            _label(realm, algorithm, proxy=proxy, auth_only=auth_only),
            prefix,
            b":" if algorithm is not None and algorithm.session else b"",
            epoch=self._epoch,
            now=self.now,
            draw=_drawn_ahead if random is os.urandom else lambda: hexlify(random(RANDOM_BITS // 8)),
        )
        """What issues and recognises them, for the path of each request: without a call between."""

    def __init_subclass__(cls) -> None:
        # Whoever overrode `recognise` to refuse more would refuse nothing.
        raise TypeError("NonceSource takes no subclass: a request asks `kind` and `life`, not these methods")

    def for_challenge(self, algorithm: Algorithm, *, proxy: bool = False, auth_only: bool = False) -> NonceSource:
        """A source like this one for the challenges of one algorithm, of a server or a proxy.

        `auth_only`: for those challenges of a server with auth-int that leave it out.

        It recognises its own nonces, and those of other hashes with the same realm and role: with sessions those with
        sessions, without those without. Each draws its own randomness: with a common one the counts of two nonces
        would be one state, and a client that used both, as it may, would look like a replay of itself.
        """
        return NonceSource(
            self._realm,
            self._keys,
            self._epoch,
            lifetime=self.lifetime / MICROSECONDS,
            overtime=(self.kept - self.lifetime) / MICROSECONDS,
            clock=self._clock,
            random=self._random,
            algorithm=algorithm,
            proxy=proxy,
            auth_only=auth_only,
            prefix=self._prefix,
        )

    def issue(self, when: int | None = None) -> bytes:
        """A new nonce, as the ASCII octets that go into a header field.

        `when`: the time of issue that it has, in microseconds on the clock of the nonces; None: now.
        """
        return self.kind.issue(when)

    def recognise(self, nonce: bytes) -> tuple[int, bytes] | None:
        """The (id, epoch) of a nonce that one of our keys made, expired or not; None for any other octets."""
        known = self.kind.macs().recognise(nonce)
        return None if known is None else (known.nonce_id, known.epoch)

    def alive(self, nonce_id: int, now: int, arrived: int | None = None) -> bool:
        """Whether a recognised nonce is good for a request whose head arrived then (None: now).

        That lies between the issue (less CLOCK_SKEW) and the expiry, and `now` not beyond the overtime.
        """
        return self.renewal_if_alive(nonce_id, now, arrived) is not None

    def renewal_if_alive(self, nonce_id: int, now: int, arrived: int | None = None) -> bool | None:
        """None if the nonce is not `alive`; else whether its life is so far over that a next nonce is to be sent."""
        return self.life.renewal_if_alive(nonce_id, now, arrived)


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
    text = nonce[:MAC] + nonce[MAC:].removeprefix(b":")
    if len(text) != _LENGTH or not set(text) <= _HEX_DIGITS:
        return None
    return int(nonce[:EPOCH], 16)
