"""What was reported that httpx's client could not do, input by input; the kinds are tested in tests/client_auth."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from digest_http.credentials import Credentials
from digest_http.errors import BodyNotReplayable, WrongPrincipal
from digest_http_client_auth import DigestAuth
from digest_http_client_auth.httpx import ProxyTransport
from tests.client_auth.strict_server import StrictServer
from tests.forward_proxies.own_proxy import proxy
from tests.forward_proxies.running import NAME, PASSWORD, Sites
from tests.forward_proxies.running import sites as running_sites

URL = "http://server.example/page"
CHALLENGE = 'Digest realm="r", nonce="n", qop="{qop}", algorithm=SHA-256'


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """Servers behind a proxy."""
    with running_sites(tmp_path_factory.mktemp("sites")) as found:
        yield found


def parts() -> Iterator[bytes]:
    """A body that comes once."""
    yield b"once"


def test_f3_bodies_that_come_once_through_a_proxy(sites: Sites) -> None:
    """With the transport the proxy is signed for in advance, so the second one gets through, in one request."""
    with proxy() as between:
        transport = ProxyTransport(between.url, DigestAuth(NAME, PASSWORD, proxy=True))
        with httpx.Client(transport=transport) as client:
            with pytest.raises(BodyNotReplayable):
                client.put(sites.plain.url, content=parts())
            assert client.put(sites.plain.url, content=parts()).status_code == 200
        assert between.statuses == [407, 200]
    assert sites.plain.bodies[-1] == b"once"


class Strict(httpx.BaseTransport):
    """A StrictServer without a network."""

    def __init__(self, server: StrictServer) -> None:
        self.server = server

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        body, target = b"".join(request.stream), request.url.raw_path.decode()
        status, fields, content = self.server.answer(request.method, target, dict(request.headers), body)
        return httpx.Response(status, headers=fields, content=content)


def test_f7_bodies_that_come_once_where_nonces_have_ended() -> None:
    """With probe=True each is sent once, whatever has become of the nonce."""
    server = StrictServer()
    with httpx.Client(transport=Strict(server), auth=DigestAuth("alice", "s3cret", probe=True)) as client:
        for _ in range(3):
            assert client.put(URL, content=parts()).status_code == 200
            server.forget()
    assert [body for _, body in server.accepted] == [b"once"] * 3


def test_f9_proxy_whose_port_is_that_of_the_url() -> None:
    """With the transport its 407 is answered, since it is known to be the proxy's."""
    with proxy() as between:
        transport = ProxyTransport(between.url, DigestAuth(NAME, PASSWORD, proxy=True))
        port = int(between.url.rpartition(":")[2])
        with httpx.Client(transport=transport) as client:
            client.get(f"http://localhost:{port}/")  # it goes on to the proxy itself, which does not matter here
        assert [(signed, status) for _, signed, status in between.asked[:2]] == [(False, 407), (True, 200)]


@pytest.mark.parametrize("do", [copy.copy, copy.deepcopy])
def test_f10_copies(do: Callable[[Any], Any]) -> None:
    """They share the nonce and its count."""
    server, auth = StrictServer(), DigestAuth("alice", "s3cret")
    for each in (auth, do(auth), auth):
        with httpx.Client(transport=Strict(server), auth=each) as client:
            assert client.get(URL).status_code == 200
    assert server.statuses == [401, 200, 200, 200]


@pytest.mark.parametrize("verify", ["if-present", "off"])
def test_f11_proof_over_the_body_of_the_request(verify: Any) -> None:
    """WEBrick's auth-int: a wrong proof by RFC 7616 §3.5, and so refused, unless nobody looks."""
    body = b"of the request"

    def sha(text: bytes) -> str:
        return hashlib.sha256(text).hexdigest()

    def respond(request: httpx.Request) -> httpx.Response:
        field = request.headers.get("authorization")
        if field is None:
            return httpx.Response(401, headers={"WWW-Authenticate": CHALLENGE.format(qop="auth-int")})
        sent = Credentials.parse(field.removeprefix("Digest ").encode())
        ha1, ha2 = sha(b"alice:r:s3cret"), sha(b":/page:" + sha(body).encode())
        middle = b":".join((b"n", sent.nc or b"", sent.cnonce or b"", b"auth-int")).decode()
        info = f'rspauth="{sha(f"{ha1}:{middle}:{ha2}".encode())}", qop=auth-int, nc={(sent.nc or b"").decode()}'
        return httpx.Response(200, headers={"Authentication-Info": info}, content=b"of the answer")

    with httpx.Client(
        transport=httpx.MockTransport(respond), auth=DigestAuth("alice", "s3cret", verify=verify)
    ) as client:
        if verify == "off":
            assert client.post(URL, content=body).content == b"of the answer"
        else:
            with pytest.raises(WrongPrincipal):
                client.post(URL, content=body)


class Endless(httpx.SyncByteStream):
    """A body without an end; `read` is how much of it was read."""

    read = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.read += 1024
            yield b"x" * 1024


@pytest.mark.parametrize("packed", [{}, {"Content-Encoding": "gzip"}])
def test_f12_endless_body_of_a_401(packed: dict[str, str]) -> None:
    """It is read as far as is worth its connection, and the call goes on."""
    endless = Endless()

    class Wire(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if "authorization" in request.headers:
                return httpx.Response(200, content=b"in")
            fields = {"WWW-Authenticate": CHALLENGE.format(qop="auth"), **packed}
            return httpx.Response(401, headers=fields, stream=endless)

    with httpx.Client(transport=Wire(), auth=DigestAuth("alice", "s3cret")) as client:
        answer = client.get(URL)
    assert answer.content == b"in"
    assert len(answer.history[0].content) == (0 if packed else 65536)
    assert endless.read <= 65536 + 1024
