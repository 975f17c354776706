"""A small real app behind Digest: `uvicorn demo_app:app`, or `make demo` to see it at work."""

from __future__ import annotations

from .app import app

__all__ = ["app"]
