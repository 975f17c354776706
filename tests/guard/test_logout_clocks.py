"""Logouts that a source of users keeps outlive the clock of the nonces: a machine starts anew, another has its own."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.guard import Accepted, Guard, Refused
from digest_http.httpauth import DigestClient
from digest_http.stores import MemoryStore, SQLiteStore
from digest_http.users import MappingUsers
from digest_http.users.logouts import with_logouts

DAY = 86_400


class Kept:
    """A table of logouts, as a source of users keeps one; `given` is what stands in it."""

    def __init__(self) -> None:
        self.given: dict[tuple[str, str], int] = {}

    def logged_out(self, username: str, realm: str) -> int:
        return self.given.get((username, realm), 0)

    def log_out(self, username: str, realm: str, now: int) -> None:
        self.given[username, realm] = max(now, self.logged_out(username, realm))


class KeptElsewhere:
    """The same table behind a connection: what it answers has to be awaited."""

    def __init__(self) -> None:
        self._kept = Kept()

    async def logged_out(self, username: str, realm: str) -> int:
        await asyncio.sleep(0)
        return self._kept.logged_out(username, realm)

    async def log_out(self, username: str, realm: str, now: int) -> None:
        await asyncio.sleep(0)
        self._kept.log_out(username, realm, now)


class RunOfMachine(MemoryStore):
    """A store whose clock is that of a machine which runs for so many days, as SQLiteStore has it."""

    def __init__(self, days: float) -> None:
        super().__init__()
        self._began = time.monotonic() - days * DAY

    def clock(self) -> float:
        return time.monotonic() - self._began


def guard_of(store: Any, logouts: Kept | KeptElsewhere, **settings: Any) -> Guard:
    """A worker of one service."""
    users = with_logouts(MappingUsers({"alice": "s3cret", "Zoë": "b0b"}, "home", [by_name("SHA-256")]), logouts)
    return Guard(users, "home", algorithms=["SHA-256"], store=store, keys=[b"k" * 32], **settings)


class Login:
    """A client that has asked once, and goes on with its nonce."""

    def __init__(self, guard: Guard, name: str = "alice", password: str = "s3cret") -> None:
        self._guard, self._client = guard, DigestClient(name, password)
        refused = guard.check("GET", "/", {})
        assert isinstance(refused, Refused)
        self._client.challenged([value for _, value in refused.fields], None)

    def ask(self) -> Accepted | Refused:
        field: Any = self._client.authorization("GET", "/")
        return self._guard.check("GET", "/", {"Authorization": field})

    def ask_and_wait(self) -> Accepted | Refused:
        field: Any = self._client.authorization("GET", "/")
        return asyncio.run(self._guard.check_async("GET", "/", {"Authorization": field}))


@pytest.mark.parametrize("later", [0.001, 3, 1000])
@pytest.mark.parametrize("earlier", [0.001, 3, 1000])
def test_machines_and_their_starts(earlier: float, later: float) -> None:
    """Whose machine runs longer makes no difference, and who was logged out before a start can log in after it."""
    kept = Kept()
    here, there = guard_of(RunOfMachine(earlier), kept), guard_of(RunOfMachine(later), kept)
    logins = [Login(here), Login(there)]
    assert [isinstance(login.ask(), Accepted) for login in logins] == [True, True]
    here.log_out("alice")
    assert [login.ask().__class__ for login in logins] == [Refused, Refused]
    assert [isinstance(Login(guard).ask(), Accepted) for guard in (here, there)] == [True, True]
    restarted = guard_of(RunOfMachine(0), kept)
    again = Login(restarted)
    assert isinstance(again.ask(), Accepted)
    restarted.log_out("alice")
    assert isinstance(again.ask(), Refused)


@pytest.mark.parametrize("days", [0.001, 1000])
def test_a_table_that_is_awaited(days: float) -> None:
    """A date that comes later is read as one that is there at once."""
    guard = guard_of(RunOfMachine(days), KeptElsewhere())
    login = Login(guard)
    assert isinstance(login.ask_and_wait(), Accepted)
    asyncio.run(guard.log_out_async("alice"))
    assert isinstance(login.ask_and_wait(), Refused)
    assert isinstance(Login(guard).ask_and_wait(), Accepted)


def test_on_connections() -> None:
    """A guard of one connection reads the same times."""
    guard = guard_of(RunOfMachine(7), Kept())
    door = guard.for_connection()
    login = Login(door)
    guard.log_out("alice")
    assert isinstance(login.ask(), Refused)
    assert isinstance(Login(guard.for_connection()).ask(), Accepted)


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_what_is_kept_is_a_date(store: str, tmp_path: Any) -> None:
    """In every store, so that a table may serve guards of all kinds."""
    opened = MemoryStore() if store == "memory" else SQLiteStore(tmp_path / "nonces.db")
    kept = Kept()
    before = time.time()
    guard_of(opened, kept).log_out("alice")
    (since,) = kept.given.values()
    # To a second: the date of a process is the one of its start, and goes on from there.
    assert before - 1 <= since / 1e6 <= time.time() + 1


def test_a_clock_of_ones_own() -> None:
    """A clock that is a setting is taken as it is."""
    kept = Kept()
    guard_of(RunOfMachine(7), kept, clock=lambda: 1000.0).log_out("alice")
    assert set(kept.given.values()) == {1_000_000_000}


def test_each_form_of_a_name() -> None:
    """Who is named in another Unicode form is logged out as well: a source is asked in Form C, and told in it."""
    guard = guard_of(MemoryStore(), Kept())
    login = Login(guard, "Zoë", "b0b")
    assert isinstance(login.ask(), Accepted)
    guard.log_out("Zoe\N{COMBINING DIAERESIS}")
    assert isinstance(login.ask(), Refused)
