"""One name in any Unicode form, in every source of users and through the middleware."""

from __future__ import annotations

import asyncio
import unicodedata
from inspect import isawaitable
from typing import Any

import pytest

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.users import CachedUsers, CallableUsers, HtdigestUsers, MappingUsers
from digest_http.users.htdigest_edit import delete, entries_in, replace
from digest_http.users.htdigest_lines import Entry, line_of
from digest_http.users.sql import SQLUsers
from tests.attacks.driver import Server

MD5, SHA256 = by_name("MD5"), by_name("SHA-256")
COMPOSED, DECOMPOSED = "Jos\u00e9", "Jose\u0301"
REALM_COMPOSED, REALM_DECOMPOSED = "Caf\u00e9", "Cafe\u0301"
BOTH = [COMPOSED, DECOMPOSED]
WRONG_NAMES = ["", "a:r", "al\nice", "al\x9bice", "al\tice"]
WRONG_REALMS = ["", "a\nb", "a\x85b"]


def hashed(name: str, realm: str = REALM_COMPOSED, password: str = "pw") -> bytes:
    """H(A1) of the octets as they are given, by MD5."""
    return calculation.user_hash(MD5, name.encode(), realm.encode(), password.encode()).hex().encode()


async def looked_up(users: Any, name: str, realm: str) -> bytes | None:
    """What a source says at last."""
    answer = users.ha1(name, realm, MD5)
    found: bytes | None = await answer if isawaitable(answer) else answer
    return found


SOURCES = ["mapping", "file", "table", "callable", "cached"]


async def source_of(kind: str, name: str, realm: str, folder: Any) -> Any:
    """A source that knows one user, set with this spelling."""
    ha1 = hashed(COMPOSED)
    if kind == "file":
        (folder / "users").write_text(f"{name}:{realm}:{ha1.decode()}\n", encoding="utf-8")
        (folder / "users").chmod(0o600)
        return HtdigestUsers(folder / "users", realm)
    if kind == "table":
        table = SQLUsers(f"sqlite:///{folder}/users.db")
        await table.create_table()
        await table.replace(name, realm, {"MD5": ha1})
        return table
    if kind == "callable":
        known = {(COMPOSED, REALM_COMPOSED): ha1}
        return CallableUsers(lambda username, place, _algorithm: known.get((username, place)))
    users = MappingUsers({name: "pw"}, realm, [MD5])
    return CachedUsers(users, 5) if kind == "cached" else users


@pytest.mark.parametrize("typed", BOTH)
@pytest.mark.parametrize("stored", BOTH)
@pytest.mark.parametrize("kind", SOURCES)
def test_each_source_finds_each_spelling(kind: str, stored: str, typed: str, tmp_path: Any) -> None:
    """Name and realm are found however they were stored and however they are asked for."""

    async def asked() -> set[bytes | None]:
        users = await source_of(kind, stored, unicodedata.normalize("NFD", REALM_COMPOSED), tmp_path)
        found = {await looked_up(users, typed, realm) for realm in (REALM_COMPOSED, REALM_DECOMPOSED)}
        assert await looked_up(users, f"{typed}\u0301", REALM_COMPOSED) is None
        if kind == "table":
            await users.close()
        return found

    spelt = typed if kind in {"mapping", "cached"} else COMPOSED
    assert asyncio.run(asked()) == {hashed(spelt)}


def test_a_cache_keeps_one_entry() -> None:
    """The forms of one name are one entry."""
    asked = []
    users = CachedUsers(CallableUsers(lambda *arguments: asked.append(arguments[0])), 5)
    for name in BOTH:
        users.ha1(name, REALM_DECOMPOSED, MD5)
    assert (len(users), asked) == (1, [COMPOSED])


def test_a_mapping_is_changed_under_either_spelling() -> None:
    """set() and remove() mean the one user."""
    users = MappingUsers({DECOMPOSED: "old"}, "r", [MD5])
    users.set(COMPOSED, "pw")
    assert users.ha1(DECOMPOSED, "r", MD5) == hashed(DECOMPOSED, "r")
    assert "of 1 users" in repr(users)
    users.remove(DECOMPOSED)
    for name in BOTH:
        assert users.ha1(name, "r", MD5) is None
        assert users.by_userhash(calculation.userhash(MD5, name.encode(), b"r"), "r", MD5) is None


def test_two_spellings_in_a_file(tmp_path: Any) -> None:
    """The file is refused as with a repeated line, which says that it may be another form."""
    path = tmp_path / "users"
    path.write_text("".join(f"{name}:r:{hashed(name, 'r').decode()}\n" for name in BOTH), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"line 2 repeats .* another Unicode form"):
        HtdigestUsers(path, "r")


def test_a_file_is_edited_under_either_spelling(tmp_path: Any) -> None:
    """A changed password takes the place of the line in the other form; del takes it out."""
    path = tmp_path / "users"
    path.write_text(f"{DECOMPOSED}:{REALM_DECOMPOSED}:{'0' * 32}\n# kept\n", encoding="utf-8")
    replace(path, [Entry(COMPOSED, REALM_COMPOSED, "MD5", "1" * 32)])
    assert path.read_text("utf-8") == f"{COMPOSED}:{REALM_COMPOSED}:{'1' * 32}\n# kept\n"
    replace(path, [Entry(DECOMPOSED, REALM_DECOMPOSED, "MD5", "2" * 32)])
    assert entries_in(path) == [Entry(COMPOSED, REALM_COMPOSED, "MD5", "2" * 32)]
    assert delete(path, DECOMPOSED, REALM_DECOMPOSED) == 1


def test_rows_that_others_wrote(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Form D is found; beside Form C neither counts, and the log says so; replace() leaves one row, delete() none."""

    async def action() -> None:
        users = SQLUsers(f"sqlite:///{tmp_path}/users.db")
        await users.create_table()

        async def write(name: str, userhash: bytes) -> None:
            async with users.engine.begin() as connection:
                row = {"username": name, "realm": "r", "algorithm": "MD5", "ha1": hashed(name, "r")}
                await connection.execute(users.table.insert().values(**row, userhash=userhash))

        right = calculation.userhash(MD5, COMPOSED.encode(), b"r")
        await write(DECOMPOSED, right)
        assert await users.ha1(COMPOSED, "r", MD5) == hashed(DECOMPOSED, "r")
        assert await users.by_userhash(right, "r", MD5) == COMPOSED
        await write(COMPOSED, b"made by hand")
        assert await users.ha1(COMPOSED, "r", MD5) is None
        assert "two Unicode forms" in caplog.text
        await users.replace(DECOMPOSED, "r", {"MD5": hashed(COMPOSED, "r")})
        assert await users.entries() == [(COMPOSED, "r", "MD5", hashed(COMPOSED, "r"))]
        await users.replace("alice", "r", {"MD5": hashed("alice", "r")})
        assert await users.delete(DECOMPOSED, "r") == 1
        assert [name for name, *_ in await users.entries()] == ["alice"]
        await users.close()

    asyncio.run(action())


def test_rows_in_neither_form(tmp_path: Any) -> None:
    """A row that is in no form at all is not found, and is mended by writing it again."""
    mixed, right = "Jose\u0301 Nu\u00f1ez", "Jos\u00e9 Nu\u00f1ez"

    async def action() -> None:
        users = SQLUsers(f"sqlite:///{tmp_path}/users.db")
        await users.create_table()
        async with users.engine.begin() as connection:
            row = {"username": mixed, "realm": "r", "algorithm": "MD5", "ha1": hashed(right, "r")}
            userhash = calculation.userhash(MD5, right.encode(), b"r")
            await connection.execute(users.table.insert().values(**row, userhash=userhash))
        assert await users.ha1(right, "r", MD5) is None
        for name, realm, base, ha1 in await users.entries():
            await users.replace(name, realm, {base: ha1})
        assert await users.ha1(right, "r", MD5) == hashed(right, "r")
        assert len(await users.entries()) == 1
        await users.close()

    asyncio.run(action())


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_names_that_are_refused_when_set(name: str, tmp_path: Any) -> None:
    """In a mapping, before and after it was made, in a line of a file and in a table."""
    users = MappingUsers({}, "r", [MD5])
    table = SQLUsers(f"sqlite:///{tmp_path}/users.db")
    for refused in (
        lambda: MappingUsers({name: "pw"}, "r", [MD5]),
        lambda: users.set(name, "pw"),
        lambda: line_of(Entry(name, "r", "MD5", "0" * 32)),
        lambda: replace(tmp_path / "users", [Entry(name, "r", "MD5", "0" * 32)], make=True),
        lambda: asyncio.run(table.replace(name, "r", {"MD5": b"0" * 32})),
    ):
        with pytest.raises(ConfigurationError):
            refused()
    assert not (tmp_path / "users").exists()


@pytest.mark.parametrize("realm", WRONG_REALMS)
def test_realms_that_are_refused_when_set(realm: str, tmp_path: Any) -> None:
    """In every source and in the middleware."""
    table = SQLUsers(f"sqlite:///{tmp_path}/users.db")
    (tmp_path / "users").touch(0o600)
    for refused in (
        lambda: MappingUsers({"alice": "pw"}, realm, [MD5]),
        lambda: HtdigestUsers(tmp_path / "users", realm),
        lambda: line_of(Entry("alice", realm, "MD5", "0" * 32)),
        lambda: asyncio.run(table.replace("alice", realm, {"MD5": b"0" * 32})),
        lambda: Server(realm=realm),
    ):
        with pytest.raises(ConfigurationError, match="realm"):
            refused()


@pytest.mark.parametrize("typed", BOTH)
@pytest.mark.parametrize("stored", BOTH)
@pytest.mark.parametrize("userhash", [False, True])
def test_the_app_learns_one_name(stored: str, typed: str, userhash: bool) -> None:
    """A client that hashes the name as it was typed is let in by a mapping, and is called by Form C."""
    server = Server(users={stored: "pw"}, userhash=userhash)
    signer = server.signer(typed, "pw")
    digits = calculation.userhash(SHA256, typed.encode(), signer.challenge["realm"].encode()).decode()
    late = {"username": digits, "userhash": "true"} if userhash else None
    assert server.get(signer, late=late).status == 200
    (scope,) = server.app.scopes
    assert (scope["user"].identity, scope["digest"].username) == (COMPOSED, COMPOSED)


@pytest.mark.parametrize("typed", BOTH)
def test_an_object_of_the_applications_own_is_asked_for_form_c(typed: str) -> None:
    """So that it may key its own table by it."""
    asked: list[str] = []

    class Own:
        def ha1(self, username: str, _realm: str, _algorithm: Any) -> None:
            """Know nobody."""
            asked.append(username)

    server = Server(users=Own())
    assert server.get(server.signer(typed)).status == 401
    assert asked == [COMPOSED]
