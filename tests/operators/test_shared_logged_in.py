"""One table of who is logged in for all workers: it adds up, forgets in time, and knows each name from the others."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import update

from digest_http_middleware.presence import NONCES_OF_USER, Presence
from digest_http_middleware.presence_table import ROWS_AT_ONCE

from .served import ADDRESS
from .shared_tables import Opens, rows
from .test_logged_in import Clock, accepted

pytestmark = pytest.mark.usefixtures("patience")


def test_all_workers_are_one_table(opens: Opens, clock: Clock) -> None:
    """Requests add up, a nonce that two workers saw is one, and the client is that of the last request."""
    one, two, three = opens(), opens(), opens()
    one(accepted(nonce_id=1, client="192.0.2.1"))
    assert [(each.requests, each.nonces) for each in three.users()] == []
    assert [(each.requests, each.nonces) for each in one.users()] == [(1, 1)]
    clock.now += 10.5
    two(accepted(nonce_id=1, client="192.0.2.2"))
    two(accepted(nonce_id=2**150, client="192.0.2.3"))
    clock.now += 1
    one(accepted("bob", client=None))
    two.users()
    alice = Presence("alice", "wonder", 1000.0, 1010.5, "192.0.2.3", 3, 2)
    assert one.users() == [Presence("bob", "wonder", 1011.5, 1011.5, None, 1, 1), alice]
    assert three.users() == one.users()
    assert rows(three) == 2


def test_who_wrote_late_was_not_seen_last(opens: Opens, clock: Clock) -> None:
    """A worker that writes an older request later changes neither the time nor the address of the last one."""
    early, late = opens(), opens()
    early(accepted(client="192.0.2.1"))
    clock.now += 5
    late(accepted(client="192.0.2.2"))
    late.write()
    assert early.users() == [Presence("alice", "wonder", 1000.0, 1005.0, "192.0.2.2", 2, 1)]


def test_who_was_not_seen_for_a_lifetime_is_gone(opens: Opens, clock: Clock) -> None:
    """Row and all; who is seen by one worker stays whole, though others have long forgotten him."""
    one, two = opens(), opens()
    one(accepted("bob"))
    for number in range(10):
        (one, two)[number % 2](accepted(nonce_id=number))
        one.write()
        two.write()
        clock.now += 200
    assert two.users() == [Presence("alice", "wonder", 1000.0, 2800.0, ADDRESS, 10, 1)]
    assert rows(two) == 1
    clock.now += 100.001
    assert one.users() == []
    assert rows(one) == 0


def test_a_nonce_is_as_old_as_its_first_request(opens: Opens, clock: Clock) -> None:
    """Whichever worker it came to, and whichever wrote first."""
    one, two = opens(), opens()
    one(accepted())
    clock.now += 200
    two(accepted())
    two.write()
    assert [(each.requests, each.nonces) for each in one.users()] == [(2, 1)]
    two(accepted())
    two.write()
    clock.now += 101
    assert [(each.requests, each.nonces) for each in one.users()] == [(3, 0)]


def test_what_waited_for_more_than_a_lifetime_is_not_added(opens: Opens, clock: Clock) -> None:
    """A worker that could not write so long changes nothing for who came back to another."""
    one, two = opens(), opens()
    one(accepted())
    clock.now += 301
    two(accepted())
    two.write()
    assert one.users() == [Presence("alice", "wonder", 1301.0, 1301.0, ADDRESS, 1, 1)]


def test_a_write_deletes_what_is_over(opens: Opens, clock: Clock) -> None:
    """Also where nobody ever asks who is there, the table has only rows of those who are."""
    table = opens()
    for number in range(2 * ROWS_AT_ONCE + 1):
        table(accepted(f"user{number}"))
    table.write()
    assert rows(table) == 2 * ROWS_AT_ONCE + 1
    clock.now += 301
    table(accepted())
    table.write()
    assert rows(table) == 1


def test_who_comes_back_begins_anew(opens: Opens, clock: Clock) -> None:
    """After a lifetime away he was first seen now, whether his row is still there, or was never written."""
    table = opens()
    table(accepted())
    table.write()
    table(accepted("bob"))
    clock.now += 301
    table(accepted(nonce_id=9))
    table(accepted("bob"))
    anew = [Presence(name, "wonder", 1301.0, 1301.0, ADDRESS, 1, 1) for name in ("alice", "bob")]
    assert sorted(table.users()) == anew


#: What no header brings, and what no column of text could hold, is a name like any other here.
NAMES = ["alice", "ALICE", "alice ", "Zoë", "Zoe\u0308", "", "a\0b", "\ud800", "' OR 1=1 --", "a:b", "x" * 255]


@pytest.mark.once
def test_each_name_has_a_row(opens: Opens) -> None:
    """Whatever it holds, in the realm that it is of; none is taken for another, and none keeps others from a row."""
    table = opens()
    users = [*itertools.product(NAMES, NAMES), ("ab", "c"), ("a", "bc")]
    for realm, name in users:
        table(accepted(name, realm=realm, client=name))
    assert sorted((each.realm, each.username, each.client) for each in table.users()) == sorted(
        (realm, name, name) for realm, name in users
    )


def test_long_names_are_shown_in_part(opens: Opens) -> None:
    """And yet are not taken for one another."""
    table = opens()
    for end in "ab":
        table(accepted("\N{GRINNING FACE}" * 70_000 + end))
    shown = "\N{GRINNING FACE}" * 254 + "\N{HORIZONTAL ELLIPSIS}"
    assert [(each.username, each.requests) for each in table.users()] == [(shown, 1)] * 2


def test_nonces_of_a_user_are_bounded(opens: Opens, clock: Clock) -> None:
    """The newest of all workers stay."""
    one, two = opens(), opens()
    for number in range(100):
        one(accepted(nonce_id=number))
        two(accepted(nonce_id=-number))
        clock.now += 1
    one.write()
    (alice,) = two.users()
    assert (alice.requests, alice.nonces) == (200, NONCES_OF_USER)


@pytest.mark.parametrize("junk", ["", "[]", "5", '{"x": "y"}', '{"1": null}', '{"1": 1e999}', "{", "[" * 9000])
def test_what_others_wrote_into_a_row_harms_none(opens: Opens, junk: str) -> None:
    """Nonces that cannot be read are none, and the row is written again."""
    table = opens()
    table(accepted())
    table.write()
    inner = table._table  # noqa: SLF001 - to break it
    with inner.engine.begin() as connection:
        connection.execute(update(inner.table).values(nonces=junk, client=b"192.0.2.\xff"))
    assert [(each.nonces, each.client) for each in table.users()] == [(0, "192.0.2.\ufffd")]
    table(accepted())
    assert [(each.requests, each.nonces) for each in table.users()] == [(2, 1)]
