"""Counting what a piece of work hashes: the calls into OpenSSL, whichever file of the project makes them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["hash_calls"]


def hash_calls(work: Callable[[], object]) -> list[str]:
    """The names of all functions and methods of hashlib and hmac in C that `work` called, in order."""
    calls: list[str] = []

    def watch(_frame: Any, event: str, called: Any) -> None:
        if event == "c_call":
            owner = getattr(called, "__self__", None)
            modules = (getattr(called, "__module__", None), type(owner).__module__, getattr(owner, "__name__", None))
            if "_hashlib" in modules and called.__name__ != "compare_digest":
                calls.append(called.__name__)

    sys.setprofile(watch)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls
