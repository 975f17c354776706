"""Waiting for futures, for so many seconds at most, with one timer for all that wait in an event loop.

asyncio.timeout() makes and cancels a timer for each: dearer than the rest of a wait that ends well. All waits here are
equally long, so they run out in the order in which they began, and only the first needs a timer.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["Deadlines"]

T = TypeVar("T")


class Deadlines:
    """Waits of `seconds` at most; threads with an event loop each may share it."""

    __slots__ = ("_queues", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds: Final = seconds
        self._queues: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue]] = WeakKeyDictionary()

    async def wait(self, future: asyncio.Future[T]) -> T:
        """The result of a future. Raises TimeoutError, and then the future is cancelled."""
        loop = future.get_loop()
        queue = self._queues.get(loop)
        if queue is None:
            queue = self._queues[loop] = _Queue()
        queue.add(future, loop, loop.time() + self._seconds)
        try:
            return await future
        except asyncio.CancelledError:
            task = asyncio.current_task()
            # Somebody else's cancellation, of the future or of who waits for it, is handed on.
            if queue.holds(future) or (task is not None and task.cancelling()):
                raise
            raise TimeoutError(f"no answer within {self._seconds} seconds") from None
        finally:
            queue.discard(future)


class _Queue:
    """The futures of one loop and when their time is over, in that order. It must not refer to the loop itself."""

    __slots__ = ("_ends", "_timed")

    def __init__(self) -> None:
        self._ends: Final[dict[asyncio.Future[Any], float]] = {}
        self._timed = False

    def add(self, future: asyncio.Future[Any], loop: asyncio.AbstractEventLoop, end: float) -> None:
        # A source may hand one future to several callers: it ends with the time of the first.
        self._ends.setdefault(future, end)
        if not self._timed:
            self._timed = True
            loop.call_at(end, self._run_out)

    def holds(self, future: asyncio.Future[Any]) -> bool:
        return future in self._ends

    def discard(self, future: asyncio.Future[Any]) -> None:
        self._ends.pop(future, None)

    def _run_out(self) -> None:
        loop = asyncio.get_running_loop()
        ends, now = self._ends, loop.time()
        over: list[asyncio.Future[Any]] = []
        for future, end in ends.items():
            if end > now:
                # The timer of the first that still waits; those that came and went meanwhile needed none.
                loop.call_at(end, self._run_out)
                break
            over.append(future)
        else:
            self._timed = False
        for future in over:
            del ends[future]
            future.cancel()
