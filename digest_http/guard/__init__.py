"""Protect anything with HTTP Digest: `Guard(users=..., realm="...")`, and `check` with each request."""

from __future__ import annotations

from .guard import Guard
from .outcomes import Accepted, Refusal, Refused

__all__ = ["Accepted", "Guard", "Refusal", "Refused"]
