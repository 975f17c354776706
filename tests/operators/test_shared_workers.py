"""Workers that share a table of who is logged in: threads, forks, and the ends of processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from digest_http_middleware.shared_presence import SharedLoggedIn
from tests.support.forked import held, in_child

from .served import DOORS, signed
from .shared_tables import LONG, Opens, rows
from .test_logged_in import accepted

pytestmark = pytest.mark.usefixtures("patience")


@pytest.mark.once
def test_many_workers_at_once(opens: Opens) -> None:
    """All write the same users at the same time: each request is counted once."""
    workers = [opens() for _ in range(4)]

    def serve(table: SharedLoggedIn) -> None:
        for number in range(24):
            table(accepted(f"user{number % 3}", nonce_id=number))
            table.write()

    with ThreadPoolExecutor(len(workers)) as threads:
        list(threads.map(serve, workers))
    assert [each.requests for each in workers[0].users()] == [32] * 3


def test_processes(opens: Opens) -> None:
    """A child begins with nothing noted, whatever was held at the fork, and both write to one table."""
    table = opens()
    table.write()
    table(accepted())
    assert table._writer is not None  # noqa: SLF001 - a thread that no child has

    def child() -> tuple[list[str], bool]:
        table(accepted("bob"))
        seen = [each.username for each in table.users()]
        table.close()
        return seen, table._writer is None  # noqa: SLF001 - it wrote, and ended

    with held(table._lock), held(table._writing):  # noqa: SLF001 - as other threads may
        assert in_child(child, seconds=60) == (["bob"], True)
    assert sorted((each.username, each.requests) for each in table.users()) == [("alice", 1), ("bob", 1)]


@pytest.mark.parametrize("kind", DOORS)
def test_who_has_logged_in(kind: str, tmp_path: Path) -> None:
    """A thread writes soon those whose requests were accepted, and ends when nothing is left."""
    table = SharedLoggedIn(create_engine(f"sqlite:///{tmp_path}/presence.db"), every=0.001)
    table.create_table()
    door = DOORS[kind](observers=[table])
    assert door.ask(signed(door, "bob", "b0b")).status == 200
    writer = table._writer  # noqa: SLF001 - whose end is waited for
    door.ask(signed(door, "alice", "wrong"))
    if writer is not None:
        writer.join(LONG)
    assert table._writer is None  # noqa: SLF001 - nothing is left to do
    assert rows(table) == 1
    assert [(each.username, each.realm) for each in table.users()] == [("bob", "wonder")]
    table.close()


def test_no_request_waits_for_the_database(opens: Opens) -> None:
    """While another thread writes, and for as long as that takes, requests are noted."""
    table = opens()
    with held(table._writing):  # noqa: SLF001 - as a database does that hangs
        table(accepted())
    assert [each.username for each in table.users()] == ["alice"]


def test_close(opens: Opens) -> None:
    """What was noted is written at once, the thread ends, and the connections are given back."""
    table, other = opens(), opens()
    table(accepted())
    writer = table._writer  # noqa: SLF001 - whose end is looked at
    assert writer is not None
    assert writer.daemon
    table.close()
    assert not writer.is_alive()
    assert [each.username for each in other.users()] == ["alice"]
    table(accepted())
    table.close()
    assert [each.requests for each in other.users()] == [2]


ENDS = """
import sys
from sqlalchemy import create_engine
from digest_http.guard import Event
from digest_http_middleware import shared_presence
shared_presence.LAST_WRITE_SECONDS = 60
table = shared_presence.SharedLoggedIn(create_engine(sys.argv[1]), every=200)
table.create_table()
table(Event("wonder", "accepted", None, "alice", "MD5", "auth", None, "GET", 1, 0, 0.0, ()))
"""


def test_a_process_that_ends_writes_before(tmp_path: Path) -> None:
    """Nobody has to close the table."""
    url = f"sqlite:///{tmp_path}/presence.db"
    path = [str(Path(each).resolve()) for each in sys.path if each]
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{ENDS}", url], check=True, timeout=LONG
    )
    table = SharedLoggedIn(create_engine(url))
    assert [each.username for each in table.users()] == ["alice"]
    table.close()


def test_the_file_is_for_its_owner_and_the_password_is_not_shown(tmp_path: Path) -> None:
    """Names of users are nobody else's business."""
    table = SharedLoggedIn(create_engine(f"sqlite:///{tmp_path}/presence.db"))
    table.create_table()
    table.close()
    assert (tmp_path / "presence.db").stat().st_mode & 0o777 == 0o600
    assert "hidden" not in repr(SharedLoggedIn(create_engine("postgresql+asyncpg://app:hidden@db/app")))
