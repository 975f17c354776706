"""Users in a database: SQLite in a file, PostgreSQL as a server of the tests' own."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import UsersByHash
from digest_http.users import CachedUsers, open_users
from digest_http.users.sql import SQLUsers, users_table
from digest_http.users.sql_logouts import logouts_table
from digest_http.users.urls import DATABASES
from digest_http_middleware.shared_presence import presence_table
from tests.users_sources.postgres import postgres

MD5, SHA256 = by_name("MD5"), by_name("SHA-256")


@pytest.fixture(scope="module")
def postgres_url():
    """One server for all tests of this file."""
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.live)])
def url(request, tmp_path):
    """A database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/users.db"
    return request.getfixturevalue("postgres_url")


def on(url, action):
    """What an action on users gives, in an event loop of its own."""

    async def done():
        users = SQLUsers(url)
        try:
            await users.create_table()
            async with users.engine.begin() as connection:
                await connection.execute(users.table.delete())
            return await action(users)
        finally:
            await users.close()

    return asyncio.run(done())


def hashes(name, realm, password):
    """H(A1) of both hashes."""
    return {a.base: a.hexdigest(f"{name}:{realm}:{password}".encode()) for a in (MD5, SHA256)}


def test_look_ups(url):
    """By name and by userhash, in their realm and hash; what is not there is None, and names match exactly."""

    async def action(users: Any):
        await users.replace("alice", "r", hashes("alice", "r", "pw"))
        await users.replace("Jäsøn Doe", "r", hashes("Jäsøn Doe", "r", "pw"))
        assert await users.ha1("alice", "r", SHA256) == SHA256.hexdigest(b"alice:r:pw")
        assert await users.ha1("alice", "r", by_name("MD5-sess")) == MD5.hexdigest(b"alice:r:pw")
        for name, realm in (("ALICE", "r"), ("alice", "R"), ("", "r"), ("alice ", "r"), ("' OR 1=1 --", "r")):
            assert await users.ha1(name, realm, SHA256) is None
        assert await users.ha1("alice", "r", by_name("SHA-512-256")) is None
        assert await users.by_userhash(SHA256.hexdigest("Jäsøn Doe:r".encode()), "r", SHA256) == "Jäsøn Doe"
        assert await users.by_userhash(SHA256.hexdigest(b"alice:r"), "r", MD5) is None
        assert await users.by_userhash(SHA256.hexdigest(b"alice:r"), "R", SHA256) is None

    on(url, action)


def test_changes(url):
    """A changed password replaces the old one (A42); other hashes stay; a deleted user is gone for good."""

    async def action(users: Any):
        await users.replace("alice", "r", hashes("alice", "r", "pw"))
        await users.replace("alice", "r", {"MD5": MD5.hexdigest(b"alice:r:new")})
        assert await users.ha1("alice", "r", MD5) == MD5.hexdigest(b"alice:r:new")
        assert await users.ha1("alice", "r", SHA256) == SHA256.hexdigest(b"alice:r:pw")
        assert [entry[:3] for entry in await users.entries()] == [("alice", "r", "MD5"), ("alice", "r", "SHA-256")]
        assert await users.delete("alice", "r") == 2
        assert await users.delete("alice", "r") == 0
        assert await users.by_userhash(SHA256.hexdigest(b"alice:r"), "r", SHA256) is None

    on(url, action)


def test_userhash_is_indexed(url):
    """RFC 7616 §3.4.4: or each request would hash every name there is."""

    async def action(users: Any):
        async with users.engine.connect() as connection:
            return await connection.run_sync(lambda c: inspect(c).get_indexes("digest_users"))

    (index,) = on(url, action)
    assert index["column_names"][0] == "userhash"
    assert index["unique"]


def test_names_longer_than_a_column(url):
    """A name of any length is looked up, and is nobody."""

    async def action(users: Any):
        return await users.ha1("x" * 10_000, "r", MD5)

    assert on(url, action) is None


@pytest.mark.parametrize("place", ["username", "realm"])
def test_names_that_do_not_fit_into_a_column(url, place):
    """They are refused as a setting, on each database; one that just fits is kept."""

    async def action(users: Any):
        for length in (255, 256):
            name, realm = ("x" * length, "r") if place == "username" else ("alice", "x" * length)
            if length == 255:
                await users.replace(name, realm, hashes(name, realm, "pw"))
                assert await users.ha1(name, realm, MD5) == MD5.hexdigest(f"{name}:{realm}:pw".encode())
                continue
            for change in (users.replace(name, realm, hashes(name, realm, "pw")), users.set(name, realm, "pw")):
                with pytest.raises(ConfigurationError, match=f"{place} has 256 characters"):
                    await change
        assert len(await users.entries()) == 2

    on(url, action)


@pytest.mark.parametrize(
    "text", ["a\0b", "\0", "\ud800", "\udfff\ud800", "x" * 300, "x" * 70_000, "\x01", "\x85"], ids=ascii
)
def test_what_no_database_can_hold(url, text):
    """It is no user, in whichever place it stands: never an error of the database, which would be a 503."""

    async def action(users: Any):
        await users.replace("alice", "r", hashes("alice", "r", "pw"))
        for name, realm in ((text, "r"), ("alice", text), (text, text)):
            assert await users.ha1(name, realm, SHA256) is None
            assert await users.delete(name, realm) == 0
        assert await users.list("r") == ["alice"]
        for name in (text, "alice"):
            if len(text) < 10:
                with pytest.raises(ConfigurationError):
                    await users.replace(name, "r" if name == text else text, hashes("alice", "r", "pw"))

    on(url, action)


def test_settings(tmp_path):
    """The URL names the database, and may name the table and a cache; the password is in no repr."""
    users = open_users(f"sqlite:///{tmp_path}/users.db?table=people&cache=3", "r", [MD5])
    assert isinstance(users, CachedUsers)
    assert isinstance(users.users, SQLUsers)
    assert isinstance(users.users, UsersByHash)
    assert users.users.table.name == "people"
    assert users_table("people").c.keys() == users.users.table.c.keys()
    assert str(users.users.engine.url) == f"sqlite+aiosqlite:///{tmp_path}/users.db"
    assert "s3cret" not in repr(open_users("postgresql://u:s3cret@127.0.0.1:1/x", "r", [MD5]))


@pytest.mark.parametrize("url", ["postgresql+nodriver://u:s3cret@h/x", "mysql+asyncmy://u:s3cret@h/x", "oracle://["])
def test_settings_that_cannot_work(url):
    """Said where it is written, without the URL."""
    with pytest.raises(ConfigurationError) as caught:
        open_users(url, "r", [MD5])
    assert "s3cret" not in str(caught.value)


#: What these databases make no key and no index of, without being told how much of it.
NO_KEY = ("BLOB", "TEXT", "CLOB", "LONG RAW")


@pytest.mark.parametrize("database", sorted(DATABASES))
@pytest.mark.parametrize("table", [users_table(), logouts_table(), presence_table()], ids=lambda table: table.name)
def test_each_database_can_make_the_tables(database, table):
    """Each column of a key or an index has a type that MySQL and Oracle, too, make an index of."""
    dialect = make_url(f"{database}://h/d").get_dialect()()
    statements: list[Any] = [
        CreateTable(table),
        *map(CreateIndex, sorted(table.indexes, key=lambda index: str(index.name))),
    ]
    assert all(str(statement.compile(dialect=dialect)).strip() for statement in statements)
    indexed = [*table.primary_key.columns, *(column for index in table.indexes for column in index.columns)]
    types = [column.type.compile(dialect=dialect) for column in indexed]
    if database != "sqlite":
        assert not [each for each in types if each.startswith(NO_KEY)]
