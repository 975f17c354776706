"""Logouts in a table: for all workers, over restarts, for guards that await and for those that block."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from typing import Any

import pytest
from sqlalchemy import create_engine, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import await_only

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError, SourceUnavailable
from digest_http.guard import Accepted, Guard, Refused
from digest_http.httpauth import DigestClient
from digest_http.httpauth.protocols import LogoutUsers, UsersByHash
from digest_http.stores import SQLiteStore
from digest_http.users import CallableUsers, MappingUsers
from digest_http.users.logouts import Logouts, with_logouts
from digest_http.users.sql import SQLUsers
from digest_http.users.sql_logouts import TRIES, BlockingSQLLogouts, SQLLogouts
from tests.support.forked import in_child
from tests.users_sources.postgres import postgres

MD5, SHA256 = by_name("MD5"), by_name("SHA-256")
KEYS = "k" * 40
TABLES = itertools.count()


@pytest.fixture(scope="module")
def postgres_url():
    """One server for all tests of this file."""
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "sqlite, at once", pytest.param("postgresql", marks=pytest.mark.live)])
def opened(request, tmp_path):
    """Opens the table as a worker does that begins; each test has a new one."""
    url = f"sqlite:///{tmp_path}/logouts.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    table = f"logouts_{next(TABLES)}"

    def opens():
        return BlockingSQLLogouts(create_engine(url), table) if "at once" in request.param else SQLLogouts(url, table)

    async def make():
        logouts = opens()
        await waited(logouts.create_table())
        await waited(logouts.close())

    asyncio.run(make())
    return opens


async def waited(answer: Any) -> Any:
    """What was answered at once, or later."""
    return await answer if inspect.isawaitable(answer) else answer


def users_with(logouts: Logouts) -> LogoutUsers:
    """Alice in memory, her logouts in the table."""
    return with_logouts(MappingUsers({"alice": "s3cret", "Zoë": "b0b"}, "home", [SHA256, MD5]), logouts)


def test_workers_and_restarts(opened, tmp_path):
    """Who was logged out by one worker is out for all, also for one that begins later; a new login is good."""

    async def ran():
        stores = [SQLiteStore(tmp_path / "nonces.db") for _ in range(3)]
        each = [opened() for _ in stores]
        one, two, later = (
            Guard(users_with(logouts), "home", store=store, keys=KEYS)
            for store, logouts in zip(stores, each, strict=True)
        )
        client = DigestClient("Zoë", "b0b")

        async def ask(guard):
            field = client.authorization("GET", "/")
            outcome = await guard.check_async("GET", "/", {} if field is None else {"Authorization": field})
            if isinstance(outcome, Refused):
                client.challenged([value for _, value in outcome.fields], None)
            return outcome

        await ask(one)
        assert isinstance(await ask(two), Accepted)
        await two.log_out_async("Zoe\u0308")
        for guard in (one, later):
            outcome = await ask(guard)
            assert isinstance(outcome, Refused)
            assert (outcome.status, outcome.refusal.reason) == (401, "logged-out")
            assert isinstance(await ask(guard), Accepted)
            await guard.log_out_async("Zoë")
        for logouts, store in zip(each, stores, strict=True):
            await waited(logouts.close())
            store.close()

    asyncio.run(ran())


#: What no header brings, and what no column could hold, is a name like any other here.
NAMES = ["alice", "ALICE", "Zoë", "", "a\0b", "\ud800", "x" * 70_000, "' OR 1=1 --", "a:b"]


def test_names_and_times(opened):
    """Each name is kept for its realm, whatever it holds; never is 0, and no time goes back."""

    async def ran():
        logouts = opened()
        for number, name in enumerate(NAMES):
            assert await waited(logouts.logged_out(name, "r")) == 0
            for now in (number, 2**62 + number, number):
                await waited(logouts.log_out(name, "r", now))
            assert await waited(logouts.logged_out(name, "r")) == 2**62 + number
            assert await waited(logouts.logged_out(name, "s")) == 0
        await waited(logouts.close())

    asyncio.run(ran())


def test_many_workers_at_once(opened):
    """All of them log out the same user for the first time: none fails, and the latest time stands."""

    async def ran():
        each = [opened() for _ in range(5)]
        await asyncio.gather(*(waited(one.log_out("alice", "r", 10 + n)) for n, one in enumerate(each)))
        assert await waited(each[0].logged_out("alice", "r")) == 14
        for one in each:
            await waited(one.close())

    asyncio.run(ran())


def test_a_row_that_comes_in_between(tmp_path):
    """Another worker makes the row after ours has looked for it, and with an earlier time: ours stands."""

    class Overtaken(BlockingSQLLogouts):
        def _since(self, connection, userhash):
            # What a database of many workers shows from one statement to the next (READ COMMITTED).
            connection.execute(insert(self.table).values(userhash=userhash, since=5))
            return super()._since(connection, userhash)

    url = f"sqlite:///{tmp_path}/logouts.db"
    ours, others = Overtaken(create_engine(url)), BlockingSQLLogouts(create_engine(url))
    ours.create_table()
    ours.log_out("alice", "r", 9)
    assert others.logged_out("alice", "r") == 9
    ours.close()
    others.close()


@pytest.mark.live
@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("theirs", [5, 12])
@pytest.mark.parametrize("row", ["new", "old"])
def test_a_row_that_a_transaction_does_not_show(postgres_url, level, theirs, row):
    """Another worker writes while our transaction is under way: the later time stands, at each level of isolation."""

    class Overtaken(SQLLogouts):
        overtaken = False

        def _keep(self, connection, userhash, now):
            self._since(connection, userhash)  # what a transaction has seen once, it goes on to see
            if not self.overtaken:
                self.overtaken = True
                await_only(others.log_out("alice", "r", theirs))
            return super()._keep(connection, userhash, now)

    table = f"logouts_{next(TABLES)}"
    url = postgres_url.replace("postgresql:", "postgresql+asyncpg:")
    others = SQLLogouts(postgres_url, table)

    async def ran():
        ours = Overtaken(create_async_engine(url, isolation_level=level), table)
        await ours.create_table()
        if row == "old":
            await others.log_out("alice", "r", 1)
        await ours.log_out("alice", "r", 9)
        assert ours.overtaken
        assert await others.logged_out("alice", "r") == max(9, theirs)
        await ours.close()
        await others.close()

    asyncio.run(ran())


@pytest.mark.parametrize("isolated", ["silent", "said"])
@pytest.mark.parametrize("blocks", [True, False])
def test_a_logout_that_cannot_be_kept(tmp_path, blocks, isolated):
    """Others are in the way each time: that is raised in the end; what is no such clash is raised at once."""
    kind: Any = BlockingSQLLogouts if blocks else SQLLogouts
    tried = []

    class Clash(Exception):
        sqlstate = "40001"

    class Beaten(kind):  # type: ignore[misc] # either of the two
        def _keep(self, _connection, _userhash, now):
            tried.append(now)
            if isolated == "said":
                raise DBAPIError("update", None, Clash())
            return False

    url = f"sqlite:///{tmp_path}/logouts.db"

    async def ran():
        logouts = Beaten(create_engine(url) if blocks else url)
        await waited(logouts.create_table())
        with pytest.raises(SourceUnavailable):
            await waited(logouts.log_out("alice", "r", 9))
        await waited(logouts.close())
        missing = kind(create_engine(url) if blocks else url, "missing")
        with pytest.raises(DBAPIError):
            await waited(missing.log_out("alice", "r", 9))
        await waited(missing.close())

    asyncio.run(ran())
    assert len(tried) == TRIES


def test_a_guard_that_blocks(tmp_path):
    """With an engine that does not await it serves WSGI; with another one the guard says 503 and lets nobody in."""
    url = f"sqlite:///{tmp_path}/logouts.db"
    logouts = BlockingSQLLogouts(create_engine(url))
    logouts.create_table()
    guard, client = Guard(users_with(logouts), "home", keys=KEYS), DigestClient("alice", "s3cret")
    refused = guard.check("GET", "/", {})
    assert isinstance(refused, Refused)
    client.challenged([value for _, value in refused.fields], None)

    def ask(guard):
        field = client.authorization("GET", "/")
        assert field is not None
        return guard.check("GET", "/", {"Authorization": field})

    assert isinstance(ask(guard), Accepted)
    guard.log_out("alice")
    assert ask(guard).refusal.reason == "logged-out"
    logouts.close()
    awaited = Guard(users_with(SQLLogouts(url)), "home", keys=KEYS)
    with pytest.raises(SourceUnavailable):
        awaited.log_out("alice")


def test_a_table_that_is_missing(tmp_path):
    """Nobody is let in, and nobody is told that he is out."""
    logouts = BlockingSQLLogouts(create_engine(f"sqlite:///{tmp_path}/empty.db"))
    guard, client = Guard(users_with(logouts), "home"), DigestClient("alice", "s3cret")
    refused = guard.check("GET", "/", {})
    assert isinstance(refused, Refused)
    client.challenged([value for _, value in refused.fields], None)
    field = client.authorization("GET", "/")
    assert field is not None
    outcome = guard.check("GET", "/", {"Authorization": field})
    assert isinstance(outcome, Refused)
    assert outcome.status == 503
    with pytest.raises(SourceUnavailable):
        guard.log_out("alice")
    logouts.close()


def test_what_the_users_can_is_handed_on(tmp_path):
    """Userhashes, counts, roles and spellings of the source are those of both together."""
    logouts = SQLLogouts(f"sqlite:///{tmp_path}/logouts.db")

    class Roled(MappingUsers):
        """Who has roles."""

        __slots__ = ()

        def roles(self, username, realm):
            """See RoledUsers."""
            return [f"{username} of {realm}"]

    known: Any = Roled({"alice": "pw"}, "r", [MD5])
    both: Any = with_logouts(known, logouts)
    assert isinstance(with_logouts(known, logouts), UsersByHash)
    assert both.by_userhash(MD5.hexdigest(b"alice:r"), "r", MD5) == "alice"
    assert both.ha1("alice", "r", MD5) == MD5.hexdigest(b"alice:r:pw")
    assert both.count_hashes("r") == known.count_hashes("r")
    assert both.roles("alice", "r") == ["alice of r"]
    assert both.knows_spellings is known.knows_spellings
    plain: Any = with_logouts(CallableUsers(lambda *_: None), logouts)
    assert not isinstance(plain, UsersByHash)
    assert (plain.count_hashes("r"), plain.roles("a", "r"), plain.knows_spellings) == (None, (), False)
    assert "logouts.db" in repr(plain)


def test_settings(tmp_path):
    """What cannot work is refused, a password is not shown, and the file is private."""
    wrong: Any
    for wrong in (5, None, "htdigest:///x", SQLLogouts):
        with pytest.raises(ConfigurationError):
            SQLLogouts(wrong)
        with pytest.raises(ConfigurationError):
            BlockingSQLLogouts(wrong)
    wrong = create_engine("sqlite://")
    with pytest.raises(ConfigurationError, match="BlockingSQLLogouts"):
        SQLLogouts(wrong)
    with pytest.raises(ConfigurationError, match="table"):
        SQLLogouts("sqlite://", table="")
    logouts = SQLLogouts(f"sqlite:///{tmp_path}/logouts.db")
    assert "hidden" not in repr(SQLLogouts("postgresql://app:hidden@db/app"))
    users: Any
    keeps: Any
    for users, keeps in (({"alice": "pw"}, logouts), (SQLUsers("sqlite://"), {}), (SQLUsers("sqlite://"), SQLLogouts)):
        with pytest.raises(ConfigurationError):
            with_logouts(users, keeps)

    async def made():
        await waited(logouts.create_table())
        await waited(logouts.close())

    asyncio.run(made())
    assert (tmp_path / "logouts.db").stat().st_mode & 0o777 == 0o600


def test_a_fork(tmp_path):
    """A child leaves the connections of its parent alone, and has its own; so do users in a database."""
    logouts = BlockingSQLLogouts(create_engine(f"sqlite:///{tmp_path}/logouts.db"))
    logouts.create_table()
    logouts.log_out("alice", "r", 5)
    users = SQLUsers(f"sqlite:///{tmp_path}/users.db")
    asyncio.run(users.create_table())

    def kept():
        # The first releases of SQLAlchemy 2 keep no connection to a file.
        pools: list[Any] = [logouts.engine.pool, users.engine.pool]
        return [None if isinstance(pool, NullPool) else pool.checkedin() for pool in pools]

    before = kept()
    assert 0 not in before
    kept_by_child, seen_by_child = in_child(lambda: (kept(), logouts.logged_out("alice", "r")))
    assert not any(kept_by_child)
    assert seen_by_child == 5
    assert kept() == before
    logouts.close()
    asyncio.run(users.close())
