"""A refusal does not tell a wrong password from a name that nobody has: not by its error, nor by the work it took."""

from __future__ import annotations

import pytest

from digest_http.errors import DigestError, LogonDenied
from tests.sasl.user_hash import HA1
from tests.support.hash_calls import hash_calls

#: What a source may hold of a user, by how it is kept; the last ones are nothing that anybody could log in with.
KEPT = {
    "password": "secret",
    "other-alphabet": "ÿœ я",
    "long": "x" * 40,
    "raw-hash": HA1,
    "hex-hash": HA1.hex().encode(),
    "hex-in-capitals": HA1.hex().upper().encode(),
    "empty": "",
    "no-octets": b"",
    "short-hash": b"short",
    "no-hex": b"g" * 32,
    "not-ascii": b"\xff" * 32,
    "longer-hash": b"a" * 64,
    "half-a-character": "\ud800",
}

NAMES = ["chris", "Zoë", "я"]


def refusal(pair, users, username, password):
    """What a server did with one login: the error, and the calls of hashes it took."""
    both = pair(client={"username": username, "password": password}, server={"users": users})
    response = both.client.step(both.server.step())
    caught: list[DigestError] = []

    def judge():
        try:
            both.server.step(response)
        except DigestError as error:
            caught.append(error)

    calls = hash_calls(judge)
    (error,) = caught
    return type(error), str(error), error.reason, calls


@pytest.mark.parametrize("password", ["wrong", "falsch ü", "\x7f"])
@pytest.mark.parametrize("username", NAMES)
@pytest.mark.parametrize("kept", KEPT)
def test_a_refusal_tells_nothing(pair, kept, username, password):
    """The same error, text and number of hashes for a user kept in any way and for nobody."""
    known = refusal(pair, {username: KEPT[kept]}, username, password)
    unknown = refusal(pair, {}, username, password)
    assert known[0] is LogonDenied
    assert known[:3] == unknown[:3]
    assert sorted(known[3]) == sorted(unknown[3])
    assert known[3]


def test_who_is_right_is_not_kept_waiting(pair):
    """The forms that are tried so that nothing is told cost those who know the password nothing."""
    both = pair()
    response = both.client.step(both.server.step())
    right = hash_calls(lambda: both.server.step(response))
    assert len(right) < len(refusal(pair, {"chris": "secret"}, "chris", "wrong")[3])
