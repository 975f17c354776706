"""One order for callers that block and callers that await, without an event loop.

What may have to wait is a coroutine. It awaits what a source of users or a store gave only through a function that the
caller brings, so that it is the caller who waits, with his own time limit. A caller that blocks brings `at_once`, which
refuses to wait: then nothing is ever suspended, and `run` gets the outcome with one step.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from inspect import iscoroutine
from typing import Any, TypeAlias, TypeVar, cast

__all__ = ["Prompt", "Wait", "at_once", "awaited", "now_or_never", "run"]

T = TypeVar("T")

#: Awaits what a source gave; raises what it raises, or that it took too long.
Wait: TypeAlias = Callable[[Any], Awaitable[Any]]


class Prompt(ABC):
    """An answer that comes by itself before the event loop turns again, and at once for a caller that blocks.

    It waits for nothing outside this process, so nobody need bound the wait.
    """

    __slots__ = ()

    @abstractmethod
    def __await__(self) -> Generator[Any, None, Any]:
        """The answer; raises what went wrong."""

    @abstractmethod
    def at_once(self) -> object:
        """The same, now."""


async def at_once(answer: object) -> object:
    """Refuse to wait: raises TypeError, so the source counts as one that failed. What is Prompt is had at once."""
    if isinstance(answer, Prompt):
        return answer.at_once()
    if iscoroutine(answer):
        answer.close()  # else Python warns that nobody awaited it
    raise TypeError("the source of users or the store is asynchronous, and this caller cannot await it")


async def awaited(answer: Awaitable[Any]) -> object:
    """Wait without a limit."""
    return await answer


def run(order: Coroutine[Any, Any, T]) -> T:
    """The outcome of an order that was given `at_once`."""
    try:
        order.send(None)
    except StopIteration as end:
        outcome: T = end.value
        return outcome
    order.close()
    raise RuntimeError("something waited where nobody can await")


def now_or_never(answer: T | Awaitable[T]) -> T:
    """What was answered at once, or what an order that was given `at_once` makes of it."""
    if isinstance(answer, Coroutine):
        return run(cast("Coroutine[Any, Any, T]", answer))
    return cast("T", answer)
