"""Cookies that came with a challenge and belong to the next try (load balancers pin a session to a server that way)."""

from __future__ import annotations

from collections.abc import Iterable

from .library import Library, RequestT, ResponseT

__all__ = ["carry_cookies", "merge_cookies"]


def carry_cookies(library: Library[RequestT, ResponseT], response: ResponseT, request: RequestT) -> None:
    """Put the cookies of an answer into the next request, beside those that are there."""
    if not library.has_field(response, b"set-cookie"):
        return
    cookies = library.cookies_for(response, request)
    if cookies:
        sent = library.request_values(request, b"cookie")
        library.set_field(request, b"cookie", merge_cookies(sent, cookies))


def merge_cookies(sent: Iterable[bytes], added: bytes) -> bytes:
    """The pairs of Cookie fields, and those of another; its value replaces the old one of that name."""
    pairs: dict[bytes, bytes] = {}
    for field in (*sent, added):
        pairs.update(_pairs(field))
    return b"; ".join(pairs.values())


def _pairs(field: bytes) -> dict[bytes, bytes]:
    pairs = (pair.strip() for pair in field.split(b";"))
    return {pair.partition(b"=")[0]: pair for pair in pairs if pair}
