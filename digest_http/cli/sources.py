"""What the commands do to users, the same for an htdigest file and a table in a database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.users import htdigest_edit
from digest_http.users.htdigest_lines import Entry

if TYPE_CHECKING:  # needs an extra
    from digest_http.users.sql import SQLUsers

__all__ = ["Source", "open_source"]

T = TypeVar("T")


class Source(Protocol):
    """Users that can be changed."""

    def entries(self) -> list[Entry]:
        """All there are; names and realms in Normalization Form C, however they are stored."""
        ...

    def replace(self, user: str, realm: str, hashes: Mapping[str, str]) -> None:
        """Set H(A1) in hex for each hash named; others of the user stay."""
        ...

    def delete(self, user: str, realm: str) -> int:
        """Take a user out of a realm; how many entries there were."""
        ...


def open_source(users: str) -> Source:
    """From a path, which is an htdigest file, or a URL. Raises ConfigurationError."""
    if "://" not in users:
        return FileSource(Path(users))
    parts = urlsplit(users)
    if parts.scheme == "htdigest":
        return FileSource(Path(unquote(parts.path.removeprefix("/"))))
    return DatabaseSource(users)


class FileSource:
    """An htdigest file."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path

    def entries(self) -> list[Entry]:
        """See Source.entries; none in a file that is not there yet."""
        return htdigest_edit.entries_in(self._path) if self._path.exists() else []

    def replace(self, user: str, realm: str, hashes: Mapping[str, str]) -> None:
        """See Source.replace."""
        entries = [Entry(user, realm, base, ha1) for base, ha1 in hashes.items()]
        htdigest_edit.replace(self._path, entries, make=True)

    def delete(self, user: str, realm: str) -> int:
        """See Source.delete."""
        return htdigest_edit.delete(self._path, user, realm)


class DatabaseSource:
    """A table, which is made if it is missing."""

    def __init__(self, url: str) -> None:
        try:
            from digest_http.users.sql import SQLUsers  # noqa: PLC0415 - only this needs the extra
        except ModuleNotFoundError as error:
            raise ConfigurationError("users in a database need SQLAlchemy: pip install 'digest-http[sql]'") from error
        base, _, query = url.partition("?table=")
        self._users: Final = SQLUsers(base, query) if query else SQLUsers(url)

    def entries(self) -> list[Entry]:
        """See Source.entries. Two rows that are one user in two Unicode forms make two entries."""
        rows = self._do(lambda users: users.entries())
        return [Entry(nfc(user), nfc(realm), base, ha1.decode()) for user, realm, base, ha1 in rows]

    def replace(self, user: str, realm: str, hashes: Mapping[str, str]) -> None:
        """See Source.replace."""
        self._do(lambda users: users.replace(user, realm, {base: ha1.encode() for base, ha1 in hashes.items()}))

    def delete(self, user: str, realm: str) -> int:
        """See Source.delete."""
        return self._do(lambda users: users.delete(user, realm))

    def _do(self, action: Callable[[SQLUsers], Awaitable[T]]) -> T:
        async def done() -> T:
            try:
                await self._users.create_table()
                return await action(self._users)
            finally:
                await self._users.close()

        return asyncio.run(done())
