"""Records with something wrong in them."""

from __future__ import annotations


def spoil(record: bytes, position: int) -> bytes:
    """The record with one bit turned."""
    changed = bytearray(record)
    changed[position] ^= 1
    return bytes(changed)
