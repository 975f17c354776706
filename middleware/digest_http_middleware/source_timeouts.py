"""Waiting for a source of users or a store, for so long at most."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from digest_http.httpauth.waiting import Prompt
from digest_http.settings import seconds as checked_seconds

from .deadlines import Deadlines

__all__ = ["DEFAULT_TIMEOUT", "SourceTimeout"]

T = TypeVar("T")

#: Seconds a source may take. A browser's user waits about that long; a queue of waiting requests is worse than a 503.
DEFAULT_TIMEOUT: Final = 5.0


class SourceTimeout:
    """Waits of `seconds` at most. Raises ConfigurationError for seconds that are none."""

    __slots__ = ("_deadlines",)

    def __init__(self, seconds: float) -> None:
        self._deadlines: Final = Deadlines(checked_seconds("source_timeout", seconds, example=DEFAULT_TIMEOUT))

    def wait(self, awaitable: Awaitable[T]) -> Awaitable[T]:
        """What a source answers. Raises TimeoutError if it takes too long, and whatever it raises."""
        # A future is what a store gives that shares a round trip among its callers: the short way is theirs.
        if isinstance(awaitable, asyncio.Future):
            return self._deadlines.wait(awaitable)
        return awaitable if isinstance(awaitable, Prompt) else self._wait_for(awaitable)

    async def _wait_for(self, awaitable: Awaitable[T]) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # another event loop (trio): its sources bring their own time-outs
            return await awaitable
        # A source that is told to stop may take its time for that (a database driver waits for its answer): the
        # request does not wait for it.
        task = asyncio.ensure_future(awaitable)
        try:
            return await self._deadlines.wait(asyncio.shield(task))
        finally:
            task.cancel()
