"""The keys a middleware signs its nonces with, and a word at the start to those whose workers would not work together.

Several workers need the same keys, or each takes the nonces of the others for foreign; and one store, or each counts
for itself and takes them for forgotten. Either costs clients logins, at random.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Final

from digest_http.errors import SecurityWarning
from digest_http.guard.key_sources import ENVIRONMENT, KeyFile, configured_keys
from digest_http.httpauth.protocols import NonceStore, SharedStore

from .workers import known_workers

__all__ = ["COMMON_KEYS", "COMMON_STORE", "is_shared", "keys_of"]

COMMON_KEYS: Final = f"set keys= or the environment variable {ENVIRONMENT} to the output of 'digest-http key new'"
COMMON_STORE: Final = "set store='sqlite:////path/nonces.db', or 'redis://host' for several machines"


def keys_of(setting: Sequence[bytes] | KeyFile | str | None, store: NonceStore) -> Sequence[bytes] | KeyFile:
    """The keys of a setting or the environment; without either a random one. A SecurityWarning where that cannot work.

    It is given for a store that others share and no keys, and where several workers are known and the store is not one
    that they share.
    """
    keys = configured_keys(setting)
    if is_shared(store):
        if keys is None:
            warnings.warn(
                "no nonce keys are set, but other processes may use this store too: workers that are started apart "
                f"each make a key of their own, and refuse each other's nonces as foreign; {COMMON_KEYS}",
                SecurityWarning,
                stacklevel=3,
            )
    elif (workers := known_workers()) > 1:
        advice = COMMON_STORE if keys is not None else f"{COMMON_STORE}; and {COMMON_KEYS}"
        warnings.warn(
            f"this is one of {workers} workers, and each keeps its own counts: if a client's next request goes to "
            f"another worker, it is refused as stale; {advice}",
            SecurityWarning,
            stacklevel=3,
        )
    return keys if keys is not None else [os.urandom(32)]


def is_shared(store: NonceStore) -> bool:
    """Whether other processes count in it too."""
    return isinstance(store, SharedStore) and store.shared is True
