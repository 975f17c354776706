"""A shared table of who is logged in, its database down: no request fails, and what waits is bounded and not lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from digest_http.errors import SourceUnavailable
from digest_http.guard import Event
from digest_http_middleware.presence import Presence, Seen
from digest_http_middleware.shared_presence import SharedLoggedIn

from .served import ADDRESS, DOORS, signed
from .shared_tables import LONG, NEVER
from .test_logged_in import Clock, accepted

pytestmark = pytest.mark.usefixtures("patience")


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[SharedLoggedIn]:
    """A table in a folder that is missing; a thread tries to write it all the time."""
    table = SharedLoggedIn(create_engine(f"sqlite:///{tmp_path}/later/presence.db"), every=0.001)
    yield table
    table.close()


def counted_tries(engine: Engine) -> Callable[[int], bool]:
    """Waits until it was tried so often to reach the database."""
    tries = threading.Semaphore(0)
    event.listen(engine, "do_connect", lambda *_: tries.release())
    return lambda number: all(tries.acquire(timeout=LONG) for _ in range(number))


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
