"""What an operator should know of a store, on the logger `digest_http.stores`: epochs that change, clocks that are off.

Both cost clients round trips and, if they go on, their logins; neither shows in the answers of one host alone.
"""

from __future__ import annotations

import logging
import platform
from typing import Final

from digest_http.httpauth.nonce_ids import MICROSECONDS

__all__ = ["ClockWatch", "log_new_epoch"]

#: Microseconds: half of what nonces bear between two hosts (nonce_life.CLOCK_SKEW), since one may be ahead of the
#: server and the other behind.
BEARABLE: Final = 1_000_000

logger: Final = logging.getLogger("digest_http.stores")


def log_new_epoch(store: object, why: str) -> None:
    """A new epoch began while we ran. `why` ends the sentence."""
    logger.warning(
        "%r began a new epoch: %s. Earlier nonces are refused as stale; each client needs one more round trip",
        store,
        why,
    )


class ClockWatch:
    """Compares the clock of this host's nonces with the one of the store's server, and says once that they disagree."""

    __slots__ = ("_said", "_store")

    def __init__(self, store: object) -> None:
        self._store: Final = store
        self._said = 0

    def compare(self, server: int, before: int, after: int) -> None:
        """`server` was read between `before` and `after`, which are of this host; all in microseconds.

        A slow answer proves less: what counts is by how much the clocks must differ, however long it took.
        """
        off = before - server if server < before else min(after - server, 0)  # above 0: ahead of the server
        if abs(off) <= BEARABLE:
            if self._said:
                self._said = 0
                logger.warning("the clock of this host (%s) agrees with the server of %r again", *self._names())
        elif abs(off - self._said) > max(BEARABLE, abs(self._said) // 2):
            self._said = off
            logger.warning(
                "the clock of this host (%s) is %.1f seconds %s that of the server of %r: hosts whose clocks differ by "
                "more than %d seconds refuse each other's nonces. Set the clock (NTP) and restart the workers of this "
                "host: they use the time of their start. If all hosts log this, the server's clock is wrong",
                platform.node(),
                abs(off) / MICROSECONDS,
                "ahead of" if off > 0 else "behind",
                self._store,
                2 * BEARABLE // MICROSECONDS,
            )

    def _names(self) -> tuple[str, object]:
        return platform.node(), self._store
