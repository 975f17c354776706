"""What the commands do with users. It is the same for an htdigest file and for a table in a database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.file_modes import OWNER_AND_READERS, restrict
from digest_http.setting_urls import parts_of, query_of
from digest_http.users import htdigest_edit
from digest_http.users.htdigest_lines import Entry
from digest_http.users.urls import htdigest_file

if TYPE_CHECKING:  # needs an extra
    from digest_http.users.sql import SQLUsers

__all__ = ["Source", "by_user", "open_source"]

logger: Final = logging.getLogger("digest_http.users")

T = TypeVar("T")


def _nothing(stored: int) -> None:
    """Do nothing: nobody wants to know."""


class Source(Protocol):
    """Users that can be changed. Every call raises ConfigurationError if the source is missing."""

    def entries(self) -> list[Entry]:
        """All entries; names and realms are in Normalization Form C, whatever form is stored."""
        ...

    def replace(
        self, entries: Sequence[Entry], *, whole: bool = False, stored: Callable[[int], object] = _nothing
    ) -> None:
        """Put entries in place of those with the same user, realm and hash, or beside them, all in one step.

        `whole`: other hashes of these users are deleted. `stored` is called with the number of entries written so far,
        each time that some were written.
        """
        ...

    def delete(self, user: str, realm: str) -> int:
        """Delete a user from a realm; returns how many entries the user had."""
        ...


def open_source(users: str, *, create: bool = False) -> Source:
    """Open a path, which is an htdigest file, or a URL. `create`: make it if it is missing.

    Raises ConfigurationError.
    """
    if "://" not in users:
        return FileSource(Path(users), create=create)
    parts = parts_of("users", users, "write a path, 'htdigest:///file', or 'sqlite:///users.db'")
    if parts.scheme == "htdigest":
        settings = query_of("users", parts)
        settings.pop("cache", None)  # the URL may be the one of a server
        return FileSource(Path(htdigest_file(users, settings)), create=create)
    return DatabaseSource(users, create=create)


def by_user(entries: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """The entries of each (realm, user), in order of both."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.realm, entry.user, entry.hash)):
        found.setdefault((entry.realm, entry.user), []).append(entry)
    return found


class FileSource:
    """An htdigest file."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self._path: Final = path
        self._create: Final = create

    def entries(self) -> list[Entry]:
        """See Source.entries; none if the file is still to be made."""
        return htdigest_edit.entries_in(self._path) if self._there() else []

    def replace(
        self, entries: Sequence[Entry], *, whole: bool = False, stored: Callable[[int], object] = _nothing
    ) -> None:
        """See Source.replace: the file is written once, whole."""
        self._there()
        htdigest_edit.replace(self._path, entries, make=self._create, whole=whole)
        stored(len(entries))

    def delete(self, user: str, realm: str) -> int:
        """See Source.delete."""
        self._there()
        return htdigest_edit.delete(self._path, user, realm)

    def _there(self) -> bool:
        if self._path.exists():
            return True
        if not self._create:
            raise ConfigurationError(_missing(f"file {str(self._path)!r}"))
        return False


class DatabaseSource:
    """A table in a database."""

    def __init__(self, url: str, *, create: bool) -> None:
        try:
            from digest_http.users.sql import SQLUsers  # noqa: PLC0415 - only this needs the extra
        except ModuleNotFoundError as error:
            raise ConfigurationError("users in a database need SQLAlchemy: pip install 'digest-http[sql]'") from error
        base, _, query = url.partition("?table=")
        self._users: Final = SQLUsers(base, query) if query else SQLUsers(url)
        self._create: Final = create

    def entries(self) -> list[Entry]:
        """See Source.entries. Two rows that are one user in two Unicode forms make two entries."""
        rows = self._do(lambda users: users.entries())
        return [Entry(nfc(user), nfc(realm), base, ha1.decode()) for user, realm, base, ha1 in rows]

    def replace(
        self, entries: Sequence[Entry], *, whole: bool = False, stored: Callable[[int], object] = _nothing
    ) -> None:
        """See Source.replace: one transaction."""
        rows = [
            (user, realm, {entry.hash: entry.ha1.encode() for entry in found})
            for (realm, user), found in by_user(entries).items()
        ]
        self._restrict()
        self._do(lambda users: users.replace_all(rows, whole=whole, stored=stored))

    def delete(self, user: str, realm: str) -> int:
        """See Source.delete."""
        self._restrict()
        return self._do(lambda users: users.delete(user, realm))

    def _restrict(self) -> None:
        if self._users.file is not None:
            restrict(self._users.file, logger, OWNER_AND_READERS)

    def _do(self, action: Callable[[SQLUsers], Awaitable[T]]) -> T:
        users = self._users

        async def done() -> T:
            try:
                if self._create:
                    await users.create_table()
                # A driver makes a missing file when it opens it, so the check comes first.
                elif users.file is not None and not users.file.exists():
                    raise ConfigurationError(_missing(f"file {str(users.file)!r}"))
                elif not await users.has_table():
                    raise ConfigurationError(_missing(f"table {users.table.name!r} in the database"))
                return await action(users)
            finally:
                await users.close()

        return asyncio.run(done())


def _missing(what: str) -> str:
    return f"there is no {what}; 'user add' and 'user import' make it with --create"
