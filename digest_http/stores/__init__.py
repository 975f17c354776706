"""Where the counts of live nonces are kept: implementations of `httpauth.protocols.NonceStore`, chosen by URL."""

from __future__ import annotations

from digest_http.httpauth.protocols import NonceStore
from digest_http.settings import NO_METHOD, provider

from .memory import MemoryStore
from .packed import PackedMemoryStore
from .process_store import DEFAULT_CAPACITY
from .sqlite import SQLiteStore
from .urls import from_url

__all__ = ["DEFAULT_CAPACITY", "MemoryStore", "PackedMemoryStore", "SQLiteStore", "open_store"]


def open_store(store: NonceStore | str) -> NonceStore:
    """The store of a setting: an object as it is, or one made from a URL (see `urls.from_url`).

    Raises ConfigurationError for a URL that cannot work, and for what is no NonceStore.
    """
    if isinstance(store, str):
        return from_url(store)
    return provider("store", store, {"epoch": NO_METHOD, "advance": 5}, example="'sqlite:////var/lib/app/nonces.db'")
