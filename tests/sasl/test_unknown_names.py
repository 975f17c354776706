"""A refusal does not tell a wrong password from a name that nobody has: not by its error, nor by the work it took."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http.errors import DigestError, LogonDenied
from digest_http.sasl import proving
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


#: How a client spells and hashes what it sends: by the server's charset, or by none.
CLIENTS: dict[str, dict[str, Any]] = {
    "downgraded": {"downgrade": True},
    "password-downgraded": {"downgrade": "password"},
    "utf-8": {"downgrade": False},
    "no-charset": {},
}

#: Realms that are offered, and the one that comes back.
REALMS = {"host": (None, None), "none": ((), None), "none-own": ((), "Königreich"), "several": (("a", "b"), "b")}


def refusal(pair, users, username, password, *, kind="downgraded", realms=(None, None)):
    """What a server did with one login: the error, the calls of hashes it took, and how often it asked."""
    asked: list[object] = []

    def look_up(*who):
        asked.append(who)
        return users.get(who[0])

    both = pair(
        client={"username": username, "password": password, "realm": realms[1], **CLIENTS[kind]},
        server={"users": look_up, "realms": realms[0]},
    )
    challenge = both.server.step()
    if kind == "no-charset":
        challenge = challenge.replace(b"charset=utf-8,", b"")
    response = both.client.step(challenge)
    caught: list[DigestError] = []

    def judge():
        try:
            both.server.step(response)
        except DigestError as error:
            caught.append(error)

    calls = hash_calls(judge)
    (error,) = caught
    assert len(asked) == 1
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


@pytest.mark.parametrize("realms", REALMS)
@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("username", ["chris", "Zoë"])
def test_a_refusal_tells_nothing_in_any_charset(pair, username, kind, realms):
    """However the client spells names, and whatever realm it says; names that no charset holds are not sent."""
    given = {"kind": kind, "realms": REALMS[realms]}
    refusals = [
        refusal(pair, users, username, "wrong ü", **given)
        for users in ({}, *({username: KEPT[kept]} for kept in ("password", "other-alphabet", "raw-hash", "no-hex")))
    ]
    assert {one[:3] for one in refusals} == {refusals[0][:3]}
    assert {tuple(sorted(one[3])) for one in refusals} == {tuple(sorted(refusals[0][3]))}


@pytest.mark.parametrize("kept", [None, "", b"short", "secret", HA1])
def test_the_password_of_nobody(pair, kept):
    """Who knows what is hashed in place of a password gets neither in nor a shorter answer."""
    users = {} if kept is None else {"chris": kept}
    probe = refusal(pair, users, "chris", proving._NOBODY)  # noqa: SLF001  # what a stranger would try
    usual = refusal(pair, {"chris": "secret"}, "chris", "wrong")
    assert probe == usual


def test_who_is_right_is_not_kept_waiting(pair):
    """The forms that are tried so that nothing is told cost those who know the password nothing."""
    both = pair()
    response = both.client.step(both.server.step())
    right = hash_calls(lambda: both.server.step(response))
    assert len(right) < len(refusal(pair, {"chris": "secret"}, "chris", "wrong")[3])
