"""What the tests of a table that all workers share have in common."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from digest_http_middleware.shared_presence import SharedLoggedIn

__all__ = ["LONG", "NEVER", "Opens", "rows"]

#: Seconds between two writes in tests where no thread is to write; and what a loaded machine may take where one is.
NEVER, LONG = 299, 60.0

#: Opens the table as a worker does that begins.
Opens = Callable[..., SharedLoggedIn]


def rows(table: SharedLoggedIn) -> int:
    """How many rows the database has."""
    with table._table.engine.connect() as connection:  # noqa: SLF001 - what is kept is the question
        return connection.execute(select(func.count()).select_from(table._table.table)).scalar_one()  # noqa: SLF001
