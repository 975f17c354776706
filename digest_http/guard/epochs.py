"""The epoch of a store, known before a nonce names it: at the start of a server, and before challenges.

Only stores that others share have `refresh` (see RefreshingStore).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from inspect import isawaitable
from typing import Final

from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import NonceStore, RefreshingStore
from digest_http.httpauth.waiting import Wait

__all__ = ["Epochs"]


class Epochs:
    """Asks `store` for its epoch, if it can tell; `now` is the clock of the nonces in microseconds."""

    __slots__ = ("_logger", "_now", "_store", "asks")

    def __init__(self, store: NonceStore, now: Callable[[], int], logger: logging.Logger) -> None:
        self._store: Final = store if isinstance(store, RefreshingStore) else None
        #: False: the store knows its epoch, and nothing below does anything.
        self.asks: Final = self._store is not None
        self._now: Final = now
        self._logger: Final = logger

    async def start(self, wait: Wait) -> None:
        """Let the store learn its epoch. Raises ConfigurationError for a store that can never work here.

        Nothing else fails: without an answer challenges are made with what is known.
        """
        if self._store is None:
            return
        try:
            asked = self._store.refresh(self._now())
            if isawaitable(asked):
                await wait(asked)
        except ConfigurationError:
            raise
        except Exception:
            self._logger.debug("the nonce store did not tell its epoch", exc_info=True)

    async def refresh(self, wait: Wait) -> None:
        """The same for a server that is already at work: nothing fails."""
        try:
            await self.start(wait)
        except ConfigurationError:
            self._logger.debug("the nonce store did not tell its epoch", exc_info=True)
