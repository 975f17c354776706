"""When each user was logged out, in a SQL table: it stays known over restarts, and all workers know it.

One row a user, who is named by his userhash (RFC 7616 §3.4.4): so each row has the same size whatever the name is, no
collation makes two names one, and there is no name that a database cannot hold. Needs the extra `sql` and the driver
that the URL names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, String, Table, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.encoding import nfc
from digest_http.file_modes import OWNER_AND_READERS, make_private
from digest_http.forks import ForkAware
from digest_http.settings import refusal, text

from .sql import engine_of, file_of, forget_connections, logger

__all__ = ["SQLLogouts", "logouts_table"]

T = TypeVar("T")

DEFAULT_TABLE: Final = "digest_logouts"

_SHA256: Final = by_name("SHA-256")


def logouts_table(name: str = DEFAULT_TABLE) -> Table:
    """The table, for `create_all` and for migrations."""
    return Table(
        name,
        MetaData(),
        # H(user:realm) by SHA-256 in lower-case hex.
        Column("userhash", String(64), primary_key=True),
        # Microseconds since 1970: nonces that were issued until then are over.
        Column("since", BigInteger, nullable=False),
    )


class SQLLogouts(ForkAware):
    """Keeps logouts behind an engine, or a URL to make one from. `with_logouts` joins it to a source of users.

    A URL and an engine of create_async_engine() give something to await. An engine of create_engine() answers at once,
    as guards that block need it (WSGI). No query is made before the first question. Raises ConfigurationError for a
    setting that cannot work.
    """

    def __init__(self, engine: AsyncEngine | Engine | str, table: str = DEFAULT_TABLE) -> None:
        super().__init__()
        self.engine: Final = engine_of(engine) if isinstance(engine, str) else _checked(engine)
        if not text("table", table, example=DEFAULT_TABLE):
            raise refusal("table", table, f"the name of a table, for instance table={DEFAULT_TABLE!r}")
        self.table: Final = logouts_table(table)

    def logged_out(self, username: str, realm: str) -> int | Awaitable[int]:
        """See LogoutUsers.logged_out: one query."""
        return self._ask(partial(self._since, userhash=_userhash(username, realm)))

    def log_out(self, username: str, realm: str, now: int) -> Awaitable[None] | None:
        """See LogoutUsers.log_out: one transaction. An earlier time than the one that is kept changes nothing."""
        return self._ask(partial(self._keep, userhash=_userhash(username, realm), now=now))

    def create_table(self) -> Awaitable[None] | None:
        """Make the table if it is missing, and a file of SQLite's with mode 0600."""
        name = file_of(self.engine.url)
        if name is not None:
            make_private(Path(name), logger, OWNER_AND_READERS)
        return self._ask(self.table.metadata.create_all)

    def close(self) -> Awaitable[None] | None:
        """Give the connections back."""
        return self.engine.dispose()

    def after_fork_in_child(self) -> None:
        """See ForkAware: the connections are the parent's."""
        forget_connections(self.engine.sync_engine if isinstance(self.engine, AsyncEngine) else self.engine)

    def _since(self, connection: Connection, userhash: str) -> int:
        row = self.table.c
        since: int | None = connection.execute(select(row.since).where(row.userhash == userhash)).scalar()
        return since or 0

    def _keep(self, connection: Connection, userhash: str, now: int) -> None:
        row = self.table.c
        later = update(self.table).where(row.userhash == userhash, row.since < now).values(since=now)
        if connection.execute(later).rowcount or self._since(connection, userhash):
            return
        try:
            with connection.begin_nested():
                connection.execute(insert(self.table).values(userhash=userhash, since=now))
        except IntegrityError:
            # Another worker was quicker with the first row; whose time is later is to stand.
            connection.execute(later)

    def _ask(self, question: Callable[[Connection], T]) -> T | Awaitable[T]:
        if isinstance(self.engine, AsyncEngine):
            return _asked(self.engine, question)
        with self.engine.begin() as connection:
            return question(connection)

    def __repr__(self) -> str:
        # An engine's URL hides its password in text.
        return f"<SQLLogouts {self.engine.url!r}, table {self.table.name!r}>"


async def _asked(engine: AsyncEngine, question: Callable[[Connection], T]) -> T:
    async with engine.begin() as connection:
        return await connection.run_sync(question)


def _userhash(username: str, realm: str) -> str:
    # A surrogate, which no text should have, is no reason to keep nothing.
    octets = (nfc(each).encode("utf-8", "surrogatepass") for each in (username, realm))
    return calculation.userhash(_SHA256, *octets).decode()


def _checked(engine: object) -> AsyncEngine | Engine:
    if isinstance(engine, AsyncEngine | Engine):
        return engine
    raise refusal(
        "engine",
        engine,
        "a URL, for instance 'sqlite:///users.db', or an engine of create_async_engine() or create_engine()",
    )
