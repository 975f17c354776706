"""Limiters that fit the server: one that awaits must not be blocked, and one that blocks cannot await."""

from __future__ import annotations

from inspect import iscoroutinefunction

from digest_http.errors import ConfigurationError
from digest_http.guard import Throttle

__all__ = ["awaiting", "blocking"]


def awaiting(throttle: Throttle | None) -> Throttle | None:
    """The setting of a server that awaits. Raises ConfigurationError for a limiter that says that it blocks."""
    if getattr(throttle, "blocks", False) is True:
        raise ConfigurationError(
            "throttle has a storage that blocks, so all requests would wait for it: write a storage that does not, for "
            "instance Throttle('async+redis://localhost:6379/1')"
        )
    return throttle


def blocking(throttle: Throttle | None) -> Throttle | None:
    """The setting of a server that blocks. Raises ConfigurationError for a limiter that is awaited."""
    if iscoroutinefunction(getattr(throttle, "delay", None)) or getattr(throttle, "awaits", False) is True:
        raise ConfigurationError(
            "throttle has an asynchronous storage, and WSGI cannot await it: write a storage that is not, for instance "
            "Throttle('redis://localhost:6379/1')"
        )
    return throttle
