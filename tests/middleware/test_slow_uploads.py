"""Bodies signed with auth-int that take their time: the nonce ends meanwhile, and other requests go by."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from digest_http.httpauth.verdict import Verdict
from digest_http.stores import MemoryStore
from digest_http_middleware.bodies import DEFAULT_MAX_BODY, PATIENCE, SLOWEST_LINE, longest_upload
from tests.attacks.driver import Server
from tests.attacks.signing import Signer, ha1
from tests.middleware.slow_bodies import BODY, pass_time, upload

BOTH = ("auth", "auth-int")


def signed(server: Server, nc: int = 1, body: bytes = BODY) -> tuple[Signer, bytes]:
    """An answer to a fresh challenge, with auth-int."""
    signer = server.signer()
    return signer, signer.sign("POST", "/up", nc, body=body)


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5", "SHA-256-sess"])
@pytest.mark.parametrize("seconds", [0, 1, 301, 400, 900])
@pytest.mark.parametrize("age", [0, 239, 300])
def test_a_nonce_that_ends_meanwhile(algorithm, seconds, age):
    """It was alive when the head arrived: 200, with a nonce for the next request as soon as that is due."""
    server = Server(qop=BOTH, algorithms=[algorithm])
    signer = server.signer(algorithm=algorithm)
    authorization = signer.sign("POST", "/up", 1, body=BODY)
    server.clock.now += age
    response = upload(server, authorization, pass_time(server, seconds))
    assert (response.status, server.app.bodies) == (200, [BODY])
    assert response.info["rspauth"] == signer.rspauth(b"hello")
    assert ("nextnonce" in response.info) == (age + seconds > 240)
    again = upload(server, authorization, pass_time(server, 0))
    assert (again.status, again.stale, again.app_called) == (401, True, False)


def test_a_nonce_that_had_ended():
    """What is over when the head arrives is over, however short the body."""
    server = Server(qop=BOTH)
    _, authorization = signed(server)
    server.clock.now += 300.001
    response = upload(server, authorization, pass_time(server, 0))
    assert (response.status, response.stale, response.app_called) == (401, True, False)


@pytest.mark.parametrize("max_body", [0, 1, DEFAULT_MAX_BODY, 100 * DEFAULT_MAX_BODY])
@pytest.mark.parametrize("lifetime", [1, 300, 86400])
def test_the_end_of_patience(max_body, lifetime):
    """The nonce's life and the longest upload later the answer is a fresh nonce, to begin anew with."""
    body = BODY if max_body else b""
    for over, status in ((-0.001, 200), (0.001, 401)):
        server = Server(qop=BOTH, max_body=max(max_body, len(body)), nonce_lifetime=lifetime)
        _, authorization = signed(server, body=body)
        seconds = lifetime + longest_upload(max(max_body, len(body))) + over
        response = upload(server, authorization, pass_time(server, seconds), body)
        assert (response.status, response.app_called) == (status, status == 200)
        if status == 401:
            assert response.stale


def test_patience_grows_with_the_limit():
    """The largest body is in time on the slowest line, and a small one has a quarter of an hour."""
    assert [longest_upload(limit) for limit in (0, DEFAULT_MAX_BODY)] == [PATIENCE, PATIENCE] == [900, 900]
    assert longest_upload(100_000_000) == 100_000_000 / SLOWEST_LINE == 12_500


def test_others_go_by():
    """Two hundred requests of the same client are let in meanwhile, and so is the upload; then none a second time."""
    server = Server(qop=BOTH)
    signer, authorization = signed(server, nc=1)
    statuses: list[int] = []

    def meanwhile() -> None:
        statuses.extend(server.get(signer, nc).status for nc in range(2, 202))
        server.clock.now += 400

    assert upload(server, authorization, meanwhile).status == 200
    assert statuses == [200] * 200
    for seconds in (0, 100):
        again = upload(server, authorization, pass_time(server, seconds))
        assert (again.status, again.app_called) == (401, False)


@pytest.mark.parametrize("uploads", [2, 8])
def test_uploads_one_inside_the_other(uploads):
    """As many as there are places, each overtaken by all that began later and by two hundred more."""
    server = Server(qop=BOTH)
    signer = server.signer()
    heads = [signer.sign("POST", "/up", nc, body=BODY) for nc in range(1, uploads + 1)]
    statuses: list[int] = []

    def meanwhile() -> None:
        if heads:
            statuses.append(upload(server, heads.pop(0), meanwhile).status)
        else:
            statuses.extend(server.get(signer, nc).status for nc in range(uploads + 1, uploads + 201))
            server.clock.now += 301

    meanwhile()
    assert statuses == [200] * (200 + uploads)


def test_the_same_upload_twice_at_once():
    """The one whose body is there first passes, whichever began first; the other is a replay."""
    server = Server(qop=BOTH)
    _, authorization = signed(server)
    inner: list[int] = []

    def meanwhile() -> None:
        inner.append(upload(server, authorization, pass_time(server, 200)).status)
        server.clock.now += 200

    assert (upload(server, authorization, meanwhile).status, inner) == (401, [200])
    assert server.app.bodies == [BODY]


def test_the_same_upload_to_two_workers_at_once():
    """They share a store and a key; it does not matter which of them waits longer for bodies."""
    store, keys = MemoryStore(), [b"k" * 32]
    first = Server(qop=BOTH, store=store, keys=keys)
    second = Server(qop=BOTH, store=store, keys=keys, clock=first.clock, max_body=100 * DEFAULT_MAX_BODY)
    for one, other in ((first, second), (second, first)):
        _, authorization = signed(one)
        inner: list[int] = []

        def meanwhile(other: Server = other, authorization: bytes = authorization, inner: list[int] = inner) -> None:
            inner.append(upload(other, authorization, pass_time(first, 301)).status)

        assert (upload(one, authorization, meanwhile).status, inner) == (401, [200])


def test_a_stranger_takes_no_place():
    """Heads without a right digest, with any count, change nothing of what the store keeps."""
    server = Server(qop=BOTH)
    signer = server.signer()
    assert [server.get(signer, nc).status for nc in (1, *range(3, 203))] == [200] * 201
    store = server.middleware.store
    assert isinstance(store, MemoryStore)
    before = dict(store._states)  # noqa: SLF001 - all that outlives a request
    stranger = Signer(signer.challenge, "alice", "wrong")
    for nc in (1, 2, 3, 70, 203, 1000, 0xFFFFFFFF):
        authorization = stranger.sign("POST", "/up", nc, body=BODY)
        assert upload(server, authorization, pass_time(server, 1)).status == 401
    assert store._states == before  # noqa: SLF001
    assert upload(server, signer.sign("POST", "/up", 2, body=BODY), pass_time(server, 300)).status == 200


def test_an_upload_that_is_cut_off_counts_nothing():
    """The client may send it again with the same count: nothing was verified, so nothing was recorded."""
    server = Server(qop=BOTH)
    signer, authorization = signed(server)
    cut = server.request("POST", "/up", authorization, body=BODY[:5], disconnect=True)
    assert (cut.status, cut.app_called) == (0, False)
    assert [server.get(signer, nc).status for nc in range(2, 202)] == [200] * 200
    assert upload(server, authorization, pass_time(server, 301)).status == 200


class LateUsers:
    """A source that takes its time."""

    def __init__(self) -> None:
        self.clock: Any = None

    async def ha1(self, username: str, realm: str, algorithm: Any) -> bytes:
        """H(A1), four seconds later."""
        self.clock.now += 4
        await asyncio.sleep(0)
        return ha1(algorithm.name, username, realm, "s3cret").encode()


@pytest.mark.parametrize("qop", [("auth",), BOTH])
@pytest.mark.parametrize(("age", "status"), [(299, 200), (301, 401)])
def test_a_source_of_users_that_takes_its_time(qop, age, status):
    """With qop=auth too the nonce is judged by the time at which the head was there."""
    users = LateUsers()
    server = Server(users=users, qop=qop)
    users.clock = server.clock
    signer = server.signer()
    server.clock.now += age

    async def send() -> int:
        return (await server.send("GET", "/x", signer.sign("GET", "/x", 1))).status

    assert asyncio.run(send()) == status


class Noting(MemoryStore):
    """Writes down for how long it is asked to keep what it counts."""

    lifetimes: set[int]

    def advance(self, *arguments: Any, lifetime: int) -> Verdict:
        """See NonceStore.advance."""
        self.lifetimes.add(lifetime)
        return super().advance(*arguments, lifetime=lifetime)


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({"qop": ["auth"]}, 300),
        ({"qop": ["auth"], "max_body": 10**9, "nonce_lifetime": 60}, 60),
        ({"qop": ["auth-int"]}, 1200),
        ({"qop": BOTH, "nonce_lifetime": 60}, 960),
        ({"qop": BOTH, "max_body": 80_000_000}, 10_300),
    ],
)
def test_how_long_counts_are_kept(settings, seconds):
    """Longer than a nonce lives only where a verdict may have to wait for a body."""
    store = Noting()
    store.lifetimes = set()
    # An iterator may be read once only.
    server = Server(store=store, **{**settings, "qop": iter(settings["qop"])})
    signer = server.signer()
    body = None if settings["qop"] == ["auth"] else b""
    assert server.request("GET", "/x", signer.sign("GET", "/x", 1, body=body)).status == 200
    assert store.lifetimes == {seconds * 1_000_000}
