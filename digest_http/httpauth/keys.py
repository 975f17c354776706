"""The secret keys of nonces, in octets. `digest_http.guard.key_sources` reads them from text, files, environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from digest_http.errors import ConfigurationError

__all__ = ["Keys", "checked_keys"]

#: What NonceSource takes: keys, or a function that gives those of now; the same object while nothing has changed.
Keys = Sequence[bytes] | Callable[[], Sequence[bytes]]


def checked_keys(keys: object) -> tuple[bytes, ...]:
    """A list of keys in octets. Raises ConfigurationError, which shows no more of what is none than its type."""
    wanted = "a list of octets, for instance keys=[bytes.fromhex(text)], or text of 'digest-http key new'"
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise ConfigurationError(f"keys is an object of the type {type(keys).__name__}; write {wanted}")
    found = tuple(cast("Iterable[object]", keys))
    if not found:
        raise ConfigurationError(f"keys is empty: give one key at least, newest first; write {wanted}")
    for key in found:
        if not isinstance(key, bytes):
            raise ConfigurationError(f"keys has an object of the type {type(key).__name__}; write {wanted}")
    return cast("tuple[bytes, ...]", found)
