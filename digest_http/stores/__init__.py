"""Where the counts of live nonces are kept: implementations of `httpauth.protocols.NonceStore`, chosen by URL."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import NonceStore

from .memory import DEFAULT_CAPACITY, MemoryStore

__all__ = ["DEFAULT_CAPACITY", "MemoryStore", "open_store"]


def open_store(store: NonceStore | str) -> NonceStore:
    """The store of a setting: an object as it is, or one made from a URL.

    `memory://` keeps counts in this process; `memory://?capacity=N` bounds it to N live nonces.
    Raises ConfigurationError for any other URL.
    """
    if not isinstance(store, str):
        return store
    url = urlsplit(store)
    settings = dict(parse_qsl(url.query))
    if url.scheme != "memory" or url.netloc or url.path.strip("/") or settings.keys() - {"capacity"}:
        raise ConfigurationError(f"store {store!r} is not known; use 'memory://' or 'memory://?capacity=100000'")
    capacity = settings.get("capacity", str(DEFAULT_CAPACITY))
    if not (capacity.isascii() and capacity.isdigit()):
        raise ConfigurationError(f"store {store!r}: capacity is a number of nonces")
    return MemoryStore(int(capacity))
