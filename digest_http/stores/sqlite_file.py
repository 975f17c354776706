"""The file of the SQLite store: its tables, and the epoch that names how long its memory goes back.

Counts may be lost in three ways, and each begins a new epoch, after which all nonces of the old one are FORGOTTEN:

* The file is new.
* The machine was started again since it was written. WAL with synchronous=NORMAL spares each commit its fsync, and so
  may lose the last ones when the power fails (sqlite.org, "PRAGMA synchronous"). A killed process loses nothing.
* It is a copy, or it was moved. A copy goes on from what the other one had, beside it or behind it; and a file that
  leaves its log behind has lost what stands there (sqlite.org/howtocorrupt.html §1.4).

The tables of each layout have names of their own and epochs of their own. So a worker of an older version that still
runs never takes a row of ours for one of its own, nor we one of its.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from digest_http.errors import ConfigurationError
from digest_http.file_modes import make_private, restrict

from .epochs import new_epoch

__all__ = ["begin_epoch", "connect", "is_busy"]

#: Marks the file as ours (sqlite.org/fileformat.html §1.3.15), so that a slip in a setting spoils no other database.
APPLICATION_ID: Final = int.from_bytes(b"dGnc")

#: The layout of what is written, kept as user_version (sqlite.org/fileformat.html §1.3.14); it changes whenever a row
#: comes to mean something else, and the names of the tables with it. Layout 0 had tables `counts` and `life`. Places
#: (httpauth.sequence) needed no new one: who knows of none finds no count good in a state that has some.
LAYOUT: Final = 1

_DROP_OLDER: Final = ("DROP TABLE IF EXISTS counts", "DROP TABLE IF EXISTS life", f"PRAGMA user_version = {LAYOUT}")

#: Seconds to wait for other workers that open the file in the same moment.
OPENING: Final = 5.0

logger: Final = logging.getLogger("digest_http.stores")

#: What SQLite puts beside a database (sqlite.org/tempfiles.html §2).
_SIDE_FILES: Final = ("-wal", "-shm", "-journal")

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

_SETTINGS: Final = (
    # A step writes one page to the log, so small pages make short writes. It counts for new files only.
    "PRAGMA page_size = 1024",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    # Pages of log before it is carried over to the file with fsync: 4 MB, some thousand steps.
    "PRAGMA wal_autocheckpoint = 4000",
)

_TABLES: Final = (
    f"PRAGMA application_id = {APPLICATION_ID}",
    # The id begins with the time of issue, so that the primary key is the order in which nonces die.
    "CREATE TABLE IF NOT EXISTS states (id BLOB PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID",
    # boot: the run of the machine, and which file this was when the epoch began (_origin).
    # floor: the latest issue, in microseconds, of a nonce that was dropped. longest: the longest lifetime of those who
    # count here, and when a nonce of it was last begun (asked). live: the nonces that are kept.
    (
        "CREATE TABLE IF NOT EXISTS memory (one INTEGER PRIMARY KEY CHECK (one = 1), epoch BLOB NOT NULL,"
        " boot TEXT NOT NULL, floor INTEGER NOT NULL, longest INTEGER NOT NULL, asked INTEGER NOT NULL,"
        " live INTEGER NOT NULL)"
    ),
)


def connect(path: Path) -> tuple[sqlite3.Connection, bytes]:
    """Open the file, making it if need be, and say which epoch it is in. The connection never waits for a lock.

    A file that others may read or write is taken from them, which the log (`digest_http.stores`) says. Raises
    sqlite3.Error or OSError, and ConfigurationError if the file belongs to another user who lets others in, or is a
    database of another program.
    """
    # Whoever writes this file can undo a count: for the owner only. SQLite gives the side files it makes the same mode.
    file = make_private(path, logger)
    for ending in _SIDE_FILES:
        restrict(file.with_name(file.name + ending), logger)
    connection = sqlite3.connect(path, timeout=OPENING, isolation_level=None, check_same_thread=False)
    try:
        epoch = _prepare(connection, file)
        connection.execute("PRAGMA busy_timeout = 0")
    except BaseException:
        connection.close()
        raise
    return connection, epoch


def begin_epoch(connection: sqlite3.Connection) -> bytes:
    """Forget all counts, inside the caller's transaction."""
    epoch = new_epoch()
    connection.execute("DELETE FROM states")
    connection.execute("UPDATE memory SET epoch = ?, floor = 0, longest = 0, asked = 0, live = 0", (epoch,))
    return epoch


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another connection holds the lock, so that trying again helps."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _prepare(connection: sqlite3.Connection, path: Path) -> bytes:
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if objects and owner != APPLICATION_ID:
        raise ConfigurationError(f"{path} is a database of another program: name a file for nonce counts alone")
    deadline = time.monotonic() + OPENING
    for setting in _SETTINGS:
        _patiently(connection, setting, deadline)
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES:
        connection.execute(statement)
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout < LAYOUT:
        for statement in _DROP_OLDER:
            connection.execute(statement)
    # The file is open by now: another one that takes its place meanwhile is another origin.
    origin = _origin(path)
    row = connection.execute("SELECT epoch, boot FROM memory").fetchone()
    if row is None or row[1] != origin:
        connection.execute("INSERT OR REPLACE INTO memory VALUES (1, x'', ?, 0, 0, 0, 0)", (origin,))
        epoch = begin_epoch(connection)
    else:
        epoch = row[0]
    connection.execute("COMMIT")
    return epoch


def _patiently(connection: sqlite3.Connection, statement: str, deadline: float) -> None:
    # The switch to WAL ignores the busy time-out when two connections make it at once.
    while True:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _origin(path: Path) -> str:
    """Names the run of the machine, the file, and its place: beside it stands its log."""
    file, folder = path.stat(), path.parent.stat()
    place = f"{folder.st_dev:x}:{folder.st_ino:x}/{os.fsencode(path.name).hex()}"
    return f"{_boot()} {file.st_dev:x}:{file.st_ino:x} {place}"


def _boot() -> str:
    """Names this run of the machine."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        # No system but Linux has it. The minute of the boot as the clock tells it now; a step of the clock makes it
        # look like another boot, which costs each client one more round trip.
        return f"minute {round((time.time() - time.monotonic()) / 60)}"
