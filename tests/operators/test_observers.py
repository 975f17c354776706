"""What observers of a guard are told, behind every plug, and that they cannot get in a request's way."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from digest_http.errors import ConfigurationError
from digest_http.guard import Guard, Refused
from digest_http.stores import MemoryStore
from tests.attacks.driver import USERS, Server
from tests.attacks.signing import ha1

from .served import ADDRESS, DOORS, Heard, signed, signer


@pytest.fixture(params=DOORS)
def door(request):
    """Makes a door with a policy."""
    return DOORS[request.param]


def test_an_accepted_request(door):
    """Who, how, from where, with which nonce, and what each source took."""
    heard = Heard()
    opened = door(observers=[heard])
    field = signed(opened)
    assert opened.ask(field).status == 200
    challenged, accepted = heard
    assert (challenged.reason, challenged.status, challenged.username, challenged.nonce_id) == (
        "no-credentials", 401, None, None,
    )  # fmt: skip
    assert challenged.steps == ()
    assert accepted[:8] == ("wonder", "accepted", None, "alice", "MD5", "auth", ADDRESS, "GET")
    assert accepted.nonce_id
    assert [(step.source, step.failed) for step in accepted.steps] == [("users", False), ("store", False)]
    for step in accepted.steps:
        assert accepted.began <= step.began
        assert 0 <= step.seconds <= accepted.seconds


@pytest.mark.parametrize(("reason", "status", "username", "sources"), [
    ("wrong-digest", 401, "alice", ["users"]),
    ("unknown-user", 401, "mallory", ["users"]),
    ("nc-replayed", 401, "alice", ["users", "store"]),
    ("grammar", 400, None, []),
    ("users-down", 503, "alice", ["users"]),
    ("store-down", 503, "alice", ["users", "store"]),
])  # fmt: skip
def test_a_refused_request(door, reason, status, username, sources):
    """The exact reason, the claimed name, and the sources that were asked; who failed is marked."""
    heard = Heard()

    def down(*_arguments: Any, **_keywords: Any) -> Any:
        raise OSError("down")

    class Down(MemoryStore):
        advance = down

    broken: dict[str, dict[str, Any]] = {"users-down": {"users": down}, "store-down": {"store": Down()}}
    policy = broken.get(reason, {})
    opened = door(observers=[heard], **policy)
    field = signed(opened, username or "alice", "s3cret" if reason != "wrong-digest" else "wrong")
    if reason == "grammar":
        field = b"Digest ???"
    if reason == "nc-replayed":
        opened.ask(field)
    assert opened.ask(field).status == status
    event = heard[-1]
    assert (event.reason, event.status, event.username, event.nonce_id) == (reason, status, username, None)
    assert [step.source for step in event.steps] == sources
    assert [step.failed for step in event.steps] == [
        reason.startswith(source) and number == len(sources) - 1 for number, source in enumerate(sources)
    ]


def test_one_that_fails_is_logged_and_the_others_hear(door, caplog):
    """An observer that raises changes no answer."""
    heard = Heard()

    def broken(_event: object) -> None:
        raise ValueError("no metrics today")

    opened = door(observers=[broken, heard])
    assert opened.ask(signed(opened)).status == 200
    assert heard.reasons == ["no-credentials", "accepted"]
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in errors] == ["an observer failed"] * 2
    assert "no metrics today" in str(errors[0].exc_info and errors[0].exc_info[1])


def test_sources_that_are_awaited():
    """Their step lasts until they have answered; requests side by side do not mix their steps."""
    heard = Heard()
    both = asyncio.Event()
    waiting: list[str] = []

    async def found(name: str, realm: str, algorithm: Any) -> str:
        waiting.append(name)
        if len(waiting) == 2:
            both.set()
        await both.wait()
        return ha1(algorithm.name, name, realm, USERS[name])

    server = Server(users=found, algorithms=["MD5"], qop=None, observers=[heard])

    async def two() -> list[int]:
        fields = [server.signer(name, USERS[name], algorithm="MD5").sign() for name in ("alice", "bob")]
        answers = await asyncio.gather(*(server.send("GET", "/x", field) for field in fields))
        return [answer.status for answer in answers]

    assert asyncio.run(two()) == [200, 200]
    accepted = [event for event in heard if event.reason == "accepted"]
    assert {event.username for event in accepted} == {"alice", "bob"}
    for event in accepted:
        assert [step.source for step in event.steps] == ["users", "store"]
        assert sum(step.seconds for step in event.steps) <= event.seconds


def test_a_source_that_is_awaited_and_fails():
    """It is a step that failed, also where the time ran out."""
    heard = Heard()

    async def slow(*_arguments: object) -> None:
        await asyncio.Event().wait()

    server = Server(users=slow, algorithms=["MD5"], qop=None, observers=[heard], source_timeout=0.01)
    field = server.signer("alice", algorithm="MD5").sign()
    assert asyncio.run(server.send("GET", "/x", field)).status == 503
    assert [(step.source, step.failed) for step in heard[-1].steps] == [("users", True)]


def test_a_request_that_cannot_be_read():
    """Text that no octets were read from is an outcome too."""
    heard = Heard()
    guard = Guard(users=USERS, realm="wonder", observers=[heard])
    outcome = guard.check("GET", "/\u20ac", {})
    assert isinstance(outcome, Refused)
    assert outcome.status == 400
    assert (heard.reasons, heard[0].method, heard[0].client) == (["uri"], "", None)


def test_a_guard_of_one_connection_is_heard():
    """It has the observers of the guard that it was made from."""
    heard = Heard()
    Guard(users=USERS, realm="wonder", observers=[heard]).for_connection().check("GET", "/x", {})
    assert heard.reasons == ["no-credentials"]


def test_nothing_stands_in_the_way_of_a_guard_without_observers():
    """It examines as if there were none to be had: no wrapper around the order or a source."""
    bare, heard = Guard(users=USERS, realm="wonder"), Guard(users=USERS, realm="wonder", observers=[print])
    # A method, in either form; a wrapper is a function of its own.
    assert hasattr(bare.examine, "__self__")
    assert not hasattr(heard.examine, "__self__")
    for name in ("_look_up", "_count"):
        # None: the sources are called themselves.
        assert getattr(bare.examination, name) is None
        assert callable(getattr(heard.examination, name))


@pytest.mark.parametrize("kind", ["asgi", "fastapi", "wsgi"])
def test_the_address_behind_a_proxy(kind, caplog):
    """Events and lines have the address that the proxy tells."""
    heard = Heard()
    caplog.set_level(logging.DEBUG, "digest_http.middleware")
    opened = DOORS[kind](observers=[heard], trusted_proxies=["192.0.2.7"], client_header="X-Client")
    assert opened.ask(signed(opened), told=(b"x-client", b"203.0.113.5")).status == 200
    assert opened.ask(told=(b"x-client", b"203.0.113.5")).status == 401
    assert [event.client for event in heard[1:]] == ["203.0.113.5"] * 2
    lines = [record.getMessage() for record in caplog.records if record.name == "digest_http.middleware"]
    assert ["client=203.0.113.5 " in line for line in lines] == [False, True, True]


def test_no_secret_in_an_event():
    """Whoever prints an event shows neither the nonce's text nor a digest."""
    heard = Heard()
    opened = DOORS["asgi"](observers=[heard])
    client = signer(opened)
    opened.ask(client.sign(uri="/own"))
    shown = repr(heard[-1])
    for secret in (client.challenge["nonce"], client.secret, client.password, client.rspauth()):
        assert secret not in shown


@pytest.mark.parametrize("observers", [print, [5], Heard, [Heard], None, "seen", [lambda: None]], ids=repr)
def test_what_is_no_list_of_observers(door, observers):
    """ConfigurationError, when the door is made, says what to write."""
    with pytest.raises(ConfigurationError, match="observers"):
        door(observers=observers)
