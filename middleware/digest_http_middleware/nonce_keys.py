"""The keys a middleware signs its nonces with, and a word to those whose workers would each invent their own."""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Final

from digest_http.errors import SecurityWarning
from digest_http.httpauth.keys import ENVIRONMENT, Keys, configured_keys
from digest_http.httpauth.protocols import NonceStore

__all__ = ["keys_of"]

_ADVICE: Final = (
    f"no nonce keys are set, so each worker invents its own and takes the others' nonces for foreign: set keys= or the "
    f"environment variable {ENVIRONMENT} to the output of 'digest-http key new'"
)


def keys_of(setting: Sequence[bytes] | str | None, store: NonceStore) -> Keys:
    """The keys of a setting or the environment; without either a random one, with a SecurityWarning where it shows."""
    keys = configured_keys(setting)
    if keys is not None:
        return keys
    if getattr(store, "shared", False) or one_of_several():
        warnings.warn(_ADVICE, SecurityWarning, stacklevel=3)
    return [os.urandom(32)]


def one_of_several() -> bool:
    """Whether this looks like one worker of several: uvicorn and hypercorn spawn theirs, gunicorn forks."""
    return (
        multiprocessing.parent_process() is not None
        or "gunicorn.arbiter" in sys.modules
        or os.environ.get("WEB_CONCURRENCY", "1") not in {"", "0", "1"}
    )
