"""A SQL table of who is logged in, one row a user, that many workers write to. Needs the extra `sql` and a driver.

A worker adds what it has seen to what a row has. No request is lost and none is counted twice: the worker reads a row,
and writes it only if nobody wrote it meanwhile (`version`). Many rows are one transaction, all of them or none. What is
counted twice is what a database has kept without being able to say so, as when it is cut off at that moment.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from digest_http.encoding import printable
from digest_http.errors import SourceUnavailable, caused
from digest_http.file_modes import OWNER_AND_READERS, make_private
from digest_http.settings import refusal, text
from digest_http.users.sql import MAX_NAME, file_of, forget_connections

from .presence import Presence, Seen
from .presence_rows import UserKey, kept, presence_of, stamp, together, userhash_of

__all__ = ["DEFAULT_TABLE", "PresenceTable", "presence_table"]

logger: Final = logging.getLogger("digest_http.middleware")

DEFAULT_TABLE: Final = "digest_logged_in"

#: Rows of one transaction: it holds its locks for a moment, and no statement has more parameters than a database takes.
ROWS_AT_ONCE: Final = 200

#: How often rows are read again that others wrote meanwhile. Then the next write has its turn.
TRIES: Final = 20

#: Characters of a database's own words that a log shows.
SHOWN: Final = 200

#: What a column of 64 bits with a sign holds.
VERSION_BITS: Final = 63


def presence_table(name: str = DEFAULT_TABLE) -> Table:
    """The table, for `create_all` and for migrations. Times are in microseconds since 1970."""
    return Table(
        name,
        MetaData(),
        # SHA-256 of realm and name in lower-case hex.
        Column("userhash", String(64), primary_key=True),
        # Drawn anew by each write: a row that was deleted and made again has another one too.
        Column("version", BigInteger, nullable=False),
        # UTF-8, MAX_NAME characters at most.
        Column("realm", LargeBinary(4 * MAX_NAME), nullable=False),
        Column("username", LargeBinary(4 * MAX_NAME), nullable=False),
        Column("client", LargeBinary(4 * MAX_NAME)),
        Column("first_seen", BigInteger, nullable=False),
        Column("last_seen", BigInteger, nullable=False, index=True),
        Column("requests", BigInteger, nullable=False),
        # JSON: by the number of a nonce, in hex, when it was first seen.
        Column("nonces", Text, nullable=False),
    )


class PresenceTable:
    """The rows, behind an engine of create_engine(). Each method blocks, and raises SourceUnavailable.

    `lifetime`: seconds. Raises ConfigurationError for an engine or a name that cannot work.
    """

    def __init__(self, engine: Engine, table: str, lifetime: float) -> None:
        wanted = "an engine of create_engine(), for instance create_engine('sqlite:///presence.db')"
        if not isinstance(engine, Engine):
            raise refusal("engine", engine, wanted)
        if engine.dialect.name == "sqlite" and file_of(engine.url) is None:
            # Each thread would have a database of its own.
            raise refusal("engine", engine, f"one that all workers can write to: {wanted}")
        self.engine: Final = engine
        if not text("table", table, example=DEFAULT_TABLE):
            raise refusal("table", table, f"the name of a table, for instance table={DEFAULT_TABLE!r}")
        self.table: Final = presence_table(table)
        self._lifetime: Final = stamp(lifetime)

    def create(self) -> None:
        """Make the table if it is missing, and a file of SQLite's with mode 0600."""
        name = file_of(self.engine.url)
        if name is not None:
            make_private(Path(name), logger, OWNER_AND_READERS)
        with self._answering(), self.engine.begin() as connection:
            self.table.metadata.create_all(connection)

    def write(self, seen: dict[UserKey, Seen], now: float) -> None:
        """Add to the rows what was seen. What is written is taken out of `seen`, also where the rest fails."""
        since = stamp(now) - self._lifetime
        for key in [key for key, each in seen.items() if stamp(each.last) < since]:
            del seen[key]
        # In one order for all workers, so that no two wait for each other.
        order = iter(sorted((userhash_of(key), key) for key in seen))
        with self._answering():
            while some := dict(islice(order, ROWS_AT_ONCE)):
                self._add({userhash: seen[key] for userhash, key in some.items()}, some, since)
                for key in some.values():
                    del seen[key]

    def read(self, now: float) -> list[Presence]:
        """Who was seen within a lifetime, who was seen last first. Rows of others are deleted."""
        since = stamp(now) - self._lifetime
        row = self.table.c
        alive = select(self.table).where(row.last_seen >= since).order_by(row.last_seen.desc(), row.userhash)
        with self._answering():
            self.forget(now)
            with self.engine.connect() as connection:
                return [presence_of(each, since) for each in connection.execute(alive).mappings()]

    def forget(self, now: float) -> None:
        """Delete the rows of who was not seen for a lifetime, some at a time; those that somebody writes to stay."""
        row = self.table.c
        over = row.last_seen < stamp(now) - self._lifetime
        some = select(row.userhash).where(over).limit(ROWS_AT_ONCE).with_for_update(skip_locked=True)
        with self._answering():
            while True:
                with self.engine.begin() as connection:
                    gone = connection.execute(some).scalars().all()
                    if gone:
                        connection.execute(delete(self.table).where(row.userhash.in_(gone), over))
                if len(gone) < ROWS_AT_ONCE:
                    return

    def forget_connections(self) -> None:
        """In a child: leave the connections to the parent."""
        forget_connections(self.engine)

    def _add(self, seen: Mapping[str, Seen], keys: Mapping[str, UserKey], since: int) -> None:
        for _ in range(TRIES):
            try:
                with self.engine.begin() as connection:
                    self._add_once(connection, seen, keys, since)
            except (_Changed, IntegrityError):
                # All of it is taken back: another worker was quicker with a row.
                continue
            return
        raise SourceUnavailable("Others write all the time; try again later")

    def _add_once(
        self, connection: Connection, seen: Mapping[str, Seen], keys: Mapping[str, UserKey], since: int
    ) -> None:
        row = self.table.c
        # Where a database can lock rows, nobody has to try twice.
        known = select(self.table).where(row.userhash.in_(list(seen))).order_by(row.userhash).with_for_update()
        rows = {each["userhash"]: each for each in connection.execute(known).mappings()}
        new: list[dict[str, Any]] = []
        for userhash, each in seen.items():
            old = rows.get(userhash)
            values = {"version": secrets.randbits(VERSION_BITS), **together(old, each, since)}
            if old is None:
                realm, username = keys[userhash]
                new.append({"userhash": userhash, "realm": kept(realm), "username": kept(username), **values})
                continue
            mine = update(self.table).where(row.userhash == userhash, row.version == old["version"])
            if not connection.execute(mine.values(**values)).rowcount:
                raise _Changed
        if new:
            connection.execute(insert(self.table), new)

    @contextmanager
    def _answering(self) -> Generator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            # The error's own text has the rows that were written; the database's words, as a rule, have not.
            why = printable(str(getattr(error, "orig", None) or type(error).__name__))[:SHOWN]
            text = f"The table {self.table.name!r} of who is logged in is out of reach: {why}"
            raise caused(SourceUnavailable(text), None) from None


class _Changed(Exception):
    """Somebody else wrote a row after we read it."""
