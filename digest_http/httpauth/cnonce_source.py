"""The client's own nonces: 128 random bits each, drawn many at a time. Nonces of servers take theirs from here too.

A cnonce keeps a server from choosing all that is hashed (RFC 7616 §5.8), so none can be foreseen and none is used for
two requests. Asking the system for randomness costs a system call, a third of the work of a signature; asking for 64 at
once costs hardly more than for one.
"""

from __future__ import annotations

import os
import struct
import weakref
from binascii import hexlify
from collections.abc import Callable
from typing import Final

__all__ = ["CnonceSource", "ready_of"]

CNONCE_OCTETS: Final = 16
BATCH: Final = 64

_split: Final[Callable[[bytes], tuple[bytes, ...]]] = struct.Struct(f"{2 * CNONCE_OCTETS}s" * BATCH).unpack


class CnonceSource:
    """A source of cnonces, each 32 hex digits. `random(n)` gives n octets. Threads may share it."""

    __slots__ = ("__weakref__", "_random", "ready")

    def __init__(self, random: Callable[[int], bytes] = os.urandom) -> None:
        self._random: Final = random
        #: What was drawn ahead. Whoever takes the last one off, in one step, may use it as if `draw` had given it.
        self.ready: Final[list[bytes]] = []
        _sources.add(self)

    def draw(self) -> bytes:
        """The next cnonce."""
        try:
            return self.ready.pop()  # one step of the interpreter: no two threads get the same
        except IndexError:
            first, *others = _split(hexlify(self._random(CNONCE_OCTETS * BATCH)))
            self.ready.extend(others)
            return first

    def forget(self) -> None:
        """Drop what was drawn in advance."""
        self.ready.clear()


def ready_of(draw: Callable[[], bytes]) -> list[bytes]:
    """What a source has drawn ahead, if `draw` is that of one; a list that stays empty for any other function."""
    source = getattr(draw, "__self__", None)
    return source.ready if isinstance(source, CnonceSource) else []


_sources: Final[weakref.WeakSet[CnonceSource]] = weakref.WeakSet()


def _forget_all() -> None:
    for source in _sources:
        source.forget()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    # Parent and child would go on to use the same ones.
    os.register_at_fork(after_in_child=_forget_all)
