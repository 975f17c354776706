"""One thing with connections for each event loop that runs here, closed when its loop ends.

Programs begin more loops than one thinks: `asyncio.run()` for each job, Starlette's test client for each request.
Nobody tells us that a loop ends, but asyncio tells each asynchronous generator that was begun in it: `asyncio.run()`,
`asyncio.Runner`, uvloop's and anyio's ways to run all do (`loop.shutdown_asyncgens()`). So one generator a loop waits
for its end. A loop that is closed without that is noticed when the next one comes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar

from digest_http.errors import ConfigurationError
from digest_http.forks import ForkAware

__all__ = ["PerLoop"]


class Closable(Protocol):
    """What has connections."""

    async def close(self) -> None:
        """Close them."""
        ...


T = TypeVar("T", bound=Closable)

_CARRIED_ACROSS_FORK: Final[list[object]] = []


class PerLoop(ForkAware, Generic[T]):
    """What `make` makes, once for each event loop. Threads with a loop each may share it.

    The child of a fork makes its own: two processes that write to one connection read each other's answers.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make: Final = make
        # Not weak: connections hold their loop, so it would never go by itself.
        self._made: Final[dict[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None]]]] = {}
        self._lock = Lock()
        super().__init__()

    def get(self) -> T:
        """That of the running event loop. Raises ConfigurationError if it is not one of asyncio."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError as error:
            raise ConfigurationError(
                "a store in Redis works with asyncio only, and this server runs another event loop (trio): run it with "
                "asyncio, or use store='sqlite:///file.db' on one machine"
            ) from error
        known = self._made.get(loop)
        return known[0] if known is not None else self._begin(loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> T:
        made = self._make()
        end = self._at_the_end(loop)
        with self._lock:
            for other in [other for other in self._made if other.is_closed()]:
                # Nothing can be sent through it any more; without us its sockets go with the garbage.
                del self._made[other]
            self._made[loop] = made, end
        # The first step makes the generator known to the loop; it does not wait for anything.
        with contextlib.suppress(StopIteration):
            end.__anext__().send(None)
        return made

    def after_fork_in_child(self) -> None:
        """See ForkAware. What the parent made is kept unused: its end would be told to the parent's loop."""
        self._lock = Lock()
        _CARRIED_ACROSS_FORK.append(dict(self._made))
        self._made.clear()

    async def _at_the_end(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            made = self._made.pop(loop, None)
            if made is not None:
                await made[0].close()

    async def close(self) -> None:
        """Close what the running event loop has; the next get() makes it anew."""
        made = self._made.get(asyncio.get_running_loop())
        if made is not None:
            await made[1].aclose()

    def __len__(self) -> int:
        """For how many loops there is one."""
        return len(self._made)
