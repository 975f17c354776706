"""A password that is refused again and again is not tried in each call, whatever the refusals look like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from digest_http.httpauth import DigestClient
from digest_http.httpauth.realm_refusals import MAX_REFUSED_REALMS, REFUSAL_SECONDS
from digest_http_client_auth.session import Session

from .dictionary_library import DictionaryLibrary, Message, call, request_to

URL = "http://server.example/a"
CALLS = 12

#: The challenges of one refusal; `turn` is how many there were before, `signed` whether the request was signed.
Refuse = Callable[[int, bool], list[str]]


def digest(realm: str, turn: int, more: str = "") -> list[str]:
    """One challenge, with a nonce of its own."""
    return [f'Digest realm="{realm}", nonce="n{turn}", qop="auth"{more}']


#: How a server refuses, and how many tries it gets within a minute.
REFUSALS: dict[str, tuple[Refuse, int]] = {
    "another realm in each 401": (lambda turn, _: digest(f"r{turn}", turn), MAX_REFUSED_REALMS),
    "the same, and stale": (lambda turn, _: digest(f"r{turn}", turn, ", stale=true"), MAX_REFUSED_REALMS),
    "another realm, and stale after a try": (
        lambda turn, signed: digest(f"r{turn}", turn, ", stale=true" if signed else ""), MAX_REFUSED_REALMS,
    ),
    "another realm in each call": (lambda turn, _: digest(f"r{turn // 2}", turn), MAX_REFUSED_REALMS),
    "another realm, then no challenge": (
        lambda turn, signed: [] if signed else digest(f"r{turn}", turn), MAX_REFUSED_REALMS,
    ),
    "another realm, then Basic": (
        lambda turn, signed: ['Basic realm="r"'] if signed else digest(f"r{turn}", turn), MAX_REFUSED_REALMS,
    ),
    "one realm": (lambda turn, _: digest("r", turn), 1),
    "one realm, then no challenge": (lambda turn, signed: [] if signed else digest("r", turn), 1),
    "one realm, then an unreadable challenge": (
        lambda turn, signed: ['Digest realm="r'] if signed else digest("r", turn), 1,
    ),
    "two realms by turns": (lambda turn, _: digest(f"r{turn % 2}", turn), 1),
}  # fmt: skip


class Refusing:
    """A server that refuses everything until `accepts`; `tries` counts what was signed."""

    def __init__(self, refuse: Refuse) -> None:
        self.refuse = refuse
        self.accepts = False
        self.turn = 0
        self.tries = 0

    def answer(self, signed: bool) -> tuple[int, list[str]]:
        """Status and challenges."""
        self.tries += signed
        if signed and self.accepts:
            return 200, []
        self.turn += 1
        return 401, self.refuse(self.turn - 1, signed)

    def __call__(self, request: Message) -> Message:
        """As `call` sends requests."""
        status, challenges = self.answer(b"authorization" in request["fields"])
        fields = [(b"www-authenticate", value.encode()) for value in challenges]
        return {"status": status, "fields": fields, "body": b"", "request": request}


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def session_at(clock: Clock, **settings: Any) -> Session[Message, Message]:
    """The usual user."""
    return Session("alice", "wrong", library=DictionaryLibrary(), clock=clock, **settings)


def statuses(server: Refusing, session: Session[Message, Message], calls: int = CALLS) -> list[int]:
    """What some calls end with."""
    return [call(session, request_to(URL), server)["status"] for _ in range(calls)]


@pytest.mark.parametrize(("refuse", "tries"), REFUSALS.values(), ids=REFUSALS)
def test_tries_of_many_calls(refuse: Refuse, tries: int) -> None:
    """So many in the first minute, and one in each minute after."""
    server, clock = Refusing(refuse), Clock()
    session = session_at(clock)
    assert statuses(server, session) == [401] * CALLS
    assert server.tries == tries
    for minute in range(1, 4):
        clock.now += REFUSAL_SECONDS + 1
        assert statuses(server, session) == [401] * CALLS
        assert server.tries <= tries + 2 * minute


@pytest.mark.parametrize(("refuse", "tries"), REFUSALS.values(), ids=REFUSALS)
def test_tries_of_the_client_without_io(refuse: Refuse, tries: int) -> None:
    """The same, where the program drives it."""
    server, clock = Refusing(refuse), Clock()
    client = DigestClient("alice", "wrong", clock=clock)
    for _ in range(CALLS):
        signed = client.authorization("GET", "/a")
        for _ in range(9):
            status, challenges = server.answer(signed is not None)
            if status == 200 or not client.challenged(challenges, signed):
                break
            signed = client.authorization("GET", "/a")
        else:
            pytest.fail("a call without an end")
    assert server.tries == tries


def test_a_password_that_was_accepted() -> None:
    """Where a realm has accepted it, refusals of others take nothing back: they may be anybody's."""
    server = Refusing(lambda turn, _: digest("home", turn))
    server.accepts = True
    session = session_at(Clock())
    assert statuses(server, session, 2) == [200, 200]
    server.accepts, server.refuse = False, REFUSALS["another realm in each 401"][0]
    statuses(server, session)
    server.accepts, server.refuse = True, lambda turn, _: digest("home", turn)
    assert statuses(server, session, 2) == [200, 200]


def test_an_accepted_try_ends_it() -> None:
    """Realms that refuse one after the other, with one that accepts between them, are each tried."""
    server, session = Refusing(lambda turn, _: digest(f"r{turn}", turn)), session_at(Clock())
    for _ in range(3):
        assert statuses(server, session, MAX_REFUSED_REALMS - 1) == [401] * (MAX_REFUSED_REALMS - 1)
        server.accepts = True
        assert statuses(server, session, 1) == [200]
        server.accepts = False
        session = session_at(Clock())


def test_other_origins_are_tried() -> None:
    """One origin's refusals say nothing of another."""
    server, session = Refusing(REFUSALS["another realm in each 401"][0]), session_at(Clock())
    statuses(server, session)
    server.accepts = True
    assert call(session, request_to("http://other.example/a"), server)["status"] == 200
