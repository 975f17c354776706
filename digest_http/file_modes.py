"""Who else may read or write a file that holds secrets, or counts that keep replays out.

Systems without POSIX modes (Windows) answer "nobody": their access lists are the administrator's affair.
"""

from __future__ import annotations

import errno
import os
import stat
from logging import Logger
from pathlib import Path
from typing import Final

from .errors import ConfigurationError

__all__ = ["OWNER", "OWNER_AND_READERS", "make_private", "restrict", "warn_if_open"]

#: For what a program alone reads and writes.
OWNER: Final = 0o600

#: For what an administrator writes, and a server of another user reads through the file's group.
OWNER_AND_READERS: Final = 0o640

_POSIX: Final = os.name == "posix"


def make_private(path: Path, logger: Logger, allowed: int = OWNER) -> Path:
    """Make a file with mode 0600 if it is missing; take from one that is there what goes beyond the `allowed` mode.

    Returns the file itself, where `path` is a link. Raises OSError, and ConfigurationError as `restrict`.
    """
    path = Path(os.path.realpath(path))
    try:
        # O_EXCL, so that a file which is there is not opened: to close any descriptor of a SQLite file drops the locks
        # that this process holds on it (sqlite.org/howtocorrupt.html §2.2).
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER))
    except FileExistsError:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path)) from None
        restrict(path, logger, allowed)
    return path


def restrict(path: Path, logger: Logger, allowed: int = OWNER) -> None:
    """Take from a file's mode what goes beyond `allowed`, with a warning in the log; a missing file is left so.

    Raises OSError, and ConfigurationError if it is another user's file, whose mode only he may change.
    """
    loose = _loose_mode(path, allowed)
    if loose is None:
        return
    try:
        path.chmod(loose & allowed)
    except PermissionError:
        raise ConfigurationError(
            f"{path} has mode {loose:04o} and belongs to another user: let its owner run 'chmod {allowed:o} {path}'"
        ) from None
    logger.warning("%s had mode %04o, which let other users in: it is %04o now", path, loose, loose & allowed)


def warn_if_open(path: Path, logger: Logger) -> None:
    """Log a warning if every user of the machine may read a file, or its group write to it. It is not changed."""
    loose = _loose_mode(path, OWNER_AND_READERS)
    if loose is not None:
        logger.warning("%s has mode %04o, which lets other users in: run 'chmod 640 %s'", path, loose, path)


def _loose_mode(path: Path, allowed: int) -> int | None:
    """The mode of a regular file that gives group or others more than is allowed; None for all else."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    mode = stat.S_IMODE(status.st_mode)
    beyond = mode & ~allowed & (stat.S_IRWXG | stat.S_IRWXO)
    return mode if _POSIX and stat.S_ISREG(status.st_mode) and beyond else None
