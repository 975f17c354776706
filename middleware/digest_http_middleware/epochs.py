"""The epoch of a store, known before a nonce names it: at the start of the server, and before challenges.

Only stores that others share have `refresh` (see RefreshingStore).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from inspect import isawaitable
from typing import Final

from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import NonceStore, RefreshingStore

from .asgi import Receive, Send

__all__ = ["Epochs"]

logger: Final = logging.getLogger("digest_http.middleware")


class Epochs:
    """Asks `store` for its epoch, if it can tell; `now` is the clock of the nonces in microseconds."""

    __slots__ = ("_now", "_store")

    def __init__(self, store: NonceStore, now: Callable[[], int]) -> None:
        self._store: Final = store if isinstance(store, RefreshingStore) else None
        self._now: Final = now

    async def refresh(self) -> None:
        """Let the store learn its epoch. Never fails: without an answer the challenge is made with what is known."""
        try:
            await self._ask()
        except Exception:
            logger.debug("the nonce store did not tell its epoch", exc_info=True)

    async def started(self, receive: Receive, send: Send) -> bool:
        """Let the store learn its epoch when the server starts (lifespan). False: it cannot work, and that was said."""
        try:
            await self._ask()
        except ConfigurationError as error:
            await receive()  # lifespan.startup; an answer may only follow it
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return False
        except Exception:
            logger.debug("the nonce store did not tell its epoch", exc_info=True)
        return True

    async def _ask(self) -> None:
        if self._store is not None:
            asked = self._store.refresh(self._now())
            if isawaitable(asked):
                await asked
