"""Realms and names that some browser cannot send are warned of when they are set."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.users import MappingUsers
from tests.attacks.driver import Server


def warnings(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """The warnings so far, each with its logger."""
    return [(record.name, record.getMessage()) for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("realm", ["home", "Staff area, 2; a=b", "<b>", "it's", "x" * 300, "a%20b"])
def test_realms_that_every_browser_can_send(caplog: pytest.LogCaptureFixture, realm: str) -> None:
    """Nothing is said."""
    Server(realm=realm)
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("realm", "said"),
    [
        ("Büro", "realm 'Büro' is not ASCII: people with Firefox or WebKitGTK cannot log in"),
        ("\u65e5", "realm '\u65e5' is not ASCII: people with Firefox or WebKitGTK cannot log in"),
        ('the "x"', 'realm \'the "x"\' holds " or \\: people with Firefox cannot log in'),
        ("a\\b", "realm 'a\\\\b' holds \" or \\: people with Firefox cannot log in"),
        ('ü"', "realm 'ü\"' is not ASCII: people with Firefox or WebKitGTK cannot log in"),
    ],
)
def test_realms_that_some_browser_cannot_send(caplog: pytest.LogCaptureFixture, realm: str, said: str) -> None:
    """One line when the middleware is made, none while it serves."""
    server = Server(realm=realm)
    server.request()
    assert warnings(caplog) == [("digest_http.middleware", said)]


@pytest.mark.parametrize(
    ("names", "number"), [(["alice", "a b", 'q"u', "it's"], 0), (["alice", "Zoë"], 1), (["é", "漢", "a"], 2)]
)
@pytest.mark.parametrize("kind", ["mapping", "object", "file"])
def test_names(caplog: pytest.LogCaptureFixture, tmp_path: Path, kind: str, names: list[str], number: int) -> None:
    """One line that counts them, with no name in it."""
    users: Any = dict.fromkeys(names, "pw")
    where = "the mapping of realm 'wonder'"
    if kind == "object":
        users = MappingUsers(users, "wonder", [by_name("MD5")])
    elif kind == "file":
        path = tmp_path / "users"
        path.write_text("".join(f"{name}:wonder:{'0' * 32}\n" for name in ["eve", *names]), encoding="utf-8")
        path.chmod(0o600)
        users, names, where = f"htdigest:///{path}", ["eve", *names], str(path)
    Server(users=users)
    said = f"{number} of {len(names)} user names in {where} are not ASCII: their owners cannot log in with Firefox"
    assert warnings(caplog) == ([("digest_http.users", said)] if number else [])
