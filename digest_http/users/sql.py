"""Users in a SQL table, through SQLAlchemy's asyncio engine: SQLite in a file, PostgreSQL, and what else it speaks.

One row a user, realm and hash. The userhash (RFC 7616 §3.4.4) is stored with it and indexed, since it cannot be
computed by the database. Needs the extra `sql` and the driver that the URL names.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import Column, Index, LargeBinary, MetaData, String, Table, delete, insert, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from digest_http import calculation
from digest_http.algorithms import Algorithm, by_name
from digest_http.encoding import text_to_octets
from digest_http.errors import ConfigurationError
from digest_http.file_modes import OWNER_AND_READERS, make_private, warn_if_open
from digest_http.secrecy import HoldsSecrets

__all__ = ["SQLUsers", "engine_of", "users_table"]

logger: Final = logging.getLogger("digest_http.users")

#: What a plain scheme means here: the drivers SQLAlchemy takes by default cannot await.
_ASYNCHRONOUS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "mysql": "mysql+asyncmy"}

DEFAULT_TABLE: Final = "digest_users"


def users_table(name: str = DEFAULT_TABLE) -> Table:
    """The table, for `create_all` and for migrations."""
    return Table(
        name,
        MetaData(),
        Column("username", String(255), primary_key=True),
        Column("realm", String(255), primary_key=True),
        # RFC 7616's name without -sess.
        Column("algorithm", String(16), primary_key=True),
        # Octets, so that no collation makes two hashes equal, in lower-case hex.
        Column("ha1", LargeBinary(64), nullable=False),
        Column("userhash", LargeBinary(64), nullable=False),
        Index(f"ix_{name}_userhash", "userhash", "realm", "algorithm", unique=True),
    )


def engine_of(url: str) -> AsyncEngine:
    """An engine for a URL; `sqlite://` and `postgresql://` mean their asyncio drivers. Raises ConfigurationError."""
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=_ASYNCHRONOUS.get(parsed.drivername, parsed.drivername))
        # pre_ping: a connection that died with the server is replaced and not handed out.
        return create_async_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError):
        raise ConfigurationError(
            "this is no URL of users: give 'htdigest:///file' or one of SQLAlchemy's, as 'sqlite:///users.db'"
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"the driver of this database is missing: pip install {error.name}") from error


class SQLUsers(HoldsSecrets):
    """Users behind an engine, or a URL to make one from. No query is made before the first look-up."""

    def __init__(self, engine: AsyncEngine | str, table: str = DEFAULT_TABLE) -> None:
        self.engine: Final = engine_of(engine) if isinstance(engine, str) else engine
        self.table: Final = users_table(table)
        path = file_of(self.engine.url)
        if path is not None:
            warn_if_open(Path(path), logger)

    async def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | None:
        """See Users.ha1."""
        row = self.table.c
        query = select(row.username, row.ha1).where(
            row.username == username, row.realm == realm, row.algorithm == algorithm.base
        )
        async with self.engine.connect() as connection:
            found = (await connection.execute(query)).first()
        # A database may find Alice for ALICE by its collation; H(A1) would not fit her and a lockout would miss her.
        return bytes(found.ha1) if found is not None and found.username == username else None

    async def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | None:
        """See UsersByHash.by_userhash."""
        row = self.table.c
        query = select(row.username).where(
            row.userhash == userhash, row.realm == realm, row.algorithm == algorithm.base
        )
        async with self.engine.connect() as connection:
            name: str | None = (await connection.execute(query)).scalar_one_or_none()
        return name

    async def create_table(self) -> None:
        """Make the table if it is missing, and a file of SQLite's with mode 0600.

        A file that is there keeps no more than 0640. Raises ConfigurationError if that is for another user to change.
        """
        path = file_of(self.engine.url)
        if path is not None:
            make_private(Path(path), logger, OWNER_AND_READERS)
        async with self.engine.begin() as connection:
            await connection.run_sync(self.table.metadata.create_all)

    async def replace(self, username: str, realm: str, hashes: Mapping[str, bytes]) -> None:
        """Set H(A1) in hex for each hash named, in one transaction; others of this user stay."""
        name, place = text_to_octets(username), text_to_octets(realm)
        row = self.table.c
        async with self.engine.begin() as connection:
            for base, ha1 in hashes.items():
                one = (row.username == username, row.realm == realm, row.algorithm == base)
                await connection.execute(delete(self.table).where(*one))
                await connection.execute(
                    insert(self.table).values(
                        username=username,
                        realm=realm,
                        algorithm=base,
                        ha1=ha1,
                        userhash=calculation.userhash(by_name(base), name, place),
                    )
                )

    async def delete(self, username: str, realm: str) -> int:
        """Take all rows of a user in a realm out; how many there were."""
        row = self.table.c
        async with self.engine.begin() as connection:
            done = await connection.execute(delete(self.table).where(row.username == username, row.realm == realm))
        return done.rowcount

    async def entries(self) -> list[tuple[str, str, str, bytes]]:
        """(username, realm, hash, H(A1)) of all rows, in order."""
        row = self.table.c
        query = select(row.username, row.realm, row.algorithm, row.ha1).order_by(row.realm, row.username, row.algorithm)
        async with self.engine.connect() as connection:
            return [(user, realm, base, bytes(ha1)) for user, realm, base, ha1 in await connection.execute(query)]

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()

    def __repr__(self) -> str:
        # An engine's URL hides its password in text.
        return f"<SQLUsers {self.engine.url!r}, table {self.table.name!r}>"


def file_of(url: URL) -> str | None:
    """The file of a SQLite database; None for one in memory, and for other databases."""
    name = url.database
    if url.get_backend_name() != "sqlite" or name in {None, "", ":memory:"}:
        return None
    if not str(name).startswith("file:"):
        return name
    # sqlite.org/uri.html, which the driver reads with ?uri=true.
    path = unquote(urlsplit(str(name)).path)
    return None if url.query.get("mode") in {"memory", "ro"} or path in {"", ":memory:"} else path
