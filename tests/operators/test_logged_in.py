"""The table of who is logged in: of accepted requests alone, bounded, and gone when the nonces are."""

from __future__ import annotations

import threading

import pytest

from digest_http.guard import Event
from digest_http_middleware.presence import NONCES_OF_USER, LoggedIn, Presence
from tests.support.forked import held, in_child

from .served import ADDRESS, DOORS, signed, signer


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    """The time of a table."""
    return Clock()


def accepted(username="alice", nonce_id=1, realm="wonder", client=ADDRESS) -> Event:
    """What an observer is told of an accepted request."""
    return Event(realm, "accepted", None, username, "MD5", "auth", client, "GET", nonce_id, 0, 0.0, ())


def test_a_child_has_seen_nobody(clock):
    """After a fork the table of the parent stays, and the child's is empty, whoever held the lock."""
    table = LoggedIn(clock=clock)
    table(accepted())
    with held(table._lock):  # noqa: SLF001  # as another thread may
        assert in_child(lambda: [each.username for each in table.users()]) == []
    assert [each.username for each in table.users()] == ["alice"]


@pytest.mark.parametrize("kind", DOORS)
def test_who_has_logged_in(kind):
    """Those whose requests were accepted, with as many nonces as programs; nobody who was refused."""
    table = LoggedIn()
    door = DOORS[kind](observers=[table])
    first, second = signer(door), signer(door)
    for field in (first.sign(uri="/own"), first.sign(uri="/own", nc=2), second.sign(uri="/own")):
        assert door.ask(field).status == 200
    assert door.ask(signed(door, "bob", "b0b"), address="203.0.113.5").status == 200
    door.ask(signed(door, "mallory", "x"))
    door.ask(signed(door, "alice", "wrong"))
    bob, alice = table.users()
    assert (bob.username, bob.client, bob.requests, bob.nonces) == ("bob", "203.0.113.5", 1, 1)
    assert (alice.username, alice.realm, alice.client) == ("alice", "wonder", ADDRESS)
    assert (alice.requests, alice.nonces) == (3, 2)
    assert alice.first_seen <= alice.last_seen <= bob.last_seen
    assert repr(table) == "<LoggedIn with 2 users>"


def test_who_was_not_seen_for_a_lifetime_is_gone(clock):
    """A nonce is counted for a lifetime after it was first seen, a user for one after he was last seen."""
    table = LoggedIn(300, clock=clock)
    table(accepted(nonce_id=1))
    clock.now += 200
    table(accepted(nonce_id=2))
    clock.now += 100
    assert table.users() == [Presence("alice", "wonder", 1000.0, 1200.0, ADDRESS, 2, 2)]
    clock.now += 1
    assert table.users()[0].nonces == 1
    clock.now += 199
    assert len(table.users()) == 1
    clock.now += 1
    assert table.users() == []
    assert len(table) == 0


def test_who_comes_back_begins_anew(clock):
    """After a lifetime away he was first seen now, also if nobody looked meanwhile."""
    table = LoggedIn(300, clock=clock)
    table(accepted())
    clock.now += 301
    table(accepted(nonce_id=9))
    assert table.users() == [Presence("alice", "wonder", 1301.0, 1301.0, ADDRESS, 1, 1)]


def test_realms_are_apart(clock):
    """The same name in two realms is two users."""
    table = LoggedIn(clock=clock)
    table(accepted())
    table(accepted(realm="other"))
    assert [(seen.realm, seen.requests) for seen in table.users()] == [("other", 1), ("wonder", 1)]


def test_it_is_bounded(clock):
    """Who was seen least lately goes first, and so do the oldest nonces of one user."""
    table = LoggedIn(capacity=3, clock=clock)
    for number in range(10):
        table(accepted(f"user{number}"))
        table(accepted("alice", nonce_id=number))
    assert [seen.username for seen in table.users()] == ["alice", "user9", "user8"]
    for number in range(1000):
        table(accepted("alice", nonce_id=number))
    assert table.users()[0].nonces == NONCES_OF_USER


def test_threads_share_it():
    """Each request is counted once, while others look."""
    table = LoggedIn()

    def requests() -> None:
        for number in range(500):
            table(accepted(f"user{number % 7}", nonce_id=number))
            table.users()

    threads = [threading.Thread(target=requests) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(seen.requests for seen in table.users()) == 2000
