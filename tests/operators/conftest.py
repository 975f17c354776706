"""Tables of who is logged in that several workers share."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from digest_http_middleware.shared_presence import SharedLoggedIn
from tests.live.peers import python_peer
from tests.users_sources.postgres import postgres

from .shared_tables import LONG, NEVER, Opens
from .test_logged_in import Clock

TABLES = itertools.count()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has much to do may take longer for the last write."""
    monkeypatch.setattr("digest_http_middleware.shared_presence.LAST_WRITE_SECONDS", LONG)


@pytest.fixture(scope="package")
def postgres_url() -> Iterator[str]:
    """One server for all tests of this room."""
    python_peer("psycopg")
    with postgres() as url:
        yield url.replace("postgresql:", "postgresql+psycopg:")


@pytest.fixture
def clock() -> Clock:
    """The time of all workers."""
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def opens(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Opens]:
    """Opens the table as a worker does that begins; each test has a new one."""
    url, settings = f"sqlite:///{tmp_path}/presence.db", {"timeout": LONG}
    if request.param == "postgresql":
        url, settings = request.getfixturevalue("postgres_url"), {}
    name = f"seen_{next(TABLES)}"
    opened: list[SharedLoggedIn] = []

    def worker(**others: Any) -> SharedLoggedIn:
        engine = create_engine(url, connect_args=settings)
        opened.append(SharedLoggedIn(engine, **{"every": NEVER, "table": name, "clock": clock, **others}))
        return opened[-1]

    worker().create_table()
    yield worker
    for each in opened:
        each.close()
