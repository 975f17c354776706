"""What a server does with a store, for tests: it issues nonces, and asks the store about counts."""

from __future__ import annotations

from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.sequence import SequenceRule
from digest_http.httpauth.verdict import Verdict

from .settling import settled

__all__ = ["Clock", "Counting", "nonces_of"]

#: Any key is good enough for tests.
_KEYS = (b"k" * 32,)


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def nonces_of(store: NonceStore, clock: Clock, lifetime: float = 300) -> NonceSource:
    """A source of nonces for a store; `lifetime` is in seconds."""
    return NonceSource(b"realm", _KEYS, store.epoch, lifetime=lifetime, clock=clock)


class Counting:
    """Asks stores to count."""

    def advance(  # noqa: PLR0917 - a store, and what it is asked
        self, store: NonceStore, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int
    ) -> Verdict:
        """The store's verdict. If the store needs its own event loop, a subclass overrides this method."""
        answer = store.advance(nonce_id, epoch, nc, rule, now, lifetime=lifetime)
        return settled(answer)

    def count(self, store: NonceStore, nonces: NonceSource, nonce: bytes, nc: int, rule: SequenceRule) -> Verdict:
        """What a server does with a verified request: recognise the nonce, check its age, count."""
        recognised = nonces.recognise(nonce)
        if recognised is None:
            return Verdict.FOREIGN
        now = nonces.now()
        if not nonces.alive(recognised[0], now):
            return Verdict.EXPIRED
        return self.advance(store, *recognised, nc, rule, now, lifetime=nonces.kept)
