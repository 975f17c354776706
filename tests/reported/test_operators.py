"""What was reported about logs, limits and metrics: each input with its right outcome."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from digest_http.guard import Guard, Reason
from digest_http_middleware.limits import Throttle
from digest_http_middleware.presence import LoggedIn
from digest_http_middleware.shared_presence import SharedLoggedIn
from tests.attacks.driver import Server

DOCS = Path(__file__).parents[2] / "docs"


def test_the_line_of_a_failed_login_has_name_and_address(caplog: pytest.LogCaptureFixture) -> None:
    """It was the reason code alone, so that no program could ban anybody."""
    server = Server()
    server.get(server.signer(password="wrong"))
    assert caplog.records[-1].getMessage() == 'wrong-digest client=192.0.2.7 method=GET path="/x" user="alice"'


def test_failed_logins_show_without_any_setting(caplog: pytest.LogCaptureFixture) -> None:
    """Where nothing is set, Python shows what is a warning at least; nothing was."""
    server = Server()
    server.get(server.signer(password="wrong"))
    assert [record.levelno >= logging.WARNING for record in caplog.records] == [True]


def test_the_codes_are_listed() -> None:
    """They stood in no page."""
    page = (DOCS / "reasons.md").read_text(encoding="utf-8")
    assert all(f"| `{reason.value}` |" in page for reason in Reason)


def test_a_limit_answers_429() -> None:
    """It was not possible: a source of users can say no, but not later."""
    server = Server(throttle=Throttle(login="1 per minute"))
    statuses = [server.get(server.signer(password="wrong")).status for _ in range(2)]
    assert statuses == [401, 429]


@pytest.mark.parametrize("door", [Guard, Server])
def test_there_is_a_hook(door: Any) -> None:
    """Metrics had nothing to hang on."""
    heard: list[object] = []
    opened = door(users={"alice": "s3cret"}, realm="wonder", observers=[heard.append])
    if door is Guard:
        opened.check("GET", "/x", {})
    else:
        opened.request()
    assert len(heard) == 1


def test_who_is_logged_in_can_be_told() -> None:
    """With the time of the last request."""
    table = LoggedIn()
    server = Server(observers=[table])
    server.get(server.signer())
    assert [(seen.username, seen.last_seen > 0) for seen in table.users()] == [("alice", True)]


def test_who_is_logged_in_at_another_worker_can_be_told(tmp_path: Path) -> None:
    """Each worker had a table of its own, and no store could say more."""
    tables = [SharedLoggedIn(create_engine(f"sqlite:///{tmp_path}/presence.db")) for _ in range(2)]
    tables[0].create_table()
    server = Server(observers=[tables[0]])
    server.get(server.signer())
    tables[0].write()
    assert [(seen.username, seen.last_seen > 0, seen.nonces) for seen in tables[1].users()] == [("alice", True, 1)]
    for table in tables:
        table.close()


@pytest.mark.parametrize(
    "said", ["109 octets", "safer, not faster", "50 000 steps a second", "10 workers", "100 workers"]
)
def test_capacity_is_told(said: str) -> None:
    """What a worker bears, what a nonce costs, and that a cluster adds nothing to either."""
    assert said in (DOCS / "capacity.md").read_text(encoding="utf-8")
