"""Answers that may have to be awaited, for tests that block."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from inspect import isawaitable
from typing import Any, TypeVar

__all__ = ["settled"]

T = TypeVar("T")


def settled(answer: T | Awaitable[T]) -> T:
    """What was answered at once, or what an event loop of its own makes of it."""
    found: Any = asyncio.run(_awaited(answer)) if isawaitable(answer) else answer
    settled_answer: T = found
    return settled_answer


async def _awaited(answer: Awaitable[T]) -> T:
    return await answer
