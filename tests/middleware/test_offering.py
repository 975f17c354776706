"""What is offered follows what the users hold; what some of them lack is said in the log, once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from digest_http.errors import ConfigurationError
from digest_http.guard import offering
from digest_http.httpauth.protocols import HashCounts
from digest_http.users import CachedUsers
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import REALM, USERS, Echo, Server, run
from tests.attacks.signing import ha1

LOGGER = "digest_http.middleware"


class Holding:
    """Users with a set of hashes each, changed by hand."""

    def __init__(self, **hashes: list[str]) -> None:
        self.hashes = hashes
        self.asked = 0

    def ha1(self, username: str, realm: str, algorithm: Any) -> bytes | None:
        """See Users."""
        held = algorithm.base in self.hashes.get(username, [])
        return ha1(algorithm.base, username, realm, USERS[username]).encode() if held else None

    def count_hashes(self, realm: str) -> Any:
        """See CountedUsers."""
        assert realm == REALM
        self.asked += 1
        names = [name for held in self.hashes.values() for name in held]
        return HashCounts(len(self.hashes), {name: names.count(name) for name in names})


class Awaited(Holding):
    """The same behind a database that can be down or dead slow."""

    broken: Exception | None = None
    slow = False

    async def count_hashes(self, realm: str) -> Any:
        """See CountedUsers."""
        if self.slow:
            await asyncio.sleep(60)
        if self.broken is not None:
            self.asked += 1
            raise self.broken
        return Holding.count_hashes(self, realm)


class Counted(Holding):
    """The same with counts of a class of its own."""

    def count_hashes(self, realm: str) -> Any:
        """See CountedUsers."""
        return SimpleNamespace(**super().count_hashes(realm)._asdict())


def offered(server: Server) -> list[str]:
    """The algorithms of a fresh 401."""
    return [challenge["algorithm"] for challenge in server.request().challenges]


#: What is said of a hash that only some users have, and that nobody named.
HELD_BACK = (
    "realm 'wonder' does not offer algorithms for which only some of its 2 users have a hash: SHA-256 (missing for 1)"
)


def warnings(caplog: Any) -> list[str]:
    """What was logged as a warning, but for the lines of refused requests."""
    told = [record for record in caplog.records if record.levelno == logging.WARNING]
    return [record.getMessage() for record in told if not hasattr(record, "digest_reason")]


@pytest.mark.parametrize("wrapped", [lambda users: users, lambda users: CachedUsers(users, 60)], ids=["bare", "cached"])
@pytest.mark.parametrize("kind", [Holding, Awaited])
@pytest.mark.parametrize(
    ("hashes", "names"),
    [
        ({"alice": ["MD5"]}, ["MD5"]),
        ({"alice": ["SHA-256"]}, ["SHA-256"]),
        ({"alice": ["MD5", "SHA-256"]}, ["SHA-256", "MD5"]),
        ({"alice": ["SHA-512-256"]}, ["SHA-512-256"]),
        ({"alice": ["MD5", "SHA-256"], "bob": ["MD5"]}, ["MD5"]),
        ({"alice": ["SHA-256"], "bob": ["SHA-256", "MD5"]}, ["SHA-256"]),
    ],
)
def test_every_user_gets_in_by_the_strongest(kind: Any, wrapped: Any, hashes: dict[str, list[str]], names: Any) -> None:
    """Without `algorithms` just what all users hold is offered, so each client may take what it likes best."""
    server = Server(users=wrapped(kind(**hashes)))
    assert offered(server) == names
    for user in hashes:
        for algorithm in names:
            assert server.get(server.signer(user, USERS[user], algorithm)).status == 200


def test_a_source_that_changes_is_followed() -> None:
    """MD5 to SHA-256 while it serves: a client of before is let in again by the challenge of its refusal."""
    users = Holding(alice=["MD5"])
    server = Server(users=users)
    signer = server.signer(algorithm="MD5")
    assert server.get(signer, 1).status == 200
    users.hashes = {"alice": ["SHA-256"]}
    refused = server.get(signer, 2)
    assert (refused.status, refused.stale) == (401, False)
    assert [challenge["algorithm"] for challenge in refused.challenges] == ["SHA-256"]
    assert server.get(server.signer()).status == 200
    assert server.get(signer, 3).status == 401
    users.hashes = {"alice": ["SHA-256", "MD5"]}
    assert offered(server) == ["SHA-256", "MD5"]
    # The nonces of before the changes are as good as they were.
    assert server.get(signer, 4).status == 200


def test_a_database_is_asked_once_a_minute() -> None:
    """At the first challenge, and again when a minute is over, whatever the clock did."""
    users = Awaited(alice=["MD5"])
    server = Server(users=users)
    assert users.asked == 0
    for _ in range(3):
        assert offered(server) == ["MD5"]
    assert users.asked == 1
    users.hashes = {"alice": ["SHA-256"]}
    server.clock.now += offering.ASK_EVERY / 1e6 - 1
    assert offered(server) == ["MD5"]
    server.clock.now += 1
    assert offered(server) == ["SHA-256"]
    server.clock.now -= 3600
    assert offered(server) == ["SHA-256"]
    assert users.asked == 3


def test_a_database_is_asked_at_the_start() -> None:
    """The lifespan of the server: the first client already gets what the users hold."""
    users = Awaited(alice=["MD5"])

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        await send({"type": "lifespan.startup.complete"})

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    middleware = DigestAuthMiddleware(app, users=users, realm=REALM)
    run(middleware({"type": "lifespan"}, receive, send))
    assert (sent, users.asked) == (["lifespan.startup.complete"], 1)


def test_counts_of_another_class() -> None:
    """They are taken for what they hold, at the start and later."""
    users = Counted(alice=["MD5"])
    server = Server(users=users)
    assert offered(server) == ["MD5"]
    users.hashes["alice"] = ["SHA-256"]
    assert offered(server) == ["SHA-256"]


@pytest.mark.parametrize("kind", [Holding, Awaited])
def test_a_source_that_is_down(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default is offered until it is up; it is asked again soon; nothing fails but what has to look a user up."""
    users = kind(alice=["MD5"])
    broken = OSError("no route to the database")
    if kind is Awaited:
        users.broken = broken
    else:
        monkeypatch.setattr(users, "count_hashes", down)
    server = Server(users=users)
    assert offered(server) == ["SHA-256", "MD5"]
    if kind is Awaited:
        assert offered(server) == ["SHA-256", "MD5"]
        assert users.asked == 1
        users.broken = None
    else:
        monkeypatch.undo()
    server.clock.now += offering.ASK_AGAIN / 1e6
    assert offered(server) == ["MD5"]


def test_a_source_that_does_not_answer_holds_one_challenge_up() -> None:
    """It is waited for no longer than any source, and by one request alone."""
    users = Awaited(alice=["MD5"])
    users.slow = True
    server = Server(users=users, source_timeout=0.05)

    async def both() -> list[int]:
        answers = await asyncio.gather(server.send(), server.send())
        return [answer.status for answer in answers]

    assert asyncio.run(both()) == [401, 401]


def down(_realm: str) -> None:
    """A source that fails at once."""
    raise OSError("no route to the directory")


GAP = "realm 'wonder' offers algorithms for which some of its 2 users have no hash: "


@pytest.mark.parametrize(
    ("policy", "hashes", "said"),
    [
        ({"algorithms": ["SHA-256", "MD5"]}, {"alice": ["MD5"], "bob": ["MD5"]}, GAP + "SHA-256 (missing for 2)"),
        (
            {"algorithms": ["SHA-256-sess", "SHA-512-256"]},
            {"alice": ["SHA-256"], "bob": ["MD5"]},
            GAP + "SHA-256-sess (missing for 1), SHA-512-256 (missing for 2)",
        ),
        ({"old_clients": True, "qop": None}, {"alice": ["SHA-256"], "bob": ["MD5"]}, GAP + "MD5 (missing for 1)"),
        ({}, {"alice": ["SHA-256"], "bob": ["MD5"]}, GAP + "SHA-256 (missing for 1), MD5 (missing for 1)"),
        ({}, {"alice": ["SHA-256", "MD5"], "bob": ["MD5"]}, HELD_BACK),
        ({}, {"alice": ["MD5"], "bob": ["MD5"]}, None),
        ({"algorithms": ["MD5"]}, {"alice": ["MD5"], "bob": ["MD5"]}, None),
        ({"algorithms": ["SHA-256"]}, {}, None),
    ],
)
@pytest.mark.parametrize("kind", [Holding, Awaited])
def test_gaps_are_said_once(
    caplog: pytest.LogCaptureFixture, kind: Any, policy: Any, hashes: Any, said: str | None
) -> None:
    """At the start, or with the first answer of a database: the algorithm, the realm and how many users lack it."""
    server = Server(users=kind(**hashes), **policy)
    if kind is Awaited:
        assert warnings(caplog) == []
    for _ in range(3):
        server.request()
    assert [text[: len(said or "")] for text in warnings(caplog)] == ([said] if said else [])


def test_what_is_named_stays(caplog: pytest.LogCaptureFixture) -> None:
    """`algorithms` is obeyed whatever the users hold, and a change of theirs is warned of."""
    users = Holding(alice=["MD5"])
    server = Server(users=users, algorithms=["MD5"])
    assert warnings(caplog) == []
    users.hashes = {"alice": ["SHA-256"]}
    assert offered(server) == ["MD5"]
    assert len(warnings(caplog)) == 1


def test_a_function_that_knows_md5_only(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody can ask it; the first user that was not found is the sign, and the line says what to write."""
    hashed = hashlib.md5(b"alice:wonder:s3cret", usedforsecurity=False).hexdigest()
    users = {("alice", "MD5"): hashed.encode()}
    server = Server(users=lambda name, _realm, algorithm: users.get((name, algorithm.base)))
    assert server.get(server.signer()).status == 401
    assert server.get(server.signer("bob")).status == 401
    (line,) = warnings(caplog)
    assert "SHA-256, MD5 are offered" in line
    assert "algorithms=['MD5']" in line
    assert "alice" not in line
    assert server.get(server.signer(algorithm="MD5")).status == 200


@pytest.mark.parametrize("policy", [{"algorithms": ["MD5"]}, {"users": USERS}])
def test_other_unknown_users_are_no_sign(caplog: pytest.LogCaptureFixture, policy: Any) -> None:
    """Nothing is suspected of a source that can tell, or of a policy that somebody wrote."""
    server = Server(**{"users": lambda *_: None, **policy})
    assert server.get(server.signer("nobody", algorithm="MD5")).status == 401
    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"algorithms": ["MD5"]}, "algorithms"),
        ({"qop": ["auth"]}, "qop"),
        ({"algorithms": ["SHA-256"], "qop": ["auth-int"]}, "algorithms and qop"),
    ],
)
def test_old_clients_stands_alone(settings: Any, named: str) -> None:
    """It is a name for two settings; to write one of them as well is an error."""
    with pytest.raises(ConfigurationError, match=f"leave {named} out, or leave old_clients out"):
        DigestAuthMiddleware(Echo(), users=USERS, realm=REALM, old_clients=True, **settings)


def test_what_old_clients_offers() -> None:
    """One challenge: MD5 and auth."""
    server = Server(old_clients=True, qop=None)
    (challenge,) = server.request().challenges
    assert (challenge["algorithm"], challenge["qop"]) == ("MD5", "auth")
    assert server.get(server.signer(algorithm="MD5")).status == 200
