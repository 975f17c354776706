"""One writer of a file at a time, on each system by what it has.

POSIX has flock, which holds the file itself. Windows lets nobody put a new file in the place of one that is open, so a
file beside it is held there, by the package filelock; the extra `cli` brings it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from digest_http.errors import ConfigurationError

__all__ = ["locked"]

# Its types are those of the system that runs the type checker.
fcntl: Any = importlib.import_module("fcntl") if importlib.util.find_spec("fcntl") else None

#: The mode of a file that is made.
_OWNER_ONLY = 0o600


@contextlib.contextmanager
def locked(path: Path, *, make: bool) -> Generator[os.stat_result]:
    """Hold a file against other writers; `make` it if it is missing. Gives what the system knows of it.

    It is the file that has the name when the block begins. Raises OSError, and ConfigurationError if a package is
    missing.
    """
    with _itself(path, make=make) if fcntl is not None else _beside(path, make=make) as status:
        yield status


@contextlib.contextmanager
def _itself(path: Path, *, make: bool) -> Generator[os.stat_result]:
    while True:
        descriptor = _opened(path, make=make)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not _has_the_name(path, descriptor):
                continue  # another writer has replaced it while we waited
            yield os.fstat(descriptor)
            return
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _beside(path: Path, *, make: bool) -> Generator[os.stat_result]:
    try:
        from filelock import FileLock  # noqa: PLC0415 - only Windows needs it
    except ModuleNotFoundError:
        raise ConfigurationError(
            "to change a file of users here takes one more package: pip install filelock"
        ) from None
    if not make:
        path.stat()  # no lock is made beside a file that is missing
    with FileLock(path.with_name(f".{path.name}.lock"), mode=_OWNER_ONLY):
        os.close(_opened(path, make=make))
        yield path.stat()


def _opened(path: Path, *, make: bool) -> int:
    return os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), _OWNER_ONLY)


def _has_the_name(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
