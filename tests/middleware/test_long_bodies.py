"""Bodies that auth-int cannot hold, where auth is on offer too: the client is told to use it, and no circle begins."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from digest_http.stores import MemoryStore
from digest_http_client_auth import DigestAuth
from tests.attacks.driver import QOP, Server, run
from tests.attacks.signing import Signer

LIMIT = 1000
LONG = b"x" * (LIMIT + 1)
LENGTH = [(b"content-length", b"%d" % len(LONG))]


@pytest.fixture(params=[("auth", "auth-int"), ("auth-int", "auth")], ids=",".join)
def server(request: pytest.FixtureRequest) -> Server:
    """A server of both qops, in either order."""
    return Server(max_body=LIMIT, qop=request.param)


def qops(response: Any) -> set[str]:
    """What the challenges of a refusal offer."""
    return {challenge["qop"] for challenge in response.challenges}


def post(server: Server, header: bytes | None, body: Any = LONG, headers: Any = ()) -> Any:
    """POST a body, whole or in pieces."""
    return server.request("POST", "/x", header, body=body, headers=headers)


@pytest.mark.parametrize("header", [None, b"Basic YTpi", "wrong", "stale", "not offered"])
def test_an_announced_long_body_is_challenged_for_auth_alone(server: Server, header: Any) -> None:
    """Every 401 to it: a client that takes auth-int wherever it can is not led into it."""
    signer = server.signer(password="wrong" if header == "wrong" else "s3cret")
    if header == "stale":
        server.clock.now += 3600
    changes: dict[str, Any] = {"late": {"qop": "auth-conf"}} if header == "not offered" else {}
    value = signer.sign("POST", **changes) if isinstance(header, str) else header
    response = post(server, value, headers=LENGTH)
    assert (response.status, qops(response)) == (401, {"auth"})
    assert response.stale == (header == "stale")
    assert len(response.challenges) == 2
    assert post(server, Signer(response.challenges[0]).sign("POST")).status == 200


@pytest.mark.parametrize("length", [b"0", b"%d" % LIMIT, b"", b"-1", b"x"])
def test_other_bodies_are_challenged_as_ever(server: Server, length: bytes) -> None:
    """A body that fits, or one of unknown length, gets the whole offer."""
    assert qops(post(server, None, headers=[(b"content-length", length)])) != {"auth"}
    assert qops(server.request()) == qops(post(server, None))


@pytest.mark.parametrize("headers", [LENGTH, []], ids=["announced", "chunked"])
@pytest.mark.parametrize("password", ["s3cret", "wrong"])
def test_who_signed_with_auth_int_is_told_to_use_auth(server: Server, headers: Any, password: str) -> None:
    """401 in place of 413, never stale since nobody has checked the digest; the nonce it gives is good for auth."""
    header = server.signer(password=password).sign("POST", body=LONG)
    response = post(server, header, [LONG[:600], LONG[600:]], headers)
    assert (response.status, response.stale, response.app_called) == (401, False, False)
    assert qops(response) == {"auth"}
    assert b"use qop=auth" in response.body
    answer = Signer(response.challenges[0], password=password)
    assert post(server, answer.sign("POST")).status == (200 if password == "s3cret" else 401)
    if password == "s3cret":
        assert server.app.bodies == [LONG]


@pytest.mark.parametrize("headers", [LENGTH, []], ids=["announced", "chunked"])
@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_a_client_that_takes_auth_int_whatever_is_offered(server: Server, headers: Any, algorithm: str) -> None:
    """It was told, as its nonce shows, and so gets 413: no challenge, no circle."""
    signer = server.signer(algorithm=algorithm)
    statuses = []
    for _ in range(3):
        response = post(server, signer.sign("POST", body=LONG), headers=headers)
        statuses.append((response.status, len(response.challenges)))
        if response.challenges:
            again = next(each for each in response.challenges if each["algorithm"] == algorithm)
            signer = Signer(again)
    assert statuses == [(401, 2), (413, 0), (413, 0)]


def test_auth_int_alone_stays_413() -> None:
    """There is nothing else to offer."""
    server = Server(max_body=LIMIT, qop=["auth-int"])
    assert qops(post(server, None, headers=LENGTH)) == {"auth-int"}
    response = post(server, server.signer().sign("POST", body=LONG))
    assert (response.status, response.challenges) == (413, [])


@pytest.mark.parametrize(("headers", "pieces"), [(LENGTH, 0), ([], LIMIT // 100 + 1)], ids=["announced", "chunked"])
def test_no_more_is_read_than_the_limit(server: Server, headers: Any, pieces: int) -> None:
    """An announced body is not read at all, another one no further than it takes to know; none is asked for."""
    read, statuses = 0, []

    async def receive() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    header = server.signer().sign("POST", body=LONG)
    extra = [*headers, (b"expect", b"100-continue"), (b"authorization", header)]
    run(server.middleware(server.scope("POST", "/x", extra), receive, send))
    assert (statuses[0], read) == (401, pieces)


@pytest.mark.parametrize("role", ["server", "proxy"])
def test_nonces_of_both_offers_count_alike(role: str) -> None:
    """A nonce of the short offer expires, is replayed and is recognised as the other is, and is no other role's."""
    # One store for both: it would count for either.
    shared: dict[str, Any] = {"max_body": LIMIT, "keys": [b"k" * 32], "store": MemoryStore()}
    server, other = (Server(**shared, proxy=proxy) for proxy in (role == "proxy", role != "proxy"))
    fields = [b"proxy-authorization" if proxy else b"authorization" for proxy in (role == "proxy", role != "proxy")]
    signer = Signer(post(server, None, headers=LENGTH).challenges[0])

    def ask(nc: int) -> Any:
        return server.request(authorization=signer.sign(nc=nc), field_name=fields[0])

    assert [ask(nc).status for nc in (1, 2, 2)] == [200, 200, 407 if role == "proxy" else 401]
    assert other.request(authorization=signer.sign(nc=3), field_name=fields[1]).stale
    server.clock.now += 290
    assert "nextnonce" in ask(4).info
    server.clock.now += 11
    assert ask(5).stale


@pytest.mark.parametrize("order", [QOP, QOP[::-1], ("auth-int",)], ids=",".join)
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("warm", [False, True])
def test_our_client(order: Any, *, chunked: bool, warm: bool) -> None:
    """It ends with 200 in either form of body, or with the refusal if it may not use auth; it never goes in circles."""
    server = Server(max_body=LIMIT)
    statuses = []

    def answer(request: httpx.Request) -> httpx.Response:
        fields = [value for name, value in request.headers.raw if name.lower() == b"authorization"]
        length = [(n.lower(), v) for n, v in request.headers.raw if n.lower() == b"content-length"]
        response = server.request("POST", "/x", fields, body=request.read(), headers=length)
        statuses.append(response.status)
        return httpx.Response(response.status, headers=response.headers, content=response.body)

    auth = DigestAuth("alice", "s3cret", qop=order)
    with httpx.Client(transport=httpx.MockTransport(answer), auth=auth) as client:
        if warm:
            assert client.post("http://server.example/x", content=b"short").status_code == 200
            statuses.clear()
        content: Any = Replayed() if chunked else LONG
        status = client.post("http://server.example/x", content=content).status_code
    assert status == (401 if order == ("auth-int",) else 200)
    assert len(statuses) <= 3
    if status == 200:
        assert server.app.bodies[-1] == LONG


class Replayed:
    """A body without a length that can be sent again."""

    def __iter__(self) -> Any:
        yield LONG[:600]
        yield LONG[600:]
