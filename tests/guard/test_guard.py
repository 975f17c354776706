"""The guard: the order of one request, for callers that block and callers that await, whatever the protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.errors import ConfigurationError
from digest_http.guard import Accepted, Guard, Refused
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore
from tests.attacks.driver import Clock
from tests.attacks.signing import Signer, ha1, parameters

USERS = {"alice": "s3cret", "bob": "b0b"}
REALM = "wonder"
URL = "rtsp://camera.example/stream"


def guard(**policy: Any) -> Guard:
    """A guard with a clock of its own."""
    return Guard(**{"users": USERS, "realm": REALM, "clock": Clock(), **policy})


def refused(outcome: Accepted | Refused) -> Refused:
    """It must be a refusal."""
    assert isinstance(outcome, Refused)
    return outcome


def signer(door: Guard, algorithm: str = "SHA-256", user: str = "alice", **check: Any) -> Signer:
    """Whoever has got a challenge."""
    outcome = refused(door.check("GET", "/x", [], **check))
    challenges = [parameters(value) for _, value in outcome.fields]
    return Signer(next(c for c in challenges if c["algorithm"] == algorithm), user, USERS[user])


def by_block(door: Guard, *request: Any) -> Accepted | Refused:
    """The caller that blocks."""
    return door.check(*request)


def by_await(door: Guard, *request: Any) -> Accepted | Refused:
    """The caller that awaits."""
    return asyncio.run(door.check_async(*request))


@pytest.fixture(params=[by_block, by_await])
def check(request):
    """Either caller."""
    return request.param


@pytest.mark.parametrize("user", ["alice", "nobody"])
def test_a_refusal_shows_what_anybody_may_know(user):
    """Printed, a user that nobody is and a wrong password look alike; the log's reason tells them apart."""
    door = guard()
    signed = signer(door).sign("GET", "/x", username=user, late={"response": "0" * 64})
    outcome = refused(door.check("GET", "/x", [("authorization", signed)]))
    assert repr(outcome) == "<Refused 401 wrong-credentials>"
    assert outcome.log_reason == ("wrong-digest" if user == "alice" else "unknown-user")


def test_a_login(check):
    """A challenge, an accepted request with the server's proof, and the same request again."""
    door = guard()
    first = refused(check(door, "GET", "/x", {}))
    assert (first.status, first.reason, first.log_reason) == (401, "no-credentials", "no-credentials")
    assert [name for name, _ in first.fields] == [b"www-authenticate"] * 2
    alice = signer(door)
    field = alice.sign("GET", "/x")
    accepted = check(door, "GET", "/x", [("Authorization", field)])
    assert isinstance(accepted, Accepted)
    assert (accepted.username, accepted.realm, accepted.algorithm, accepted.qop, accepted.nc) == (
        "alice", REALM, "SHA-256", "auth", 1,
    )  # fmt: skip
    assert parameters(accepted.prove(b"any"))["rspauth"] == alice.rspauth()
    assert door.proof_field == b"authentication-info"
    assert repr(accepted) == "<Accepted 'alice' SHA-256 auth>"
    again = refused(check(door, "GET", "/x", [("Authorization", field)]))
    assert (again.status, again.verdict, again.refusal.stale) == (401, Verdict.REPLAYED, True)
    assert all(b"stale=true" in value for _, value in again.fields)


@pytest.mark.parametrize("text", [True, False])
def test_octets_and_text(text):
    """Method, target and fields may come in either; names of fields in any case."""
    door = guard()
    field = signer(door).sign("GET", "/x")
    if text:
        assert isinstance(door.check("GET", "/x", {"authorization": field.decode("latin-1")}), Accepted)
    else:
        assert isinstance(door.check(b"GET", b"/x", [(b"AUTHORIZATION", field)]), Accepted)


@pytest.mark.parametrize(
    ("request_of", "status", "reason"),
    [
        (lambda s: ("GET", "/y", {"Authorization": s.sign("GET", "/x").decode()}), 400, "uri"),
        (lambda s: ("POST", "/x", {"Authorization": s.sign("GET", "/x").decode()}), 401, "wrong-credentials"),
        (lambda s: ("GET", "/x", [("Authorization", s.sign("GET", "/x"))] * 2), 400, "duplicate"),
        (lambda _: ("GET", "/x", [("Authorization", b"Digest x")]), 400, "grammar"),
        (lambda _: ("GET", "/x", [("Authorization", b"Digest " + b"a" * 9000)]), 431, "field-too-large"),
        (lambda _: ("GET", "/x", [("Authorization", b"Basic YTpi")]), 401, "no-credentials"),
        (lambda _: ("GET", "/\u20ac", {}), 400, "uri"),
        (lambda _: ("G\u20acT", "/", {}), 400, "method"),
        (lambda _: ("GET", "/", {"X": "\u20ac"}), 400, "field"),
        (lambda s: ("GE T", "/x", {"Authorization": s.sign("GE T", "/x").decode()}), 400, "method"),
        (lambda s: ("GET", "/x", [("Authorization", s.sign(qop="auth-int"))]), 401, "qop-not-offered"),
    ],
)  # fmt: skip
def test_refusals(check, request_of, status, reason):
    """Each has its status and reason, and only 401 has challenges."""
    door = guard()
    outcome = refused(check(door, *request_of(signer(door))))
    assert (outcome.status, outcome.reason) == (status, reason)
    assert bool(outcome.fields) == (status == 401)
    assert outcome.text.endswith(".")


def test_strangers_are_not_told_who_exists(check):
    """An unknown user and a wrong password differ for the log alone."""
    door = guard()
    alice = signer(door)
    found = []
    for name, password in (("alice", "wrong"), ("mallory", "wrong")):
        stranger = Signer(alice.challenge, name, password)
        found.append(refused(check(door, "GET", "/x", [("Authorization", stranger.sign("GET", "/x"))])))
    assert found[0].refusal == found[1].refusal
    assert [each.log_reason for each in found] == ["wrong-digest", "unknown-user"]


@given(st.binary(max_size=200), st.binary(max_size=20), st.binary(max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_octets(value, method, target):
    """Nothing that a client can send is an exception, and nothing passes."""
    door = guard()
    for field in (value, b"Digest " + value):
        assert isinstance(door.check(method, target, [(b"authorization", field)]), Refused)


@pytest.mark.parametrize("body", [b"a body", lambda: b"a body"])
def test_auth_int(check, body):
    """The body is covered, both ways; another body is refused."""
    door = guard(qop=["auth", "auth-int"])
    alice = signer(door)
    accepted = check(door, "PUT", "/x", {"Authorization": alice.sign("PUT", "/x", body=b"a body").decode()}, body)
    assert isinstance(accepted, Accepted)
    assert accepted.covers_body
    assert parameters(accepted.prove(b"answer"))["rspauth"] == alice.rspauth(b"answer")
    assert "rspauth" not in parameters(accepted.prove(None))
    passed = accepted.context.algorithm.hash_body()
    for piece in (b"an", b"swer"):
        passed.update(piece)
    assert accepted.prove_hashed(passed) == accepted.prove(b"answer")
    assert accepted.prove_hashed(None) == accepted.prove(None)
    other = alice.sign("PUT", "/x", 2, body=b"another").decode()
    assert refused(check(door, "PUT", "/x", {"Authorization": other}, body)).verdict is Verdict.WRONG_DIGEST


def test_a_body_that_is_awaited():
    """Whoever awaits may read the body that way."""
    door = guard(qop=["auth-int"])
    field = signer(door).sign("PUT", "/x", body=b"a body")

    async def read():
        await asyncio.sleep(0)
        return b"a body"

    assert isinstance(asyncio.run(door.check_async("PUT", "/x", [("Authorization", field)], read)), Accepted)


def test_a_body_is_read_for_auth_int_alone():
    """With auth nobody asks for it."""
    door = guard(qop=["auth", "auth-int"])
    field = signer(door).sign("PUT", "/x")
    assert isinstance(door.check("PUT", "/x", [("Authorization", field)], pytest.fail), Accepted)


def test_a_body_that_is_too_long(check):
    """The client is told to use auth where that is on offer too, and is refused where not."""
    for qop, status in ((["auth", "auth-int"], 401), (["auth-int"], 413)):
        door = guard(qop=qop, max_body=3)
        field = signer(door).sign("PUT", "/x", body=b"long").decode()
        outcome = refused(check(door, "PUT", "/x", {"Authorization": field}, b"long"))
        assert (outcome.status, outcome.reason) == (status, "body-too-large")
        assert not any(b"auth-int" in value for _, value in outcome.fields)


class Slow:
    """Users and a store that have to be awaited."""

    epoch = b"00000001"

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.epoch = self.store.epoch

    async def ha1(self, username: str, realm: str, algorithm: Any) -> bytes | None:
        """See Users."""
        await asyncio.sleep(0)
        password = USERS.get(username)
        return None if password is None else ha1(algorithm.base, username, realm, password).encode()

    async def advance(self, *step: Any, **keywords: Any) -> Any:
        """See NonceStore."""
        await asyncio.sleep(0)
        return self.store.advance(*step, **keywords)


@pytest.mark.parametrize(("slow", "reason"), [("users", "users-down"), ("store", "store-down")])
def test_sources_that_have_to_be_awaited(slow, reason):
    """Whoever awaits gets their answer; for whoever blocks they are down, and nothing passes."""
    door = guard(**{slow: Slow()})
    alice = signer(door)
    outcome = refused(door.check("GET", "/x", [("Authorization", alice.sign("GET", "/x"))]))
    assert (outcome.status, outcome.reason) == (503, reason)
    assert isinstance(outcome.cause, TypeError)
    waited = []

    async def wait(answer):
        waited.append(answer)
        return await asyncio.wait_for(answer, 5)

    request = "GET", "/x", [("Authorization", alice.sign("GET", "/x", 2))]
    assert isinstance(asyncio.run(door.check_async(*request, wait=wait)), Accepted)
    assert len(waited) == 1


def test_a_source_that_fails(check):
    """503, with what it raised for the log."""

    def look_up(_username, _realm, _algorithm):
        raise OSError("no route")

    door = guard(users=look_up)
    outcome = refused(check(door, "GET", "/x", [("Authorization", signer(door).sign("GET", "/x"))]))
    assert (outcome.status, outcome.reason, type(outcome.cause)) == (503, "users-down", OSError)
    assert outcome.fields == ()


def test_a_proxy():
    """407, and the fields of a proxy."""
    door = guard(proxy=True)
    outcome = refused(door.check("REGISTER", "sip:home.example", {}))
    assert outcome.status == 407
    assert {name for name, _ in outcome.fields} == {b"proxy-authenticate"}
    field = Signer(parameters(outcome.fields[0][1])).sign("REGISTER", "sip:home.example")
    assert isinstance(door.check("REGISTER", "sip:home.example", [("Proxy-Authorization", field)]), Accepted)
    assert door.proof_field == b"proxy-authentication-info"


@pytest.mark.parametrize(
    ("target", "uri", "status"),
    [
        ("http://a.example/x?y", "http://a.example/x?y", None),
        ("http://a.example/x?y", "/x?y", None),
        ("HTTPS://u@a.example:1/x", "/x", None),
        ("http://a.example", "/", None),
        ("http://a.example?y", "/?y", None),
        ("a.example:443", "a.example:443", None),
        ("http://a.example/x?y", "/x", 400),
        ("http://a.example/x?y", "/x?z", 400),
        ("http://a.example/x", "http://b.example/x", 400),
        ("http://a.example/x", "http://a.example/", 400),
        ("http://a.example/x", "x", 400),
        ("http://a.example", "", 400),
        ("a.example:443", "/", 400),
        ("sip:a@b.example", "/", 400),
        ("/x?u=http://a.example/y", "/y", 400),
        ("x://a.example/y", "/y", 400),
    ],
)
def test_what_a_proxy_is_asked_for(target, uri, status):
    """The uri is the whole URL or the path in it, and names no other page; a server takes its own target alone."""
    door = guard(proxy=True)
    challenge = parameters(refused(door.check("GET", target, {})).fields[0][1])
    outcome = door.check("GET", target, [("Proxy-Authorization", Signer(challenge).sign("GET", uri))])
    assert getattr(outcome, "status", None) == status
    own = guard()
    challenge = parameters(refused(own.check("GET", target, {})).fields[0][1])
    outcome = own.check("GET", target, [("Authorization", Signer(challenge).sign("GET", uri))])
    assert isinstance(outcome, Accepted) == (uri == target)


def without_qop(alice: Signer, method: str = "DESCRIBE", **changes: Any) -> list[tuple[str, bytes]]:
    """The fields of a device that knows no qop."""
    return [("Authorization", alice.sign(method, URL, None, qop=None, cnonce=None, **changes))]


def test_a_device_that_knows_no_qop():
    """The challenges name none, and are MD5; each nonce is good for one request, unless more are allowed."""
    for uses in (1, 3):
        door = guard(qop=[], allow_rfc2069=True, rfc2069_uses=uses)
        outcome = refused(door.check("DESCRIBE", URL, {}))
        (challenge,) = (parameters(value) for _, value in outcome.fields)
        assert "qop" not in challenge
        assert challenge["algorithm"] == "MD5"
        alice = Signer(challenge)
        for _ in range(uses):
            accepted = door.check("DESCRIBE", URL, without_qop(alice))
            assert isinstance(accepted, Accepted)
            assert (accepted.qop, accepted.nc) == ("", 0)
        assert refused(door.check("DESCRIBE", URL, without_qop(alice))).verdict is Verdict.REPLAYED


@pytest.mark.parametrize("sequence", ["window", "strict"])
def test_uses_are_counted_under_either_rule(sequence):
    """A nonce is used so often and no more, also where another client's counts are strict."""
    door = guard(qop=[], allow_rfc2069=True, rfc2069_uses=20, sequence=sequence, window=2)
    alice = Signer(parameters(refused(door.check("PLAY", URL, {})).fields[0][1]))
    passed = [isinstance(door.check("PLAY", URL, without_qop(alice, "PLAY")), Accepted) for _ in range(25)]
    assert passed == [True] * 20 + [False] * 5


def test_a_nonce_of_a_connection(monkeypatch):
    """It is good on its connection, for many requests, and on no other, whatever keys the environment names."""
    monkeypatch.setenv("DIGEST_HTTP_KEYS", "k" * 40)
    door = guard(qop=[], allow_rfc2069=True)
    here, there = door.for_connection(), door.for_connection()
    alice = Signer(parameters(refused(here.check("DESCRIBE", URL, {})).fields[0][1]))
    for method in ("DESCRIBE", "SETUP", "PLAY"):
        assert isinstance(here.check(method, URL, without_qop(alice, method)), Accepted)
    for other in (there, door):
        assert refused(other.check("PLAY", URL, without_qop(alice, "PLAY"))).verdict is Verdict.FOREIGN
    assert len(door.store) == 0  # type: ignore[arg-type]  # a MemoryStore


def test_a_guard_of_a_connection_says_nothing_again(caplog):
    """What users lack was said when the guard was made."""
    line = "alice:wonder:" + ha1("MD5", "alice", REALM, "s3cret")

    class Some:
        def ha1(self, _username, _realm, _algorithm):
            return line.encode()

        def count_hashes(self, _realm):
            from digest_http.httpauth.protocols import HashCounts  # noqa: PLC0415 - for this one test

            return HashCounts(2, {"MD5": 1})

    door = guard(users=Some(), algorithms=["MD5"])
    assert [(record.name, record.levelname) for record in caplog.records] == [("digest_http.guard", "WARNING")]
    door.for_connection()
    assert len(caplog.records) == 1


def test_another_comparison_of_targets():
    """Devices that leave the last slash out are let in if the caller says that it is the same."""
    door = guard(same_target=lambda uri, target: uri.rstrip(b"/") == target.rstrip(b"/"))
    assert isinstance(door.check("GET", "/x/", [("Authorization", signer(door).sign("GET", "/x"))]), Accepted)
    assert refused(door.check("GET", "/y", [("Authorization", signer(door).sign("GET", "/x"))])).reason == "uri"


@pytest.mark.parametrize(
    "policy",
    [
        {"qop": []},
        {"qop": [], "allow_rfc2069": True, "algorithms": ["SHA-256"]},
        {"qop": [], "allow_rfc2069": True, "old_clients": True},
        {"rfc2069_uses": 0},
        {"rfc2069_uses": 101},
    ],
)
def test_policies_that_cannot_work(policy):
    """They are refused when the guard is made."""
    with pytest.raises(ConfigurationError):
        guard(**policy)


def test_the_start(check):
    """What a server learns before its first challenge; a store that can never work is said then."""
    del check

    class Never(MemoryStore):
        def refresh(self, _now):
            raise ConfigurationError("never here")

    asyncio.run(guard().start())
    door = guard(store=Never())
    with pytest.raises(ConfigurationError, match="never here"):
        asyncio.run(door.start())
    assert refused(door.check("GET", "/x", {})).status == 401
