"""Stores from URLs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import SplitResult, unquote

from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import NonceStore
from digest_http.setting_urls import no_fragment, parts_of, query_of

from .memory import MemoryStore
from .packed import PackedMemoryStore
from .process_store import DEFAULT_CAPACITY
from .redis import RedisStore
from .redis_clients import SCHEMES, connector
from .sqlite import DEFAULT_CAPACITY as DEFAULT_FILE_CAPACITY
from .sqlite import SQLiteStore

__all__ = ["from_url"]

#: Digits of a capacity: no file has room for so many nonces.
MAX_DIGITS: Final = 18

_FORMS: Final = "'memory://', 'sqlite:///file.db', 'redis://host:6379/0'"


def from_url(url: str) -> NonceStore:
    """A store from its URL.

    `memory://` counts in this process; `sqlite:///relative.db` or `sqlite:////absolute.db` in a file for all workers
    of one machine. Both take `?capacity=N` live nonces, and `memory://` takes `?packed=1`, for a PackedMemoryStore.
    `redis://host:6379/0` for a fleet (see redis_clients).
    Raises ConfigurationError for a URL that cannot work.
    """
    parts = parts_of("store", url, f"use {_FORMS}")
    no_fragment("store", url)
    opener = _OPENERS.get(parts.scheme)
    if opener is None or not url.startswith(f"{parts.scheme}://"):
        raise ConfigurationError(f"store {_hidden(parts)!r} is not known; use {_FORMS}")
    return opener(url, parts)


def _memory(_url: str, parts: SplitResult) -> NonceStore:
    if parts.netloc or parts.path.strip("/"):
        raise ConfigurationError("store 'memory://' has neither host nor path; write store='memory://'")
    settings = query_of("store", parts)
    packed = settings.pop("packed", "0")
    if packed not in ("0", "1"):
        raise ConfigurationError("store 'memory://': packed is a switch; write ?packed=1, or ?packed=0 for none")
    kind = PackedMemoryStore if packed == "1" else MemoryStore
    return kind(_capacity(parts, settings, DEFAULT_CAPACITY, " besides ?packed="))


def _sqlite(_url: str, parts: SplitResult) -> NonceStore:
    path = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not path:
        raise ConfigurationError(
            "store 'sqlite:///file.db' names no file: three slashes before a relative path, four before an absolute one"
        )
    return SQLiteStore(path, _capacity(parts, query_of("store", parts), DEFAULT_FILE_CAPACITY))


def _redis(url: str, _parts: SplitResult) -> NonceStore:
    return RedisStore(connector(url))


_OPENERS: Final[Mapping[str, Callable[[str, SplitResult], NonceStore]]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    **dict.fromkeys(SCHEMES, _redis),
}


def _capacity(parts: SplitResult, settings: dict[str, str], default: int, besides: str = "") -> int:
    """The capacity of a URL that has no more settings than that. `besides` are those taken out of it."""
    capacity = settings.pop("capacity", str(default))
    if settings or not (capacity.isascii() and capacity.isdigit() and len(capacity) < MAX_DIGITS and int(capacity)):
        raise ConfigurationError(
            f"store '{parts.scheme}://' takes one setting{besides}: ?capacity=, a number of nonces; "
            f"write ?capacity={default}"
        )
    return int(capacity)


def _hidden(parts: SplitResult) -> str:
    """A URL that may be shown: without the password it may hold."""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
