"""Users from an htdigest file: Apache's `user:realm:H(A1)` lines, and a marked form of them for the SHA hashes.

    line     = user ":" realm ":" [ hash ":" ] ha1
    hash     = "SHA-256" / "SHA-512-256"

Without a hash the line is Apache's own and ha1 is MD5's, 32 hex digits. H(A1) of either SHA hash is 64 hex digits long,
so they are told apart by name. Empty lines and lines that begin with "#" are skipped. A server that knows only Apache's
form takes the whole rest for H(A1) and so lets nobody in by a marked line.

The file is looked at, at most once a second, when a user is asked for. If it changed, a thread reads it while the old
table goes on answering; a file that cannot be read or has a broken line keeps the old table, and the log says why.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock, Thread
from typing import Final

from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.file_modes import warn_if_open
from digest_http.file_versions import FileVersion
from digest_http.forks import ForkAware
from digest_http.httpauth.protocols import HashCounts
from digest_http.names import realm_name, user_name
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import file_path, function

from . import htdigest_edit
from .browser_names import warn_of_names
from .htdigest_lines import Entry, parse
from .passwords import hashes_of
from .tables import Table

__all__ = ["HtdigestUsers"]

logger: Final = logging.getLogger("digest_http.users")

#: Seconds between two looks at the file: no look-up waits for a disk, no changed password waits long.
LOOK_EVERY: Final = 1.0


class HtdigestUsers(ForkAware, HoldsSecrets):
    """The users of one realm in an htdigest file, found in whichever Unicode form their names are spelt.

    Raises ConfigurationError if the file is unusable at the start.
    """

    def __init__(
        self, path: str | os.PathLike[str], realm: str, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.path: Final = Path(file_path("path", path, example="/etc/app/users")).absolute()
        self._realm: Final = realm_name(realm)
        self._seconds: Final = function("seconds", seconds, 0, example="time.monotonic")
        self._next_look = seconds() + LOOK_EVERY
        self._lock = Lock()
        self._reader: Thread | None = None
        self._version: Final = FileVersion(self.path)
        self._trouble = ""  # the last that the log was told of
        try:
            self._version.has_changed()
            self._table = self._read()
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"the users in {self.path} cannot be read: {error}") from error
        self._told = self._warn_of_names(0)
        if not len(self._table):
            logger.warning("%s has no user of the realm %r", self.path, self._realm)
        super().__init__()

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | None:
        """See Users.ha1."""
        self._look()
        return self._table.ha1(nfc(username), algorithm) if nfc(realm) == self._realm else None

    def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | None:
        """See UsersByHash.by_userhash."""
        self._look()
        return self._table.by_userhash(userhash, algorithm) if nfc(realm) == self._realm else None

    def count_hashes(self, realm: str) -> HashCounts | None:
        """See CountedUsers.count_hashes: what stands in the file, as it is now."""
        self._look()
        return self._table.counts if nfc(realm) == self._realm else None

    def set(self, username: str, password: str) -> None:
        """Add a user or change the password, in the file and here. Other processes see it within a second.

        H(A1) is written for the hashes that the users of the realm have, SHA-256 and MD5 for the first. Raises
        ConfigurationError for a name or password that cannot be one, OSError or ValueError for the file.
        """
        name = user_name(username)
        known = (entry.hash for entry in htdigest_edit.entries_in(self.path) if entry.realm == self._realm)
        made = hashes_of(name, self._realm, password, known)
        htdigest_edit.replace(self.path, [Entry(name, self._realm, base, ha1) for base, ha1 in made.items()])
        self._read_now()

    def delete(self, username: str) -> bool:
        """Take a user out, of the file and here; whether there was one. Raises OSError or ValueError."""
        gone = htdigest_edit.delete(self.path, username, self._realm)
        self._read_now()
        return gone > 0

    def list(self) -> list[str]:
        """The names of all users, in Normalization Form C, in order, as they stand in the file now.

        Raises OSError or ValueError.
        """
        return sorted({entry.user for entry in htdigest_edit.entries_in(self.path) if entry.realm == self._realm})

    def _read_now(self) -> None:
        with self._lock:
            # A thread that is reading what was there before must not come after us.
            if self._reader is not None and self._reader.is_alive():
                self._reader.join()
            self._version.has_changed()
            self._table = self._read()

    def _look(self) -> None:
        """Start reading the file anew if it has changed."""
        present = self._seconds()
        if present < self._next_look:
            return
        with self._lock:
            if present < self._next_look or (self._reader is not None and self._reader.is_alive()):
                return
            self._next_look = present + LOOK_EVERY
            try:
                changed = self._version.has_changed()
            except OSError as error:
                # In the middle of being replaced, or gone for good: those who could log in a moment ago still can.
                self._keep_previous("cannot be read", error)
                return
            if changed:
                self._reader = Thread(target=self._reload, name="htdigest", daemon=True)
                self._reader.start()

    def _reload(self) -> None:
        try:
            self._table = self._read()
        except OSError as error:
            # Whoever takes a user out counts on it: what nobody could read now is read as soon as one can.
            self._version.forget()
            self._keep_previous("cannot be read", error)
        except ValueError as error:
            self._keep_previous("is not usable", error)
        else:
            self._trouble = ""
            self._told = self._warn_of_names(self._told)
            logger.info("%s was read again: %d users", self.path, len(self._table))

    def _keep_previous(self, what: str, error: OSError | ValueError) -> None:
        """Say so in the log, once for as long as it is the same."""
        if str(error) != self._trouble:
            self._trouble = str(error)
            logger.error("%s %s, keeping the previous users: %s", self.path, what, error)

    def _warn_of_names(self, told: int) -> int:
        return warn_of_names(self._table.names, str(self.path), logger, told=told)

    def after_fork_in_child(self) -> None:
        """See ForkAware. A thread that read the file was not copied, and no more is what it would have found."""
        self._lock = Lock()
        self._reader = None
        self._version.forget()

    def _read(self) -> Table:
        warn_if_open(self.path, logger)
        return Table(self._realm, self._of_realm(parse(self.path.read_bytes())))

    def _of_realm(self, entries: Mapping[tuple[str, str, str], Entry]) -> Iterable[Entry]:
        return [entry for entry in entries.values() if entry.realm == self._realm]

    def __repr__(self) -> str:
        return f"<HtdigestUsers {str(self.path)!r}, realm {self._realm!r}>"
