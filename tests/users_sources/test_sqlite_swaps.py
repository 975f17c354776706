"""A file of SQLite is replaced while it is in use: whoever is not in the new one, or logged out in it, is out."""

from __future__ import annotations

import asyncio
import inspect
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from digest_http.algorithms import by_name
from digest_http.users import open_users
from digest_http.users.sql import SQLUsers
from digest_http.users.sql_logouts import BlockingSQLLogouts, SQLLogouts

# Which file SQLAlchemy's pool reads hangs on no interpreter.
pytestmark = pytest.mark.once

SHA256 = by_name("SHA-256")


async def waited(answer: Any) -> Any:
    """What was answered at once, or later."""
    return await answer if inspect.isawaitable(answer) else answer


def users(path: Path) -> Any:
    """Users behind a URL."""
    return open_users(f"sqlite:///{path}", "r", [SHA256])


def users_of_an_engine(path: Path) -> Any:
    """Users behind an engine of the program's own."""
    return SQLUsers(create_async_engine(f"sqlite+aiosqlite:///{path}"))


def users_read_only(path: Path) -> Any:
    """Users that are only read."""
    return SQLUsers(create_async_engine(f"sqlite+aiosqlite:///file:{path}?mode=ro&uri=true"))


def logouts(path: Path) -> Any:
    """Logouts, to await."""
    return SQLLogouts(f"sqlite:///{path}")


def logouts_at_once(path: Path) -> Any:
    """Logouts, at once."""
    return BlockingSQLLogouts(create_engine(f"sqlite:///{path}"))


async def change(kept: Any) -> None:
    """Take alice out."""
    if isinstance(kept, SQLUsers):
        await kept.delete("alice", "r")
    else:
        await waited(kept.log_out("alice", "r", 5))


async def is_in(kept: Any) -> bool:
    """Whether alice may come in."""
    if isinstance(kept, SQLUsers):
        return await kept.ha1("alice", "r", SHA256) is not None
    return bool(await waited(kept.logged_out("alice", "r")) == 0)


def for_writing(opens: Callable[[Path], Any], path: Path) -> Any:
    """The same, with what may change it."""
    return (users if opens is users_read_only else opens)(path)


async def make(opens: Callable[[Path], Any], path: Path) -> None:
    """A file in which alice may come in."""
    kept = for_writing(opens, path)
    await waited(kept.create_table())
    if isinstance(kept, SQLUsers):
        await kept.set("alice", "r", "s3cret")
    await waited(kept.close())


def renamed(beside: Path, path: Path) -> None:
    """The new file takes the name of the old one."""
    beside.replace(path)


def moved_away(beside: Path, path: Path) -> None:
    """The old file has another name, and is still there."""
    path.rename(path.with_name("old"))
    shutil.copy2(beside, path)


def linked(beside: Path, path: Path) -> None:
    """The name is a link, which is pointed to the new file."""
    link = path.with_name("link")
    link.symlink_to(beside)
    link.replace(path)


@pytest.mark.parametrize("swap", [renamed, moved_away, linked])
@pytest.mark.parametrize("opens", [users, users_of_an_engine, users_read_only, logouts, logouts_at_once])
def test_the_new_file_counts(opens, swap, tmp_path):
    """With the next look-up; and for who writes, too."""
    path, beside = tmp_path / "kept.db", tmp_path / "beside.db"

    async def ran():
        await make(opens, path)
        shutil.copy(path, beside)
        other = for_writing(opens, beside)
        await change(other)
        await waited(other.close())
        ours = opens(path)
        assert await is_in(ours)
        swap(beside, path)
        assert not await is_in(ours)
        assert not await is_in(ours)
        await waited(ours.close())

    asyncio.run(ran())


#: SQLAlchemy before 2.0.38 opens a file for each look-up that awaits.
KEPT = not isinstance(create_async_engine("sqlite+aiosqlite:///kept.db").pool, NullPool)


@pytest.mark.parametrize(
    "opens",
    [
        pytest.param(users, marks=pytest.mark.skipif(not KEPT, reason="this SQLAlchemy keeps no connection")),
        logouts_at_once,
    ],
)
def test_while_no_file_is_there(opens, tmp_path):
    """The old one is read, and no empty one is made in its place."""
    path, beside = tmp_path / "kept.db", tmp_path / "beside.db"

    async def ran():
        await make(opens, path)
        ours = opens(path)
        assert await is_in(ours)
        path.rename(beside)
        assert await is_in(ours)
        assert not path.exists()
        other = opens(beside)
        await change(other)
        await waited(other.close())
        beside.rename(path)
        assert not await is_in(ours)
        await waited(ours.close())

    asyncio.run(ran())


@pytest.mark.parametrize("opens", [users, users_of_an_engine, logouts, logouts_at_once])
def test_a_server_that_goes_to_another_folder(opens, tmp_path, monkeypatch):
    """A relative name means the file that it meant when the settings were made, as for SQLAlchemy."""
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path / "site")
    path, beside = Path("kept.db"), Path("beside.db")

    async def ran():
        await make(opens, path)
        shutil.copy(path, beside)
        other = opens(beside)
        await change(other)
        await waited(other.close())
        ours = opens(path)
        assert await is_in(ours)
        renamed(beside, path)
        monkeypatch.chdir(tmp_path)
        assert not await is_in(ours)
        await waited(ours.close())

    asyncio.run(ran())


def test_connections_of_ones_own(tmp_path):
    """An engine with a function that connects goes on as it did: nobody knows which file that opens."""
    path = tmp_path / "kept.db"
    engine = create_engine(f"sqlite:///{path}", creator=lambda: sqlite3.connect(tmp_path / "another.db"))
    kept = BlockingSQLLogouts(engine)
    kept.create_table()
    assert path.exists()
    kept.log_out("alice", "r", 5)
    assert kept.logged_out("alice", "r") == 5
    kept.close()


def test_a_file_that_comes_later(tmp_path):
    """SQLite makes an empty file for the first connection, and then the right one takes its place."""
    path = tmp_path / "kept.db"
    kept, other = logouts_at_once(path), logouts_at_once(tmp_path / "beside.db")
    other.create_table()
    other.log_out("alice", "r", 5)
    other.close()
    for _ in range(2):
        with pytest.raises(OperationalError):
            kept.logged_out("alice", "r")
    (tmp_path / "beside.db").replace(path)
    assert kept.logged_out("alice", "r") == 5
    kept.close()
