"""One table of who is logged in for all workers: it adds up, outlives a worker, and no request waits for it."""

from __future__ import annotations

import itertools
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, func, select, update

from digest_http.errors import SourceUnavailable
from digest_http.guard import Event
from digest_http_middleware.presence import NONCES_OF_USER, Presence, Seen
from digest_http_middleware.presence_table import ROWS_AT_ONCE
from digest_http_middleware.shared_presence import SharedLoggedIn
from tests.live.peers import python_peer
from tests.support.forked import held, in_child
from tests.users_sources.postgres import postgres

from .served import ADDRESS, DOORS, signed
from .test_logged_in import Clock, accepted

#: Seconds between two writes in tests where no thread is to write; and what a loaded machine may take where one is.
NEVER, LONG = 299, 60.0
TABLES = itertools.count()

Opens = Callable[..., SharedLoggedIn]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has much to do may take longer for the last write."""
    monkeypatch.setattr("digest_http_middleware.shared_presence.LAST_WRITE_SECONDS", LONG)


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """One server for all tests of this file."""
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


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[SharedLoggedIn]:
    """A table in a folder that is missing; a thread tries to write it all the time."""
    table = SharedLoggedIn(create_engine(f"sqlite:///{tmp_path}/later/presence.db"), every=0.001)
    yield table
    table.close()


def rows(table: SharedLoggedIn) -> int:
    """How many rows the database has."""
    with table._table.engine.connect() as connection:  # noqa: SLF001 - what is kept is the question
        return connection.execute(select(func.count()).select_from(table._table.table)).scalar_one()  # noqa: SLF001


def counted_tries(engine: Engine) -> Callable[[int], bool]:
    """Waits until it was tried so often to reach the database."""
    tries = threading.Semaphore(0)
    event.listen(engine, "do_connect", lambda *_: tries.release())
    return lambda number: all(tries.acquire(timeout=LONG) for _ in range(number))


def test_all_workers_are_one_table(opens: Opens, clock: Clock) -> None:
    """Requests add up, a nonce that two workers saw is one, and the client is that of the last request."""
    one, two, three = opens(), opens(), opens()
    one(accepted(nonce_id=1, client="192.0.2.1"))
    assert [(each.requests, each.nonces) for each in three.users()] == []
    assert [(each.requests, each.nonces) for each in one.users()] == [(1, 1)]
    clock.now += 10.5
    two(accepted(nonce_id=1, client="192.0.2.2"))
    two(accepted(nonce_id=2**150, client="192.0.2.3"))
    clock.now += 1
    one(accepted("bob", client=None))
    two.users()
    alice = Presence("alice", "wonder", 1000.0, 1010.5, "192.0.2.3", 3, 2)
    assert one.users() == [Presence("bob", "wonder", 1011.5, 1011.5, None, 1, 1), alice]
    assert three.users() == one.users()
    assert rows(three) == 2


def test_who_wrote_late_was_not_seen_last(opens: Opens, clock: Clock) -> None:
    """A worker that writes an older request later changes neither the time nor the address of the last one."""
    early, late = opens(), opens()
    early(accepted(client="192.0.2.1"))
    clock.now += 5
    late(accepted(client="192.0.2.2"))
    late.write()
    assert early.users() == [Presence("alice", "wonder", 1000.0, 1005.0, "192.0.2.2", 2, 1)]


def test_who_was_not_seen_for_a_lifetime_is_gone(opens: Opens, clock: Clock) -> None:
    """Row and all; who is seen by one worker stays whole, though others have long forgotten him."""
    one, two = opens(), opens()
    one(accepted("bob"))
    for number in range(10):
        (one, two)[number % 2](accepted(nonce_id=number))
        one.write()
        two.write()
        clock.now += 200
    assert two.users() == [Presence("alice", "wonder", 1000.0, 2800.0, ADDRESS, 10, 1)]
    assert rows(two) == 1
    clock.now += 100.001
    assert one.users() == []
    assert rows(one) == 0


def test_a_nonce_is_as_old_as_its_first_request(opens: Opens, clock: Clock) -> None:
    """Whichever worker it came to, and whichever wrote first."""
    one, two = opens(), opens()
    one(accepted())
    clock.now += 200
    two(accepted())
    two.write()
    assert [(each.requests, each.nonces) for each in one.users()] == [(2, 1)]
    two(accepted())
    two.write()
    clock.now += 101
    assert [(each.requests, each.nonces) for each in one.users()] == [(3, 0)]


def test_what_waited_for_more_than_a_lifetime_is_not_added(opens: Opens, clock: Clock) -> None:
    """A worker that could not write so long changes nothing for who came back to another."""
    one, two = opens(), opens()
    one(accepted())
    clock.now += 301
    two(accepted())
    two.write()
    assert one.users() == [Presence("alice", "wonder", 1301.0, 1301.0, ADDRESS, 1, 1)]


def test_a_write_deletes_what_is_over(opens: Opens, clock: Clock) -> None:
    """Also where nobody ever asks who is there, the table has only rows of those who are."""
    table = opens()
    for number in range(2 * ROWS_AT_ONCE + 1):
        table(accepted(f"user{number}"))
    table.write()
    assert rows(table) == 2 * ROWS_AT_ONCE + 1
    clock.now += 301
    table(accepted())
    table.write()
    assert rows(table) == 1


def test_who_comes_back_begins_anew(opens: Opens, clock: Clock) -> None:
    """After a lifetime away he was first seen now, whether his row is still there, or was never written."""
    table = opens()
    table(accepted())
    table.write()
    table(accepted("bob"))
    clock.now += 301
    table(accepted(nonce_id=9))
    table(accepted("bob"))
    anew = [Presence(name, "wonder", 1301.0, 1301.0, ADDRESS, 1, 1) for name in ("alice", "bob")]
    assert sorted(table.users()) == anew


#: What no header brings, and what no column of text could hold, is a name like any other here.
NAMES = ["alice", "ALICE", "alice ", "Zoë", "Zoe\u0308", "", "a\0b", "\ud800", "' OR 1=1 --", "a:b", "x" * 255]


@pytest.mark.once
def test_each_name_has_a_row(opens: Opens) -> None:
    """Whatever it holds, in the realm that it is of; none is taken for another, and none keeps others from a row."""
    table = opens()
    users = [*itertools.product(NAMES, NAMES), ("ab", "c"), ("a", "bc")]
    for realm, name in users:
        table(accepted(name, realm=realm, client=name))
    assert sorted((each.realm, each.username, each.client) for each in table.users()) == sorted(
        (realm, name, name) for realm, name in users
    )


def test_long_names_are_shown_in_part(opens: Opens) -> None:
    """And yet are not taken for one another."""
    table = opens()
    for end in "ab":
        table(accepted("\N{GRINNING FACE}" * 70_000 + end))
    shown = "\N{GRINNING FACE}" * 254 + "\N{HORIZONTAL ELLIPSIS}"
    assert [(each.username, each.requests) for each in table.users()] == [(shown, 1)] * 2


def test_nonces_of_a_user_are_bounded(opens: Opens, clock: Clock) -> None:
    """The newest of all workers stay."""
    one, two = opens(), opens()
    for number in range(100):
        one(accepted(nonce_id=number))
        two(accepted(nonce_id=-number))
        clock.now += 1
    one.write()
    (alice,) = two.users()
    assert (alice.requests, alice.nonces) == (200, NONCES_OF_USER)


@pytest.mark.parametrize("junk", ["", "[]", "5", '{"x": "y"}', '{"1": null}', '{"1": 1e999}', "{", "[" * 9000])
def test_what_others_wrote_into_a_row_harms_none(opens: Opens, junk: str) -> None:
    """Nonces that cannot be read are none, and the row is written again."""
    table = opens()
    table(accepted())
    table.write()
    inner = table._table  # noqa: SLF001 - to break it
    with inner.engine.begin() as connection:
        connection.execute(update(inner.table).values(nonces=junk, client=b"192.0.2.\xff"))
    assert [(each.nonces, each.client) for each in table.users()] == [(0, "192.0.2.\ufffd")]
    table(accepted())
    assert [(each.requests, each.nonces) for each in table.users()] == [(2, 1)]


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


def test_a_database_that_is_down(lost: SharedLoggedIn, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Requests go on with one warning, it is tried again and again, and then nothing is missing."""
    caplog.set_level(logging.INFO)
    tried = counted_tries(lost._table.engine)  # noqa: SLF001 - to hear of it
    door = DOORS["wsgi"](observers=[lost])
    for _ in range(3):
        assert door.ask(signed(door, "bob", "b0b")).status == 200
    assert tried(5)
    with pytest.raises(SourceUnavailable) as caught:
        lost.users()
    assert "unable to open database file" in str(caught.value)
    assert "bob" not in str(caught.value)
    assert caught.value.__cause__ is None
    (tmp_path / "later").mkdir()
    lost.create_table()
    assert [(each.username, each.requests, each.nonces) for each in lost.users()] == [("bob", 3, 3)]
    inner = lost._table  # noqa: SLF001 - to take it away again
    with inner.engine.begin() as connection:
        inner.table.drop(connection)
    door.ask(signed(door, "bob", "b0b"))
    lost.close()
    levels = [each.levelno for each in caplog.records if "who is logged in" in each.getMessage()]
    assert levels == [logging.WARNING, logging.INFO, logging.WARNING]


def test_what_is_not_written_is_bounded_and_grows_old(clock: Clock, tmp_path: Path) -> None:
    """Who was seen least lately goes first, and the time with the database down counts as any other."""
    table = SharedLoggedIn(create_engine(f"sqlite:///{tmp_path}/presence.db"), every=NEVER, capacity=2, clock=clock)
    for number, name in enumerate(["alice", "bob", "carol", "bob", "dave", "bob"]):
        table(accepted(name, nonce_id=number))
        with pytest.raises(SourceUnavailable, match="no such table"):
            table.write()
        clock.now += 1
    table.create_table()
    dave, bob = Presence("dave", "wonder", 1004.0, 1004.0, ADDRESS, 1, 1), ("bob", "wonder", 1001.0, 1005.0)
    assert [each[:4] for each in table.users()] == [bob, dave[:4]]
    assert [(each.requests, each.nonces) for each in table.users()] == [(3, 3), (1, 1)]
    with table._table.engine.begin() as connection:  # noqa: SLF001 - to take it away again
        table._table.table.drop(connection)  # noqa: SLF001
    for _ in range(2):
        table(accepted())
        with pytest.raises(SourceUnavailable):
            table.users()
        clock.now += 301
    table(accepted("bob"))
    table.create_table()
    assert [(each.username, each.requests) for each in table.users()] == [("bob", 1)]
    table.close()


@pytest.fixture
def noted_meanwhile(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., dict[str, Seen]]]:
    """What waits of alice after a write that fails: of these nonces before it and of those while it was under way."""
    table = SharedLoggedIn(create_engine(f"sqlite:///{tmp_path}/later/no.db"), every=NEVER, capacity=2, clock=clock)
    meanwhile: list[Event] = []
    passing: list[float] = []

    def connecting(*_: object) -> None:
        # Who asks for the users now waits until it is known what became of this.
        assert table._writing.locked()  # noqa: SLF001
        clock.now += sum(passing)
        for each in meanwhile:
            table(each)

    event.listen(table._table.engine, "do_connect", connecting)  # noqa: SLF001 - to be asked at that moment

    def noted(before: Iterable[int], after: list[Event], seconds: float = 0) -> dict[str, Seen]:
        for nonce_id in before:
            table(accepted(nonce_id=nonce_id))
        passing.append(seconds)
        meanwhile.extend(after)
        with pytest.raises(SourceUnavailable):
            table.write()
        return {name: seen for (_, name), seen in table._noted.items()}  # noqa: SLF001 - what waits is the question

    yield noted
    table.close()


def test_what_is_noted_while_a_write_fails(noted_meanwhile: Callable[..., dict[str, Seen]]) -> None:
    """It follows what was not written: one user with one beginning, and the newest nonces of both."""
    later = [accepted(nonce_id=number, client="192.0.2.9") for number in range(10, 22)]
    (alice,) = noted_meanwhile(range(12), later, 10).values()
    assert (alice.first, alice.last, alice.client, alice.requests) == (1000.0, 1010.0, "192.0.2.9", 24)
    assert list(alice.nonces.items()) == [(number, 1000.0 if number < 12 else 1010.0) for number in range(6, 22)]


def test_who_came_back_while_a_write_failed_begins_anew(noted_meanwhile: Callable[..., dict[str, Seen]]) -> None:
    """What he did more than a lifetime ago is not added."""
    (alice,) = noted_meanwhile([1, 2], [accepted(nonce_id=3)], 301).values()
    assert (alice.first, alice.requests, list(alice.nonces)) == (1301.0, 1, [3])


def test_who_waits_is_bounded_while_writes_fail(noted_meanwhile: Callable[..., dict[str, Seen]]) -> None:
    """Who was seen least lately goes."""
    assert list(noted_meanwhile([1], [accepted("bob"), accepted("carol")])) == ["bob", "carol"]


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
