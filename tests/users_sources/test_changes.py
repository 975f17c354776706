"""set, delete and list of the sources that can be changed: the old password opens nothing any more, at once."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import ConfigurationError
from digest_http.users import HtdigestUsers, MappingUsers
from digest_http.users.sql import SQLUsers
from tests.attacks.signing import ha1

REALM = "Staff area"


class Door:
    """A source, asked in one way whatever it is."""

    def __init__(self, users: Any, *place: str) -> None:
        self.users, self.place = users, place

    def done(self, answer: Any) -> Any:
        """What a method gave, awaited if need be."""

        async def awaited() -> Any:
            found = await answer
            await self.users.close()
            return found

        return asyncio.run(awaited()) if inspect.isawaitable(answer) else answer

    def set(self, name: Any, password: Any) -> Any:
        """Set a password."""
        return self.done(self.users.set(name, *self.place, password))

    def delete(self, name: str) -> Any:
        """Delete a user."""
        return self.done(self.users.delete(name, *self.place))

    def list(self) -> Any:
        """All names."""
        return self.done(self.users.list(*self.place))

    def hashes(self, name: str) -> dict[str, str]:
        """H(A1) of a user, by hash."""
        found = {
            base: self.done(self.users.ha1(name, REALM, by_name(base))) for base in ("MD5", "SHA-256", "SHA-512-256")
        }
        return {base: octets.decode() for base, octets in found.items() if octets is not None}


def mapping(_folder: Any) -> Door:
    """In memory."""
    return Door(MappingUsers({}, REALM, [by_name("SHA-256"), by_name("MD5")]))


def htdigest(folder: Any) -> Door:
    """In a file, which another realm shares."""
    path = folder / "users"
    path.write_text(f"# theirs\nalice:elsewhere:{'0' * 32}\n")
    path.chmod(0o600)
    return Door(HtdigestUsers(path, REALM))


def sql(folder: Any) -> Door:
    """In a table."""
    door = Door(SQLUsers(f"sqlite:///{folder}/users.db"), REALM)
    door.done(door.users.create_table())
    return door


SOURCES = [mapping, htdigest, sql]


def of(password: str, *bases: str, name: str = "alice") -> dict[str, str]:
    """What has to be found."""
    return {base: ha1(base, name, REALM, password) for base in bases or ("MD5", "SHA-256")}


@pytest.mark.parametrize("source", SOURCES)
def test_a_user_comes_changes_and_goes(source, tmp_path):
    """Each step counts at once."""
    door = source(tmp_path)
    assert door.list() == []
    door.set("alice", "s3cret")
    door.set("bob", "b0b")
    assert (door.list(), door.hashes("alice")) == (["alice", "bob"], of("s3cret"))
    door.set("alice", "n3w")
    assert door.hashes("alice") == of("n3w")
    assert door.hashes("bob") == of("b0b", name="bob")
    assert door.delete("alice")
    assert not door.delete("alice")
    assert (door.list(), door.hashes("alice")) == (["bob"], {})


@pytest.mark.parametrize("source", SOURCES)
def test_one_name_in_two_spellings(source, tmp_path):
    """It is one user, named in Normalization Form C."""
    door = source(tmp_path)
    door.set("Zoe\u0308", "s3cret")
    door.set("Zoë", "n3w")
    assert door.list() == ["Zoë"]
    assert door.hashes("Zoë") == of("n3w", name="Zoë")
    assert door.delete("Zoe\u0308")
    assert door.list() == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    ("name", "password"),
    [("", "x"), ("a:b", "x"), ("a\n", "x"), (1, "x"), ("alice", ""), ("alice", None), ("alice", "\ud800")],
)
def test_what_cannot_be_set(source, name, password, tmp_path):
    """Nothing is written, and the error holds no password."""
    door = source(tmp_path)
    with pytest.raises(ConfigurationError):
        door.set(name, password)
    assert door.list() == []


@pytest.mark.parametrize("source", [htdigest, sql])
@pytest.mark.parametrize("bases", [("MD5",), ("SHA-512-256",), ("MD5", "SHA-256", "SHA-512-256")])
def test_the_hashes_that_are_there(source, bases, tmp_path):
    """A password is written for those that the realm has, so none of the old one stays and none on offer is missing."""
    door = source(tmp_path)
    if source is sql:
        old = {base: digits.encode() for base, digits in of("old", *bases).items()}
        door.done(door.users.replace("alice", REALM, old))
    else:
        marks = {base: "" if base == "MD5" else f"{base}:" for base in bases}
        with door.users.path.open("a") as file:
            file.writelines(f"alice:{REALM}:{marks[base]}{digits}\n" for base, digits in of("old", *bases).items())
    door.set("alice", "n3w")
    door.set("bob", "b0b")
    assert door.hashes("alice") == of("n3w", *bases)
    assert door.hashes("bob") == of("b0b", *bases, name="bob")


def test_what_is_not_ours_in_a_file(tmp_path):
    """Comments and other realms stay, and so does the mode of the file."""
    door = htdigest(tmp_path)
    before = door.users.path.read_text()
    door.set("alice", "s3cret")
    assert door.users.path.read_text().startswith(before)
    assert door.users.path.stat().st_mode & 0o777 == 0o600
    door.delete("alice")
    assert door.users.path.read_text() == before
