"""Roles of users: from a setting, and from the source of users."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from digest_http.algorithms import Algorithm, by_name
from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import RoledUsers
from digest_http.users import CachedUsers, MappingUsers
from digest_http_middleware import DigestUser
from digest_http_middleware.roles import Roles
from tests.attacks.driver import USERS
from tests.frameworks.doors import KINDS, NOBODY, Door, known

pytestmark = pytest.mark.parametrize("kind", KINDS)


class Members(MappingUsers):
    """Users that have groups."""

    def roles(self, username: str, realm: str) -> list[str]:
        """Groups of a user."""
        assert realm == "home"
        return ["staff"] if username == "alice" else []


def members() -> Members:
    """Alice and Bob."""
    return Members(USERS, "home", [by_name("SHA-256"), by_name("MD5")])


async def awaited(username: str, _realm: str) -> list[str]:
    """A look-up that takes its time."""
    return ["editor"] if username == "alice" else []


@pytest.mark.parametrize(
    ("policy", "roles"),
    [
        ({}, []),
        ({"roles": {"alice": ["editor", "admin"]}}, ["editor", "admin"]),
        ({"roles": {"alice": ("editor", "editor")}}, ["editor"]),
        ({"roles": {"alice": []}}, []),
        ({"roles": lambda name, realm: [f"{name} of {realm}"]}, ["alice of home"]),
        ({"roles": lambda _name, _realm: {"a": 1}.keys()}, ["a"]),
        ({"roles": lambda _name, _realm: iter(["a", "b"])}, ["a", "b"]),
        ({"users": members()}, ["staff"]),
        ({"users": CachedUsers(members())}, ["staff"]),
        ({"users": members(), "roles": {"alice": ["other"]}}, ["other"]),
    ],
)
def test_who_has_which(kind: str, policy: dict[str, Any], roles: list[str]) -> None:
    """The app sees them with the user, and another user has none of them."""
    door = Door(kind, **policy)
    assert door.who("/", door.signer().sign(uri="/")) == known("alice", *roles)
    bob = door.signer(username="bob", password="b0b")
    found = door.who("/", bob.sign(uri="/"))
    assert found["user"] == "bob"
    assert not set(found["roles"]) & {"editor", "admin", "staff", "other"}


def test_names_in_another_form(kind: str) -> None:
    """A name counts in whichever Unicode form it is spelt."""
    door = Door(kind, users={"Zoe\u0308": "x"}, roles={"Zoe\u0308": ["editor"]})
    assert door.who("/", door.signer(username="Zo\u00eb", password="x").sign(uri="/")) == known("Zo\u00eb", "editor")


def test_strangers_cause_no_look_up(kind: str) -> None:
    """Roles are asked for behind the verdict."""
    asked: list[str] = []

    def roles(name: str, _realm: str) -> list[str]:
        asked.append(name)
        return []

    door = Door(kind, roles=roles, protect=["/closed"], optional=True)
    door.ask("/", door.signer(password="wrong").sign(uri="/"))
    assert door.who("/") == NOBODY
    assert asked == []


def test_awaited(kind: str) -> None:
    """ASGI awaits a look-up; WSGI blocks, so there it counts as one that failed."""
    door = Door(kind, roles=awaited)
    answer = door.who("/", door.signer().sign(uri="/"))
    assert answer == (known("alice", "editor") if kind == "asgi" else 503)


@pytest.mark.parametrize("given", ["admin", b"admin", None, 3, [1], [None], OSError("the table is gone")])
def test_a_source_that_fails_is_503(kind: str, given: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is let in with other roles than he has; and one text is no list of its letters."""

    def roles(_name: str, _realm: str) -> Any:
        if isinstance(given, Exception):
            raise given
        return given

    caplog.set_level(logging.ERROR)
    door = Door(kind, roles=roles)
    answer = door.ask("/", door.signer().sign(uri="/"))
    assert (answer.status, door.calls, answer.values("www-authenticate")) == (503, 0, [])
    assert caplog.records


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ("admin", "a function of 2 arguments"),
        (["admin"], "a function of 2 arguments"),
        (lambda name: [name], "cannot be called this way"),
        ({"alice": "admin"}, "list of roles"),
        ({"alice": [1]}, "text"),
        ({"alice": None}, "list of roles"),
        ({"a:b": []}, "colon"),
        ({"Zoe\u0308": [], "Zo\u00eb": []}, "twice"),
    ],
)
def test_settings_that_cannot_work(kind: str, roles: Any, words: str) -> None:
    """They are refused when made."""
    with pytest.raises(ConfigurationError, match=words):
        Door(kind, roles=roles)


def test_users_of_ones_own(kind: str) -> None:
    """A user has a list of roles, and a source says by a method that it has some."""

    class Source:
        def ha1(self, _username: str, _realm: str, _algorithm: Algorithm) -> None:
            """Nobody."""

        async def roles(self, _username: str, _realm: str) -> list[str]:
            """See RoledUsers."""
            return []

    assert isinstance(Source(), RoledUsers)
    assert Roles(None, Source()).given
    assert not Roles(None, MappingUsers(USERS, "home", [by_name("MD5")])).given
    assert Door(kind, users=Source(), algorithms=["MD5"]).ask("/").status == 401
    assert DigestUser("x", (role for role in ["a"])).roles == ("a",)
    for wrong, said in (("admin", ", not str"), (b"admin", ", not bytes"), (7, ", not int"), (["a", b"b"], "")):
        with pytest.raises(TypeError) as caught:
            DigestUser("x", wrong)  # type: ignore[arg-type]  # wrong on purpose
        assert str(caught.value) == f"roles are a list of text{said}"
