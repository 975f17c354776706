"""H(A1) that need not be looked at again."""

from __future__ import annotations

from .secrecy import HoldsSecrets

__all__ = ["HexDigest"]


class HexDigest(HoldsSecrets, bytes):
    """A secret digest: octets that are lower-case hex throughout, as whoever makes one knows.

    What the methods of bytes make of it is plain octets again, of which nothing is known. This file is never compiled:
    there, no class can be made from bytes.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<HexDigest of {len(self)} digits>"

    def __str__(self) -> str:
        return repr(self)
