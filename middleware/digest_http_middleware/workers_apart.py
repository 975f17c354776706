"""Evidence, while serving, that several workers answer here that do not share what they must share.

Whoever knows a password and holds a nonce that looks like ours got it from a worker of this service. If that worker
made it while this one was at work, then both serve at once; and if the key or the memory behind it is not ours, they do
not share them. No guess about servers and their settings is needed, and none is made.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Final

from digest_http.guard.key_sources import LOOK_EVERY
from digest_http.httpauth.keys import Keys
from digest_http.httpauth.nonce_ids import MICROSECONDS
from digest_http.httpauth.nonces import claimed_issue
from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.verdict import FOREIGN, FORGOTTEN, Verdict
from digest_http.secrecy import HoldsSecrets

from .nonce_keys import COMMON_KEYS, COMMON_STORE, is_shared

__all__ = ["WorkersApart"]

#: Seconds for which a worker that this one replaces may go on serving. What it issued meanwhile is no evidence.
OVERLAP: Final = 10.0

#: Seconds until a change of a file of keys is seen by all workers. A nonce of before is no evidence, and one that is
#: foreign now may be the first sign of a change.
SETTLING: Final = 3 * LOOK_EVERY

logger: Final = logging.getLogger("digest_http.middleware")


class WorkersApart(HoldsSecrets):
    """Looks at the nonces of right digests that are not taken; warns once. `now` is the clock of the nonces."""

    __slots__ = ("_began", "_keys", "_known", "_memory", "_now", "_process", "_store", "_suspected", "_warned")

    def __init__(self, store: NonceStore, keys: Keys, now: Callable[[], int]) -> None:
        self._store: Final = store
        self._memory: Final = not is_shared(store)
        self._keys: Final = keys
        self._now: Final = now
        self._known = self._present_keys()
        self._suspected = self._warned = False
        self._begin(OVERLAP)

    def saw(self, verdict: Verdict, context: ServerContext) -> None:
        """Take note of a refusal."""
        if self._warned or not (
            verdict is FOREIGN or (verdict is FORGOTTEN and self._memory and context.epoch != self._store.epoch)
        ):
            return
        keys = self._present_keys()
        if self._process != os.getpid():  # a worker that was forked after the app was loaded begins here
            self._begin(OVERLAP)
        elif keys is not self._known:
            self._known, self._suspected = keys, False
            self._begin(SETTLING)
        issued = claimed_issue(context.nonce)
        if issued is None or not self._began < issued <= self._now():
            return
        if verdict is FOREIGN and callable(self._keys) and not self._suspected:
            self._suspected = True
            self._begin(SETTLING)
            return
        self._warned = True
        if verdict is FOREIGN:
            logger.warning(
                "several workers (or middlewares of one realm) have different nonce keys: a nonce that one of them "
                "issues is foreign to the others, which refuse it as stale; %s, the same for all",
                f"{COMMON_KEYS}; and {COMMON_STORE}" if self._memory else COMMON_KEYS,
            )
        else:
            logger.warning(
                "several workers (or middlewares of one realm) each keep their own counts: a nonce that one of them "
                "issues is unknown to the others, which refuse it as stale; %s, the same for all",
                COMMON_STORE,
            )

    def _begin(self, seconds: float) -> None:
        self._process = os.getpid()
        self._began = self._now() + round(seconds * MICROSECONDS)

    def _present_keys(self) -> object:
        return self._keys() if callable(self._keys) else self._keys
