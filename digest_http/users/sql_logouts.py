"""When each user was logged out, in a SQL table: it stays known over restarts, and all workers know it.

One row a user, who is named by his userhash (RFC 7616 §3.4.4): so each row has the same size whatever the name is, no
collation makes two names one, and there is no name that a database cannot hold. Needs the extra `sql` and the driver
that the URL names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, String, Table, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.encoding import nfc
from digest_http.errors import SourceUnavailable
from digest_http.file_modes import OWNER_AND_READERS, make_private
from digest_http.forks import ForkAware
from digest_http.settings import refusal, text

from .sql import engine_of, file_of, follow_file, forget_connections, logger

__all__ = ["BlockingSQLLogouts", "SQLLogouts", "logouts_table"]

DEFAULT_TABLE: Final = "digest_logouts"

_SHA256: Final = by_name("SHA-256")

#: Transactions for one logout: each meets one that another worker has made meanwhile, which are few.
TRIES: Final = 10

#: "Serialization failure" and "deadlock", as PostgreSQL (SQLSTATE) and MySQL call them: the same again may work.
_AGAIN: Final = {"40001", "40P01", 1213}


def logouts_table(name: str = DEFAULT_TABLE) -> Table:
    """The table, for `create_all` and for migrations."""
    return Table(
        name,
        MetaData(),
        # H(user:realm) by SHA-256 in lower-case hex.
        Column("userhash", String(64), primary_key=True),
        # Microseconds since 1970, whichever clock the nonces are on: those that were issued until then are over.
        Column("since", BigInteger, nullable=False),
    )


class _Logouts(ForkAware):
    """The table and its two questions, for an engine of either kind."""

    def __init__(self, engine: AsyncEngine | Engine, table: str) -> None:
        self._plain: Final = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
        if not text("table", table, example=DEFAULT_TABLE):
            raise refusal("table", table, f"the name of a table, for instance table={DEFAULT_TABLE!r}")
        self.table: Final = logouts_table(table)
        follow_file(self._plain)
        super().__init__()

    def after_fork_in_child(self) -> None:
        """See ForkAware: the connections are the parent's."""
        forget_connections(self._plain)

    def __repr__(self) -> str:
        # An engine's URL hides its password in text.
        return f"<{type(self).__name__} {self._plain.url!r}, table {self.table.name!r}>"

    def _make_private(self) -> None:
        name = file_of(self._plain.url)
        if name is not None:
            make_private(Path(name), logger, OWNER_AND_READERS)

    def _since(self, connection: Connection, userhash: str) -> int | None:
        row = self.table.c
        since: int | None = connection.execute(select(row.since).where(row.userhash == userhash)).scalar()
        return since

    def _keep(self, connection: Connection, userhash: str, now: int) -> bool:
        """Keep a time, unless a later one is kept already. False: another worker was in the way, so try it again.

        Raises IntegrityError if another worker has made the row: a transaction may go on not to show it.
        """
        row = self.table.c
        later = update(self.table).where(row.userhash == userhash, row.since < now).values(since=now)
        if connection.execute(later).rowcount:
            return True
        since = self._since(connection, userhash)
        if since is None:
            connection.execute(insert(self.table).values(userhash=userhash, since=now))
        # A row with an earlier time has come after the first statement.
        return since is None or since >= now


class SQLLogouts(_Logouts):
    """Keeps logouts behind an asyncio engine, or a URL to make one from. `with_logouts` joins it to users.

    No query is made before the first question. Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(self, engine: AsyncEngine | str, table: str = DEFAULT_TABLE) -> None:
        self.engine: Final = engine_of(engine) if isinstance(engine, str) else _awaiting(engine)
        super().__init__(self.engine, table)

    async def logged_out(self, username: str, realm: str) -> int:
        """See LogoutUsers.logged_out: one query."""
        async with self.engine.connect() as connection:
            return await connection.run_sync(self._since, _userhash(username, realm)) or 0

    async def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers.log_out: one transaction, or more if other workers are in the way of it."""
        for _ in range(TRIES):
            try:
                async with self.engine.begin() as connection:
                    if await connection.run_sync(self._keep, _userhash(username, realm), now):
                        return
            except DBAPIError as error:
                if not _may_work_again(error):
                    raise
        raise _not_kept()

    async def create_table(self) -> None:
        """Make the table if it is missing, and a file of SQLite's with mode 0600."""
        self._make_private()
        async with self.engine.begin() as connection:
            await connection.run_sync(self.table.metadata.create_all)

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()


class BlockingSQLLogouts(_Logouts):
    """The same behind an engine of create_engine(), for guards that block: WSGI."""

    def __init__(self, engine: Engine, table: str = DEFAULT_TABLE) -> None:
        self.engine: Final = _blocking(engine)
        super().__init__(self.engine, table)

    def logged_out(self, username: str, realm: str) -> int:
        """See LogoutUsers.logged_out: one query."""
        with self.engine.connect() as connection:
            return self._since(connection, _userhash(username, realm)) or 0

    def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers.log_out: one transaction, or more if other workers are in the way of it."""
        for _ in range(TRIES):
            try:
                with self.engine.begin() as connection:
                    if self._keep(connection, _userhash(username, realm), now):
                        return
            except DBAPIError as error:
                if not _may_work_again(error):
                    raise
        raise _not_kept()

    def create_table(self) -> None:
        """Make the table if it is missing, and a file of SQLite's with mode 0600."""
        self._make_private()
        with self.engine.begin() as connection:
            self.table.metadata.create_all(connection)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _userhash(username: str, realm: str) -> str:
    # A surrogate, which no text should have, is no reason to keep nothing.
    octets = (nfc(each).encode("utf-8", "surrogatepass") for each in (username, realm))
    return calculation.userhash(_SHA256, *octets).decode()


def _may_work_again(error: DBAPIError) -> bool:
    if isinstance(error, IntegrityError):
        return True
    cause: Any = error.orig
    # Each driver has its own name for it.
    codes = {getattr(cause, "sqlstate", None), getattr(cause, "pgcode", None), *getattr(cause, "args", ())[:1]}
    return not codes.isdisjoint(_AGAIN)


def _not_kept() -> SourceUnavailable:
    return SourceUnavailable("The logout could not be kept; try again later", reason="users-down")


def _awaiting(engine: object) -> AsyncEngine:
    if isinstance(engine, AsyncEngine):
        return engine
    wanted = "a URL, for instance 'sqlite:///users.db', or an engine of create_async_engine()"
    if isinstance(engine, Engine):
        wanted += "; for one of create_engine() there is BlockingSQLLogouts"
    raise refusal("engine", engine, wanted)


def _blocking(engine: object) -> Engine:
    if isinstance(engine, Engine):
        return engine
    raise refusal("engine", engine, "an engine of create_engine(); for others and for URLs there is SQLLogouts")
