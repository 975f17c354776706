"""Nothing that a stranger sees tells a name that exists from one that does not; the log does."""

import logging
from typing import Any

import pytest

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.users import MappingUsers
from tests.attacks.driver import REALM, Server, run
from tests.attacks.signing import h
from tests.support.hash_calls import hash_calls

# Which answers a stranger gets hangs on no interpreter.
pytestmark = pytest.mark.once

ALGORITHMS = ["SHA-256", "MD5", "SHA-512-256", "MD5-sess", "SHA-256-sess"]
DENIAL: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}
PASSWORDS = {"alice": "s3cret", "Zoë": "pässword", "x" * 300: "pw"}


class Counting:
    """A source with a password for each name, that writes down what it is asked; `form` is what it gives for H(A1)."""

    def __init__(self, form, *, by_hash):
        self.form = form
        self.asked: list[str] = []
        self._mapping = MappingUsers(PASSWORDS, REALM, [by_name(name) for name in ALGORITHMS])
        if by_hash:
            self.by_userhash = self._by_userhash

    def ha1(self, username, realm, algorithm):
        """See Users.ha1."""
        self.asked.append("ha1")
        found = self._mapping.ha1(username, realm, algorithm)
        return None if found is None else self.form(found)

    def _by_userhash(self, userhash, realm, algorithm):
        self.asked.append("by_userhash")
        return self._mapping.by_userhash(userhash, realm, algorithm)


#: What a source may hold for a known name. The ones below the second are no H(A1): such a user cannot log in.
FORMS = {
    "octets": lambda found: found,
    "text": lambda found: found.decode(),
    "capitals": lambda found: found.upper(),
    "empty": lambda _: b"",
    "cut": lambda found: found[:-1],
    "locked": lambda found: b"!" + found[1:],
    "word": lambda _: "None",
}

#: How a stranger may try a name: the parameters put into the header beside or in place of what a client sends.
TRIES: dict[str, Any] = {
    "wrong-password": {},
    "other-realm": {"realm": "elsewhere"},
    "realm-sent-only": {"late": {"realm": "elsewhere"}},
    "no-response": {"late": {"response": ""}},
    "long-response": {"late": {"response": "0" * 3000}},
    "foreign-nonce": {"nonce": "0" * 78},
    "high-count": {"nc": 0xFFFFFFFF},
    "auth-int": {"body": b""},
}


def attempt(server, username, algorithm, changes, *, hashed=False, method="GET", **extra):
    """One try with a wrong password: what came back less what differs by chance, its hashes, and the log's reason."""
    signer = server.signer(username, "not the password", algorithm)
    changes = dict(changes)
    late = dict(changes.pop("late", {}))
    if hashed:
        late |= {"username": h(algorithm, f"{username}:{REALM}"), "userhash": "true"}
    field = signer.sign("GET", "/x", changes.pop("nc", 1), late=late, **changes)
    responses = []
    calls = hash_calls(lambda: responses.append(server.request(method, "/x", field, **extra)))
    (response,) = responses
    nonces = [challenge["nonce"].encode() for challenge in response.challenges]
    shown = repr([{**message} for message in response.messages]).encode()
    for nonce in nonces:
        shown = shown.replace(nonce, b"")
    return shown, sorted(calls)


@pytest.mark.obeys("no-oracle")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tried", TRIES)
@pytest.mark.parametrize("hashed", [False, True], ids=["name", "userhash"])
def test_an_answer_tells_nothing(algorithm, form, tried, hashed):
    """The same octets, hashes and look-ups for names that exist and names that do not, the public reason among them."""
    by_hash = hashed and algorithm != "MD5"  # MD5 stands for the sources that cannot find a user by hash
    users = Counting(FORMS[form], by_hash=by_hash)
    server = Server(
        users=users,
        algorithms=ALGORITHMS,
        userhash=True,
        answer=lambda _scope, refusal: ("text/plain", repr(refusal).encode()),
    )
    seen = []
    for name in (*PASSWORDS, "mallory", "Zoe\u0308x", "y" * 300):
        users.asked.clear()
        shown, calls = attempt(server, name, algorithm, TRIES[tried], hashed=hashed)
        assert b"wrong-credentials" in shown
        assert b" 401" in shown
        seen.append((shown, calls, list(users.asked)))
    assert all(one == seen[0] for one in seen)


@pytest.mark.parametrize("extra", [{}, DENIAL], ids=["closed", "denied"])
def test_a_handshake_tells_nothing(extra):
    """Neither the reason of a close nor the answer to a handshake."""
    server = Server(users=PASSWORDS)
    names = ("alice", "mallory")
    seen = [attempt(server, name, "SHA-256", {}, method="WEBSOCKET", **extra)[0] for name in names]
    assert seen[0] == seen[1]
    for name in names:
        assert name.encode() not in seen[0]
        assert b"unknown" not in seen[0]


def test_a_body_too_large_tells_nothing():
    """413 comes before anybody is looked up, for every name alike."""
    users = Counting(FORMS["octets"], by_hash=False)
    server = Server(users=users, max_body=10, qop=["auth-int"])
    for name in ("alice", "mallory"):
        signer = server.signer(name)
        response = server.request("POST", "/x", signer.sign("POST", body=b"x" * 11), body=b"x" * 11)
        assert (response.status, users.asked) == (413, [])


def test_a_store_that_is_down_tells_nothing():
    """It is asked for those alone who know a password, so a stranger is refused as ever."""

    class Down:
        epoch = b"00000000"

        def advance(self, *_arguments):
            raise OSError("down")

    server = Server(store=Down())
    assert [server.get(server.signer(name, "wrong")).status for name in ("alice", "mallory")] == [401, 401]
    assert server.get(server.signer()).status == 503


@pytest.mark.parametrize(
    ("reason", "name", "changes"),
    [
        ("wrong-digest", "alice", {}),
        ("unknown-user", "mallory", {}),
        ("wrong-realm", "alice", {"realm": "elsewhere"}),
    ],
)
def test_the_log_is_told(caplog, reason, name, changes):
    """The exact reason begins the message and is a field of the event, and it is in no part of the refusal."""
    caplog.set_level(logging.INFO, "digest_http.middleware")
    refusals: list[Any] = []

    def answer(_scope, refusal):
        refusals.append(refusal)
        return "text/plain", b""

    server = Server(answer=answer)
    server.get(server.signer(name, "wrong"), **changes)
    record = caplog.records[-1]
    assert (record.getMessage().partition(" ")[0], vars(record)["digest_reason"]) == (reason, reason)
    assert refusals[-1].reason == "wrong-credentials"
    assert reason not in repr(refusals[-1])


def test_who_knows_the_password_is_told_more():
    """Reasons of nonces and counts come after a right digest only, so they may be public."""
    reasons = []

    def answer(_scope, refusal):
        reasons.append(refusal.reason)
        return "text/plain", b""

    server = Server(answer=answer)
    signer = server.signer()
    for _ in range(2):
        server.get(signer)
    server.get(server.signer(), nonce="0" * 78)
    assert reasons == ["no-credentials", "nc-replayed", "no-credentials", "nonce-foreign"]


def test_sources_that_wait():
    """An asynchronous source is asked the same of every name."""
    asked = []

    async def look_up(username, realm, algorithm):
        asked.append(username)
        if username != "alice":
            return None
        return calculation.user_hash(algorithm, b"alice", realm.encode(), b"s3cret").hex()

    server = Server(users=look_up)
    for name in ("alice", "mallory"):
        signer = server.signer(name, "wrong")
        assert run(server.send("GET", "/x", signer.sign())).status == 401
    assert asked == ["alice", "mallory"]
