"""How many calls in Python a piece of work makes in our own files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

__all__ = ["own_calls"]


def own_calls(work: Callable[[], object]) -> int:
    """How many calls it makes, of functions whose module is ours."""
    calls = 0

    def seen(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call" and "digest_http" in frame.f_globals.get("__name__", "")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
