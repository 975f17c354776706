"""What every source of users must do: the contract that authors of other sources run too, for each of ours."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Coroutine, Iterator, Mapping
from inspect import isawaitable
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, TypeVar

import pytest
from sqlalchemy import create_engine

from digest_http.algorithms import by_name
from digest_http.httpauth.protocols import Users
from digest_http.testing import LogoutsContract, UsersContract
from digest_http.users import CachedUsers, CallableUsers, HtdigestUsers, MappingUsers
from digest_http.users.logouts import Logouts, with_logouts
from digest_http.users.sql import SQLUsers
from digest_http.users.sql_logouts import BlockingSQLLogouts, SQLLogouts

T = TypeVar("T")

MD5, SHA256 = by_name("MD5"), by_name("SHA-256")
FILES = itertools.count()


class MemoryLogouts:
    """Logouts of one process, in few lines."""

    def __init__(self) -> None:
        self.since: dict[tuple[str, str], int] = {}

    def logged_out(self, username: str, realm: str) -> int:
        """See LogoutUsers."""
        return self.since.get((username, realm), 0)

    def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers."""
        self.since[username, realm] = max(now, self.logged_out(username, realm))


class TestMapping(UsersContract):
    """A dict."""

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """See UsersContract."""
        users = MappingUsers({"nobody": "x"}, realm, [SHA256, MD5])
        users.remove("nobody")
        for name, password in passwords.items():
            users.set(name, password)
        return users


class TestCached(TestMapping):
    """A short memory in front of it."""

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """See UsersContract."""
        return CachedUsers(super().open_users(passwords, realm))


class TestWithLogouts(TestMapping):
    """Joined with an object that keeps logouts."""

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """See UsersContract."""
        return with_logouts(super().open_users(passwords, realm), MemoryLogouts())


class TestCallable(UsersContract):
    """A function, here one that knows one hash."""

    algorithms: ClassVar = ("MD5",)

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """See UsersContract."""
        users = TestMapping().open_users(passwords, realm)

        async def ha1(username: str, asked: str, algorithm: Any) -> Any:
            return users.ha1(username, asked, algorithm) if algorithm.base == "MD5" else None

        return CallableUsers(ha1)


class TestHtdigest(UsersContract):
    """A file."""

    folder: Path

    @pytest.fixture(autouse=True)
    def _in(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """See UsersContract."""
        file = self.folder / f"users-{next(FILES)}"
        file.touch(0o600)
        users = HtdigestUsers(file, realm)
        for name, password in passwords.items():
            users.set(name, password)
        return users


class InOneLoop:
    """An engine of asyncio's belongs to one event loop: it runs in a thread as long as the test does."""

    folder: Path
    _loop: asyncio.AbstractEventLoop

    @pytest.fixture(autouse=True)
    def _run(self, tmp_path: Path) -> Iterator[None]:
        self.folder = tmp_path
        self._loop = asyncio.new_event_loop()
        self._opened: list[Any] = []
        thread = Thread(target=self._loop.run_forever)
        thread.start()
        yield
        for each in self._opened:
            self.settle(each.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join()
        self._loop.close()

    def settle(self, answer: T | Awaitable[T]) -> T:
        """See UsersContract."""
        if not isawaitable(answer):
            return answer

        async def awaited() -> T:
            return await answer

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(60)

    def do(self, work: Coroutine[Any, Any, object]) -> None:
        """The same for what answers nothing."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


class TestSQL(InOneLoop, UsersContract):
    """A table."""

    def open_users(self, passwords: Mapping[str, str], realm: str) -> Users:
        """See UsersContract."""
        users = SQLUsers(f"sqlite:///{self.folder}/users-{next(FILES)}.db")
        self._opened.append(users)

        async def fill() -> None:
            await users.create_table()
            for name, password in passwords.items():
                await users.set(name, realm, password)

        self.do(fill())
        return users


class TestSQLLogouts(InOneLoop, LogoutsContract):
    """Logouts in a table."""

    def open_logouts(self) -> Logouts:
        """See LogoutsContract."""
        logouts = SQLLogouts(f"sqlite:///{self.folder}/logouts-{next(FILES)}.db")
        self._opened.append(logouts)
        self.do(logouts.create_table())
        return logouts


class TestBlockingSQLLogouts(LogoutsContract):
    """The same for those who block."""

    @pytest.fixture(autouse=True)
    def _in(self, tmp_path: Path) -> Iterator[None]:
        self.opened = BlockingSQLLogouts(create_engine(f"sqlite:///{tmp_path}/logouts.db"))
        yield
        self.opened.close()

    def open_logouts(self) -> Logouts:
        """See LogoutsContract."""
        self.opened.create_table()
        return self.opened


def contract_of(make: Any, **more: Any) -> UsersContract:
    """The contract for what a function makes of passwords and a realm."""
    made: UsersContract = type(
        "Contract", (UsersContract,), {"open_users": lambda _self, *given: make(*given), **more}
    )()
    return made


class Broken:
    """A source with one fault, of which the class says what it is."""

    def __init__(self, passwords: Mapping[str, str], realm: str) -> None:
        self.users: Any = TestMapping().open_users(passwords, realm)

    def ha1(self, username: str, realm: str, algorithm: Any) -> Any:
        """See Users."""
        return self.users.ha1(username, realm, algorithm)


class UpperCase(Broken):
    """H(A1) as other programs write it."""

    def ha1(self, username: str, realm: str, algorithm: Any) -> Any:
        """See Users."""
        return (self.users.ha1(username, realm, algorithm) or b"").upper()


class AnyCase(Broken):
    """A collation."""

    def ha1(self, username: str, realm: str, algorithm: Any) -> Any:
        """See Users."""
        return self.users.ha1(username.lower().strip(), realm, algorithm)


class AnyRealm(Broken):
    """A table without realms."""

    def ha1(self, username: str, realm: str, algorithm: Any) -> Any:
        """See Users."""
        del realm
        return self.users.ha1(username, "Staff area", algorithm)


class OneHash(Broken):
    """A column that holds one hash."""

    def ha1(self, username: str, realm: str, algorithm: Any) -> Any:
        """See Users."""
        del algorithm
        return self.users.ha1(username, realm, MD5)


class Shown(Broken):
    """It shows what it holds."""

    def __repr__(self) -> str:
        return (self.users.ha1("alice", "Staff area", MD5) or b"").decode()


class ByWrongHash(Broken):
    """It finds somebody by whatever is sent."""

    def by_userhash(self, *_asked: Any) -> str:
        """See UsersByHash."""
        return "alice"


class WrongRoles(Broken):
    """One text, which would be its letters."""

    def roles(self, *_asked: Any) -> Any:
        """See RoledUsers."""
        return "admin"


class WrongCounts(Broken):
    """Users of another realm are counted too."""

    def count_hashes(self, _realm: str) -> Any:
        """See CountedUsers."""
        return self.users.count_hashes("Staff area")


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (UpperCase, "test_each_user"),
        (AnyCase, "test_names_are_exact"),
        (AnyRealm, "test_realms_are_exact"),
        (Shown, "test_nothing_secret_is_shown"),
        (ByWrongHash, "test_finding_by_userhash"),
        (WrongRoles, "test_roles"),
        (WrongCounts, "test_counting_hashes"),
    ],
)
def test_the_contract_finds_what_is_broken(broken: Any, test: str) -> None:
    """One test for each fault; a source without it passes."""
    getattr(contract_of(Broken), test)()
    with pytest.raises(AssertionError):
        getattr(contract_of(broken), test)()


def test_the_contract_finds_a_hash_of_another_algorithm() -> None:
    """A source that gives the MD5 hash for each algorithm."""
    with pytest.raises(AssertionError):
        contract_of(OneHash, algorithms=("MD5",)).test_a_hash_that_is_not_held()
    with pytest.raises(AssertionError):
        contract_of(lambda *_: Broken({"alice": "x"}, "Staff area")).test_no_users()


class LastWins(MemoryLogouts):
    """Whoever writes last is believed."""

    def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers."""
        self.since[username, realm] = now


class OfAll(MemoryLogouts):
    """One time for all."""

    def logged_out(self, username: str, realm: str) -> int:
        """See LogoutUsers."""
        del username, realm
        return max(self.since.values(), default=0)


class InSeconds(MemoryLogouts):
    """A column that holds seconds."""

    def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers."""
        super().log_out(username, realm, now // 1_000_000 * 1_000_000)


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (LastWins, "test_the_latest_time_stands"),
        (LastWins, "test_many_logouts_at_once"),
        (OfAll, "test_the_time_is_kept"),
        (InSeconds, "test_the_time_is_kept"),
        (lambda: Broken({}, "x"), "test_nobody_was_logged_out"),
    ],
)
def test_the_contract_finds_broken_logouts(broken: Any, test: str) -> None:
    """One test for each fault; an object without it passes."""

    class Contract(LogoutsContract):
        made: Any = MemoryLogouts

        def open_logouts(self) -> Logouts:
            """See LogoutsContract."""
            made: Logouts = self.made()
            return made

    contract = Contract()
    getattr(contract, test)()
    Contract.made = staticmethod(broken)
    with pytest.raises((AssertionError, AttributeError)):
        getattr(contract, test)()


def test_open_contracts_say_so() -> None:
    """Without a way to open there is nothing to test."""
    with pytest.raises(NotImplementedError):
        UsersContract().open_users({}, "realm")
    with pytest.raises(NotImplementedError):
        LogoutsContract().open_logouts()
