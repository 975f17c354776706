"""Users in a SQL table, through SQLAlchemy's asyncio engine: SQLite in a file, PostgreSQL, and what else it speaks.

One row a user, realm and hash. The userhash (RFC 7616 §3.4.4) is stored with it and indexed, since it cannot be
computed by the database. Needs the extra `sql` and the driver that the URL names.

Names and realms are written in Normalization Form C. Rows that another program wrote in Form D are found as well; if
there are rows for both, neither counts, since nobody can say which one should. `replace` leaves one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
)
from sqlalchemy.dialects import mysql, oracle
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from digest_http import calculation
from digest_http.algorithms import Algorithm, available, by_name
from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.file_modes import OWNER_AND_READERS, make_private, warn_if_open
from digest_http.forks import ForkAware
from digest_http.httpauth.protocols import HashCounts
from digest_http.names import can_be_kept, realm_name, spellings, user_name
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import refusal, text

from .passwords import hashes_of
from .sqlite_swaps import follow

__all__ = ["SQLUsers", "engine_of", "users_table"]

logger: Final = logging.getLogger("digest_http.users")

#: What a plain scheme means here: the drivers SQLAlchemy takes by default cannot await.
_ASYNCHRONOUS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "mysql": "mysql+asyncmy"}

DEFAULT_TABLE: Final = "digest_users"

#: Characters of a name, and of a realm: more than people have, and what a key of every database can hold.
MAX_NAME: Final = 255


#: Octets of a hash in hex. Some databases make no index of what they call a BLOB.
_HEX: Final = (
    LargeBinary(64).with_variant(mysql.VARBINARY(64), "mysql", "mariadb").with_variant(oracle.RAW(64), "oracle")
)


def _nothing(stored: int) -> None:
    """Nobody looks on."""


def users_table(name: str = DEFAULT_TABLE) -> Table:
    """The table, for `create_all` and for migrations."""
    return Table(
        name,
        MetaData(),
        Column("username", String(MAX_NAME), primary_key=True),
        Column("realm", String(MAX_NAME), primary_key=True),
        # RFC 7616's name without -sess.
        Column("algorithm", String(16), primary_key=True),
        # Octets, so that no collation makes two hashes equal, in lower-case hex.
        Column("ha1", _HEX, nullable=False),
        Column("userhash", _HEX, nullable=False),
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
            "this is not a URL of users: give 'htdigest:///file' or one of SQLAlchemy's, as 'sqlite:///users.db'"
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"the driver of this database is missing: pip install {error.name}") from error


class SQLUsers(ForkAware, HoldsSecrets):
    """Users behind an engine, or a URL to make one from. No query is made before the first look-up.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(self, engine: AsyncEngine | str, table: str = DEFAULT_TABLE) -> None:
        self.engine: Final = engine_of(engine) if isinstance(engine, str) else _checked(engine)
        if not text("table", table, example=DEFAULT_TABLE):
            raise refusal("table", table, f"the name of a table, for instance table={DEFAULT_TABLE!r}")
        self.table: Final = users_table(table)
        if self.file is not None:
            warn_if_open(self.file, logger)
        follow_file(self.engine.sync_engine)
        super().__init__()

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None for one in memory, and for other databases."""
        name = file_of(self.engine.url)
        return None if name is None else Path(name)

    async def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | None:
        """See Users.ha1. A name that no database could hold is nobody's."""
        if not (can_be_kept(username) and can_be_kept(realm)):
            return None
        row = self.table.c
        username, realm = nfc(username), nfc(realm)
        query = select(row.username, row.realm, row.ha1).where(
            self._spelt(username, realm), row.algorithm == algorithm.base
        )
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        # A database may find Alice for ALICE by its collation; H(A1) would not fit her and a lockout would miss her.
        found = [bytes(one.ha1) for one in rows if (nfc(one.username), nfc(one.realm)) == (username, realm)]
        if len(found) > 1:
            logger.error(
                "%r has rows in two Unicode forms in the table %s, so this user cannot log in: "
                "set the password again with 'digest-http user passwd'",
                username,
                self.table.name,
            )
            return None
        return found[0] if found else None

    async def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | None:
        """See UsersByHash.by_userhash."""
        row = self.table.c
        query = select(row.username).where(
            row.userhash == userhash, row.realm.in_(spellings(realm)), row.algorithm == algorithm.base
        )
        async with self.engine.connect() as connection:
            names = {nfc(name) for name in (await connection.execute(query)).scalars()}
        return names.pop() if len(names) == 1 else None

    async def count_hashes(self, realm: str) -> HashCounts:
        """See CountedUsers.count_hashes: two queries that count the rows of a realm."""
        row = self.table.c
        here = row.realm.in_(spellings(realm))
        people = select(func.count(row.username.distinct())).where(here)
        hashes = select(row.algorithm, func.count().label("users")).where(here).group_by(row.algorithm)
        async with self.engine.connect() as connection:
            users = (await connection.execute(people)).scalar_one()
            rows = (await connection.execute(hashes)).all()
        return HashCounts(users, {row.algorithm: row.users for row in rows})

    async def create_table(self) -> None:
        """Make the table if it is missing, and a file of SQLite's with mode 0600.

        A file that is there keeps no more than 0640. Raises ConfigurationError if that is for another user to change.
        """
        if self.file is not None:
            make_private(self.file, logger, OWNER_AND_READERS)
        async with self.engine.begin() as connection:
            await connection.run_sync(self.table.metadata.create_all)

    async def has_table(self) -> bool:
        """Whether the table is there. A file of SQLite's that is missing is made by the question, and is empty."""
        async with self.engine.connect() as connection:
            return await connection.run_sync(lambda plain: inspect(plain).has_table(self.table.name))

    async def replace(self, username: str, realm: str, hashes: Mapping[str, bytes]) -> None:
        """Set H(A1) in hex for each hash named, in one transaction; others of this user stay.

        Rows of this user in another Unicode form give way too. Raises ConfigurationError for a name or realm that
        cannot be hashed so that it is told from others, or is longer than MAX_NAME.
        """
        await self.replace_all([(username, realm, hashes)])

    async def replace_all(
        self,
        users: Iterable[tuple[str, str, Mapping[str, bytes]]],
        *,
        whole: bool = False,
        stored: Callable[[int], object] = _nothing,
    ) -> None:
        """The same for many users, as (username, realm, hashes), in one transaction: all are stored, or none.

        `whole`: other hashes of these users go. `stored` is called with the number of hashes that are written so far.
        """
        checked = [
            (_fitting("username", user_name(name)), _fitting("realm", realm_name(realm)), hashes)
            for name, realm, hashes in users
            if hashes
        ]
        every = {algorithm.base for algorithm in available()}
        done = 0
        async with self.engine.begin() as connection:
            for name, realm, hashes in checked:
                await self._delete(connection, name, realm, every if whole else set(hashes))
                await connection.execute(
                    insert(self.table),
                    [
                        {
                            "username": name,
                            "realm": realm,
                            "algorithm": base,
                            "ha1": ha1,
                            "userhash": calculation.userhash(by_name(base), name.encode(), realm.encode()),
                        }
                        for base, ha1 in hashes.items()
                    ],
                )
                done += len(hashes)
                stored(done)

    async def set(self, username: str, realm: str, password: str) -> None:
        """Add a user or change the password, in one transaction.

        H(A1) is written for the hashes that the users of the realm have, SHA-256 and MD5 for the first. Raises
        ConfigurationError for a name, realm or password that cannot be one.
        """
        name, place = user_name(username), realm_name(realm)
        known = (await self.count_hashes(place)).having
        made = hashes_of(name, place, password, known)
        await self.replace(name, place, {base: ha1.encode() for base, ha1 in made.items()})

    async def delete(self, username: str, realm: str) -> int:
        """Take all rows of a user in a realm out, in whichever Unicode form; how many there were."""
        if not (can_be_kept(username) and can_be_kept(realm)):
            return 0
        async with self.engine.begin() as connection:
            return await self._delete(connection, username, realm, [algorithm.base for algorithm in available()])

    async def entries(self) -> list[tuple[str, str, str, bytes]]:
        """(username, realm, hash, H(A1)) of all rows, as they stand there, in order."""
        row = self.table.c
        query = select(row.username, row.realm, row.algorithm, row.ha1).order_by(row.realm, row.username, row.algorithm)
        async with self.engine.connect() as connection:
            return [(user, realm, base, bytes(ha1)) for user, realm, base, ha1 in await connection.execute(query)]

    async def list(self, realm: str) -> list[str]:
        """The names of all users of a realm, in Normalization Form C, in order."""
        row = self.table.c
        query = select(row.username).where(row.realm.in_(spellings(realm))).distinct()
        async with self.engine.connect() as connection:
            return sorted({nfc(name) for name in (await connection.execute(query)).scalars()})

    def _spelt(self, username: str, realm: str) -> ColumnElement[bool]:
        """The rows of a user in Form C or D; for most names that is one row a hash, found by the table's key."""
        row = self.table.c
        return and_(row.username.in_(spellings(username)), row.realm.in_(spellings(realm)))

    async def _delete(self, connection: AsyncConnection, username: str, realm: str, bases: Collection[str]) -> int:
        """Delete the rows of a user for these hashes in any Unicode form; how many there were."""
        row = self.table.c
        username, realm = nfc(username), nfc(realm)
        # The userhash was made of Form C, whatever form stands beside it.
        hashes = [
            calculation.userhash(algorithm, username.encode(), realm.encode())
            for algorithm in available()
            if algorithm.base in bases and not algorithm.session
        ]
        query = select(row.username, row.realm, row.algorithm).where(
            or_(self._spelt(username, realm), row.userhash.in_(hashes)), row.algorithm.in_(bases)
        )
        gone = 0
        for user, place, base in (await connection.execute(query)).all():
            if (nfc(user), nfc(place)) == (username, realm):
                one = (row.username == user, row.realm == place, row.algorithm == base)
                gone += (await connection.execute(delete(self.table).where(*one))).rowcount
        return gone

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()

    def after_fork_in_child(self) -> None:
        """See ForkAware: the connections are the parent's."""
        forget_connections(self.engine.sync_engine)

    def __repr__(self) -> str:
        # An engine's URL hides its password in text.
        return f"<SQLUsers {self.engine.url!r}, table {self.table.name!r}>"


def _fitting(setting: str, name: str) -> str:
    if len(name) > MAX_NAME:
        raise ConfigurationError(f"{setting} has {len(name)} characters; write one with {MAX_NAME} at most")
    return name


def forget_connections(engine: Engine) -> None:
    """In a child: leave the connections that were there before the fork to the parent, and begin with none."""
    engine.dispose(close=False)


def _checked(engine: object) -> AsyncEngine:
    if isinstance(engine, AsyncEngine):
        return engine
    raise refusal("engine", engine, "a URL, for instance 'sqlite:///users.db', or an engine of create_async_engine()")


def follow_file(engine: Engine) -> None:
    """Have another file in the place of a SQLite database read; see sqlite_swaps."""
    name = file_of(engine.url, writable=False)
    if name is not None:
        follow(engine, name)


def file_of(url: URL, *, writable: bool = True) -> str | None:
    """The file of a SQLite database; None for one in memory, and for other databases.

    `writable`: None also for one that is only read.
    """
    name = url.database
    if url.get_backend_name() != "sqlite" or name in {None, "", ":memory:"}:
        return None
    if not str(name).startswith("file:"):
        return name
    # sqlite.org/uri.html, which the driver reads with ?uri=true.
    path = unquote(urlsplit(str(name)).path)
    others = {"memory", "ro"} if writable else {"memory"}
    return None if url.query.get("mode") in others or path in {"", ":memory:"} else path
