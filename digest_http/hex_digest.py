"""Digests that need not be looked at again."""

from __future__ import annotations

__all__ = ["HexDigest"]


class HexDigest(bytes):
    """Octets that are lower-case hex throughout, as whoever makes one knows.

    What the methods of bytes make of it is plain octets again, of which nothing is known. This file is never compiled:
    there, no class can be made from bytes.
    """

    __slots__ = ()
