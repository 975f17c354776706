"""Cookies that came with a challenge and belong to the next try (load balancers pin a session to a server that way)."""

from __future__ import annotations

from .messages import Request

__all__ = ["merge_cookies"]


def merge_cookies(request: Request, field: str) -> None:
    """Add the pairs of a Cookie field to those in `request`; a new value replaces the old one of that name."""
    if field:
        pairs = {**_pairs(request.headers.get("cookie") or ""), **_pairs(field)}
        request.headers["Cookie"] = "; ".join(pairs.values())


def _pairs(field: str) -> dict[str, str]:
    pairs = (pair.strip() for pair in field.split(";"))
    return {pair.partition("=")[0]: pair for pair in pairs if pair}
