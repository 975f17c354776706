"""Steps that come in one turn of an event loop, and are counted together: one transaction, one lock, one write.

Under load a turn brings a dozen requests, and a transaction costs twice what a step in it costs. A step that is alone
in its turn has nobody to share with and is counted at once: only after a turn that brought several does the first one
of the next wait for others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from typing import Final

from digest_http.httpauth.verdict import Verdict
from digest_http.httpauth.waiting import Prompt

from .sqlite_step import Step

__all__ = ["SharedStep", "Turn", "Turns"]

#: Steps of one transaction: enough for all that a turn brings, few enough not to hold up other workers.
TOGETHER: Final = 64


class SharedStep(Prompt):
    """A step that is counted when its turn ends. Awaiting it gives the verdict, or raises what went wrong."""

    __slots__ = ("_turn", "answer", "step")

    def __init__(self, turn: Turn, step: Step) -> None:
        self._turn: Final = turn
        self.step: Final = step
        self.answer: Final[asyncio.Future[Verdict]] = turn.loop.create_future()
        turn.waiting.append(self)

    def __await__(self) -> Generator[object, None, Verdict]:
        """The verdict."""
        return self.answer.__await__()

    def at_once(self) -> Verdict:
        """See Prompt. Those that wait with it are counted as well."""
        self._turn.end()
        return self.answer.result()


class Turn:
    """What waits in one event loop for the end of its turn. `count` counts steps in their order: all, or it raises."""

    __slots__ = ("_count", "_turns", "loop", "waiting")

    def __init__(
        self, turns: Turns, loop: asyncio.AbstractEventLoop, count: Callable[[Sequence[Step]], Sequence[Verdict]]
    ) -> None:
        self._turns: Final = turns
        self._count: Final = count
        self.loop: Final = loop
        self.waiting: Final[list[SharedStep]] = []
        loop.call_soon(self.end)

    def end(self) -> None:
        """Count what waits. Each who waits gets his verdict, or the failure. The second time, nothing happens."""
        if not self._turns.ended(self) or not self.waiting:
            return
        # Whoever gave up waiting needs no count.
        waiting = [one for one in self.waiting if not one.answer.done()]
        try:
            for begin in range(0, len(waiting), TOGETHER):
                self._settle(waiting[begin : begin + TOGETHER])
        finally:
            # Should the process be told to end meanwhile, nobody is left waiting. It changes no answer that was given.
            for one in waiting:
                one.answer.cancel()

    def _settle(self, waiting: list[SharedStep]) -> None:
        try:
            verdicts = self._count([one.step for one in waiting])
        except Exception as error:  # noqa: BLE001 - whatever it is, each request learns that it was not counted
            for one in waiting:
                one.answer.set_exception(error)
            return
        for one, verdict in zip(waiting, verdicts, strict=True):
            one.answer.set_result(verdict)


class Turns:
    """The turn of each event loop. Threads with a loop each may share it; each touches its own loop's turn."""

    __slots__ = ("_crowded", "_of")

    def __init__(self) -> None:
        self._of: Final[dict[asyncio.AbstractEventLoop, Turn]] = {}
        # Whether the last turn brought several steps: a guess at the next, whichever loop has it.
        self._crowded = False

    def present(self, count: Callable[[Sequence[Step]], Sequence[Verdict]]) -> Turn | None:
        """The turn with whose steps one more should wait; None if it should be counted at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return None  # a thread that blocks, or an event loop that is not one of asyncio (trio)
        turn = self._of.get(loop)
        if turn is not None:
            return turn
        for other in [*self._of]:
            if other.is_closed():
                del self._of[other]  # it was stopped within the turn
        turn = self._of[loop] = Turn(self, loop, count)
        return turn if self._crowded else None

    def ended(self, turn: Turn) -> bool:
        """Note the end of a turn; whether it had not been noted."""
        if self._of.get(turn.loop) is not turn:
            return False
        del self._of[turn.loop]
        # The first step of a turn that follows a quiet one is not among those that wait.
        self._crowded = len(turn.waiting) > self._crowded
        return True

    def forget(self) -> None:
        """Leave what waits to somebody else: in the child of a fork, to the parent."""
        self._of.clear()
