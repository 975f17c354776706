"""Sources of nonces whose clock stands still."""

from digest_http.httpauth.nonces import NonceSource

__all__ = ["EPOCH", "KEY", "NOW", "OTHER_KEY", "SECOND", "Clock", "source"]

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
EPOCH = b"00c0ffee"
SECOND = 1_000_000
NOW = 1_700_000_000


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def source(realm=b"r", keys=(KEY,), epoch=EPOCH, **settings):
    """A source with a standing clock."""
    settings.setdefault("clock", Clock())
    return NonceSource(realm, keys, epoch, **settings)
