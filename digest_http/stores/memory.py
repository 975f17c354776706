"""Nonce counts in this process, in a dict: the quickest way to keep them."""

from __future__ import annotations

from .nonce_states import NonceStates
from .process_store import ProcessStore

__all__ = ["MemoryStore"]


class MemoryStore(ProcessStore, NonceStates):
    """Counts for one process; the child of a fork begins an epoch of its own. Threads may share it.

    A live nonce takes under 200 octets, so 20 MB at most by default. PackedMemoryStore takes a third of that.
    Raises ConfigurationError for a capacity that is not a number of nonces.
    """

    __slots__ = ()
