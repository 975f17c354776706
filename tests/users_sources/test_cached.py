"""A short memory in front of a slow source of users."""

import asyncio
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import LogoutUsers, UsersByHash
from digest_http.users import CachedUsers, CallableUsers, MappingUsers, open_users
from digest_http.users.cached import MAX_NAME

MD5 = by_name("MD5")


class Clock:
    """Seconds, moved by hand."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def asked():
    """The names that came through."""
    return []


@pytest.fixture
def source(asked):
    """Knows alice, and fails for mallory."""

    def look_up(name, _realm, _algorithm):
        asked.append(name)
        if name == "mallory":
            raise TimeoutError("slow")
        return b"a" * 32 if name == "alice" else None

    return CallableUsers(look_up)


def test_it_asks_once_while_it_remembers(source, asked):
    """Known and unknown names alike, or the time of an answer would tell them apart."""
    clock = Clock()
    users = CachedUsers(source, 5, clock=clock)
    for name, answer in (("alice", b"a" * 32), ("bob", None)) * 3:
        assert users.ha1(name, "r", MD5) == answer
    assert asked == ["alice", "bob"]
    clock.now += 5
    assert users.ha1("alice", "r", MD5) == b"a" * 32
    assert asked == ["alice", "bob", "alice"]


def test_spellings_of_one_name():
    """Each has its H(A1) where the source knows them; where it does not, one entry stands for all."""
    source = MappingUsers({"Zo\u00eb": "s3cret"}, "r", [MD5])
    users = CachedUsers(source, 5)
    assert users.knows_spellings
    for _ in range(2):
        found = {name: users.ha1(name, "r", MD5) for name in ("Zo\u00eb", "Zoe\u0308", "zo\u00eb")}
        assert found == {name: source.ha1(name, "r", MD5) for name in found}
        assert len(set(found.values())) == 3
    assert not CachedUsers(CallableUsers(lambda *_: None)).knows_spellings


def test_it_is_bounded(source, asked):
    """The oldest answer goes first."""
    users = CachedUsers(source, 5, entries=2)
    for name in ("alice", "b", "alice", "c", "c", "b", "alice"):
        users.ha1(name, "r", MD5)
        assert len(users) <= 2
    assert asked == ["alice", "b", "c", "alice"]


@pytest.mark.parametrize("after", ["alice", "bob", "carol"])
def test_what_has_expired_goes(source, asked, after):
    """With the next request, whomever it names: hit or miss."""
    clock = Clock()
    users = CachedUsers(source, 5, clock=clock)
    for name in ("alice", "bob"):
        users.ha1(name, "r", MD5)
        clock.now += 3
    assert len(users) == 2
    users.ha1(after, "r", MD5)
    assert len(users) == {"alice": 2, "bob": 1, "carol": 2}[after]
    clock.now += 100
    users.ha1("dave", "r", MD5)
    assert len(users) == 1
    assert asked == ["alice", "bob", *([after] if after != "bob" else []), "dave"]


def test_long_names_are_not_remembered(source, asked):
    """Strangers choose them; the answer is the same all the same."""
    users = CachedUsers(source)
    fits, longer = "ä" * MAX_NAME, "ä" * (MAX_NAME + 1)
    for name in (fits, longer) * 2:
        assert users.ha1(name, "r", MD5) is None
    assert asked == [fits, longer, longer]
    assert len(users) == 1


def test_failures_are_not_remembered(source, asked):
    """The next request asks again."""
    users = CachedUsers(source)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            users.ha1("mallory", "r", MD5)
    assert asked == ["mallory"] * 2


def test_realms_and_hashes_are_apart():
    """Each has its own H(A1)."""
    users = CachedUsers(CallableUsers(lambda name, realm, algorithm: f"{name}{realm}{algorithm.base}".encode()))
    assert users.ha1("a", "r", MD5) == b"arMD5"
    assert users.ha1("a", "s", MD5) == b"asMD5"
    assert users.ha1("a", "r", by_name("SHA-256-sess")) == b"arSHA-256"


def test_async_sources():
    """An awaitable is awaited once, and its answer remembered."""
    asked = []

    async def slow(name, _realm, _algorithm):
        asked.append(name)
        await asyncio.sleep(0)
        return b"x"

    users: Any = CachedUsers(CallableUsers(slow))

    async def both():
        first = users.ha1("a", "r", MD5)
        return [await first, users.ha1("a", "r", MD5)]

    assert asyncio.run(both()) == [b"x", b"x"]
    assert asked == ["a"]


@pytest.mark.parametrize("slower", [1, 4, 5, 60])
@pytest.mark.parametrize("others", [0, 1])
def test_an_answer_is_as_old_as_its_question(slower, others):
    """What was said before a change is forgotten `seconds` after it was asked, and replaces nothing newer."""
    clock, changed, asked = Clock(), {"alice": b"old", "bob": b"old"}, []

    async def scenario():
        waiting = asyncio.Event()

        async def look_up(name, _realm, _algorithm):
            found = changed[name]
            asked.append(name)
            if len(asked) == 1:
                await waiting.wait()
            return found

        users: Any = CachedUsers(CallableUsers(look_up), 5, clock=clock)
        first = asyncio.ensure_future(users.ha1("alice", "r", MD5))
        await asyncio.sleep(0)
        changed["alice"] = b"new"
        clock.now += slower
        if others:
            assert await users.ha1("bob", "r", MD5) == b"old"
            assert await users.ha1("alice", "r", MD5) == b"new"
        waiting.set()
        assert await first == b"old"

        async def seen():
            found = users.ha1("alice", "r", MD5)
            return await found if asyncio.iscoroutine(found) else found

        if others or slower >= 5:
            assert await seen() == b"new"
        clock.now = max(clock.now, 5)
        assert await seen() == b"new"

    asyncio.run(scenario())


def test_userhash_where_the_source_has_it(source):
    """A cache can find by userhash if what is behind it can."""
    assert not isinstance(CachedUsers(source, 1), UsersByHash)
    behind = MappingUsers({"alice": "pw"}, "r", [MD5])
    front = CachedUsers(behind, 1)
    assert isinstance(front, UsersByHash)
    assert front.by_userhash(MD5.hexdigest(b"alice:r"), "r", MD5) == "alice"


class KeepsLogouts:
    """A source that keeps when somebody was logged out."""

    def __init__(self):
        self.since = 0

    def ha1(self, username, realm, algorithm):
        """See Users."""

    def logged_out(self, *_user):
        """See LogoutUsers."""
        return self.since

    def log_out(self, _username, _realm, now):
        """See LogoutUsers."""
        self.since = now


class KeepsLogoutsByHash(KeepsLogouts):
    """One that finds by userhash too."""

    def by_userhash(self, *_question):
        """See UsersByHash."""
        return "alice"


@pytest.mark.parametrize("kind", [KeepsLogouts, KeepsLogoutsByHash])
def test_logouts_where_the_source_keeps_them(kind):
    """A cache hands them on, and remembers none; it claims to keep none for a source that does not."""
    assert not isinstance(CachedUsers(MappingUsers({"alice": "pw"}, "r", [MD5])), LogoutUsers)
    front: Any = CachedUsers(kind())
    assert isinstance(front, LogoutUsers)
    assert isinstance(front, UsersByHash) is (kind is KeepsLogoutsByHash)
    assert front.logged_out("alice", "r") == 0
    front.log_out("alice", "r", 7)
    assert front.logged_out("alice", "r") == 7


def test_settings(tmp_path):
    """Off unless the URL asks for it."""
    path = tmp_path / "users"
    path.write_text(f"a:r:{'0' * 32}\n", encoding="utf-8")
    assert isinstance(open_users(f"htdigest:///{path}?cache=2.5", "r", [MD5]), CachedUsers)
    assert not isinstance(open_users(f"htdigest:///{path}", "r", [MD5]), CachedUsers)
    for life in ("", "x", "0", "-1"):
        with pytest.raises(ConfigurationError):
            open_users(f"htdigest:///{path}?cache={life}", "r", [MD5])
