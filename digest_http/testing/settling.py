"""Answers that may be awaitable, for tests that are not asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any, TypeVar

__all__ = ["settled"]

T = TypeVar("T")


def settled(answer: T | Awaitable[T]) -> T:
    """The answer itself; an awaitable answer is awaited in a new event loop."""
    found: Any = asyncio.run(_awaited(answer)) if isawaitable(answer) else answer
    settled_answer: T = found
    return settled_answer


async def _awaited(answer: Awaitable[T]) -> T:
    return await answer
