"""Protect anything with HTTP Digest: `Guard(users=..., realm="...")`, and `check` with each request."""

from __future__ import annotations

from .guard import Guard
from .observing import Event, Observer, SourceStep
from .outcomes import NO_CREDENTIALS, Accepted, Refusal, Refused
from .reasons import Reason
from .throttling import Throttle

__all__ = [
    "NO_CREDENTIALS", "Accepted", "Event", "Guard", "Observer", "Reason", "Refusal", "Refused", "SourceStep",
    "Throttle",
]  # fmt: skip
