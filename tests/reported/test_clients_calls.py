"""What went wrong with other clients from call to call, each with its number (see test_clients.py): what ours does."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest

from digest_http.errors import BodyNotReplayable, WrongPrincipal
from digest_http_client_auth import DigestAuth
from tests.client_auth.strict_server import StrictServer
from tests.reported.scripted_server import HOME, Answer, Script, Seen, client, strict

EVIL = "http://evil.example"
#: By a name, keywords of the server, keywords of the client, what happens at the server before the call of a number,
#: and the statuses of four calls to four paths.
CALLS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[int, Any], list[int]]] = {
    "2.1 one challenge, then none": ({}, {}, {}, [401, 200, 200, 200, 200]),
    "2.10 without qop": ({"algorithms": (None,), "qop": None}, {}, {}, [401, 200, 200, 200, 200]),
    "2.15 an empty opaque": ({"opaque": ""}, {}, {}, [401, 200, 200, 200, 200]),
    "2.18 stale, cold": ({}, {}, {0: "stale"}, [401, 401, 200, 200, 200, 200]),
    "2.18 stale, warm": ({}, {}, {2: "stale"}, [401, 200, 200, 401, 200, 200]),
    "2.18 a nonce forgotten without a word": ({"says_stale": False}, {}, {2: "forget"}, [401, 200, 200, 401, 200, 200]),
    "2.18 nextnonce": ({"one_time": True}, {}, {}, [401, 200, 200, 200, 200]),
    "2.25 a proof is required": ({}, {"verify": "required"}, {}, [401, 200, 200, 200, 200]),
    "6.2 counts that rise by one": ({"counting": "exact"}, {}, {}, [401, 200, 200, 200, 200]),
    "3. a wrong password": ({"users": {"alice": "other"}}, {}, {}, [401, 401, 401, 401, 401]),
}


@pytest.mark.parametrize(("server", "settings", "events", "statuses"), CALLS.values(), ids=CALLS)
def test_four_calls(
    server: dict[str, Any], settings: dict[str, Any], events: dict[int, str], statuses: list[int]
) -> None:
    """The requests that four calls take: no more than there must be."""
    peer = StrictServer(**server)
    seen = Seen(strict(peer))
    with client(seen, **settings) as asking:
        for number in range(4):
            if events.get(number) == "forget":
                peer.forget()
            peer.stale_left += events.get(number) == "stale"
            asking.get(f"{HOME}/{number}")
    assert seen.statuses == statuses


def test_stale_for_ever() -> None:
    """3.: a server that says stale again and again gets five requests of the first call, and each call ends."""
    peer = StrictServer()
    peer.stale_left = 10**6
    seen = Seen(strict(peer))
    with client(seen) as asking:
        for number in range(4):
            before = len(seen.requests)
            assert asking.get(f"{HOME}/{number}").status_code == 401
            assert len(seen.requests) - before <= 5


class WaysBack(Seen):
    """Threads whose way back takes no longer than another's whole way: who asks once more, unsigned, hears last.

    Over a network that is so. In one process a thread that was let in may not have run since.
    """

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.changed = threading.Condition()
        self.let_in = self.told = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self.changed:
            again = request.url in [earlier.url for earlier in self.requests]
            if again and "authorization" not in request.headers:
                assert self.changed.wait_for(lambda: self.told == self.let_in, 60)
            answer = super().handle_request(request)
            self.let_in += answer.status_code == 200
        return answer

    def get(self, asking: httpx.Client, url: str) -> httpx.Response:
        """The answer to one call."""
        answer = asking.get(url)
        with self.changed:
            self.told += answer.status_code == 200
            self.changed.notify_all()
        return answer


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("counting", ["unique", "rising"])
@pytest.mark.parametrize("way", ["2.2 threads", "2.3 tasks"])
def test_at_once(way: str, counting: str, warm: bool) -> None:
    """Calls that share one object, a server with one nonce for all: all are let in, no count goes out twice."""
    peer = StrictServer(shared_nonce="same", counting=counting)
    seen = WaysBack(strict(peer))
    auth = DigestAuth("alice", "s3cret")
    if warm:
        with client(seen, auth) as asking:
            seen.get(asking, HOME)
    urls = [f"{HOME}/{number}" for number in range(20)]

    async def get_all() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=seen, auth=auth) as asking:
            return list(await asyncio.gather(*map(asking.get, urls)))

    if way == "2.3 tasks":
        answers = asyncio.run(get_all())
    else:
        with client(seen, auth) as asking, ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(partial(seen.get, asking), urls))
    assert [answer.status_code for answer in answers] == [200] * 20
    assert len(set(peer.pairs)) == len(peer.pairs)


def at_home(request: httpx.Request) -> bool:
    """Whether it went to the first server."""
    return f"{request.url.scheme}://{request.url.netloc.decode()}" == HOME


def moving(server: StrictServer, goal: str, elsewhere: Script) -> Script:
    """A server of which /moved leads to a goal, and another server for all other hosts."""
    here = strict(server)

    def script(request: httpx.Request, body: bytes) -> Answer:
        if not at_home(request):
            return elsewhere(request, body)
        return (302, [("Location", goal)], b"") if request.url.path == "/moved" else here(request, body)

    return script


def challenging(request: httpx.Request, _: bytes) -> Answer:
    """Another server, which wants to be told a secret."""
    return 401, [("WWW-Authenticate", 'Digest realm="evil", nonce="evil", qop="auth"')], request.url.raw_path


@pytest.mark.parametrize("mismatch", [400, 401], ids="2.4, 6.5 refused with {}".format)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_redirect(mismatch: int, warm: bool) -> None:
    """Behind a redirect inside of the origin the request that is sent is the one that is signed."""
    server = StrictServer(mismatch=mismatch)
    with client(Seen(moving(server, "/page", challenging))) as asking:
        if warm:
            asking.get(HOME)
        assert asking.get(f"{HOME}/moved").status_code == 200
    assert server.accepted[-1][0] == "/page"


@pytest.mark.parametrize("warm", [False, True], ids=["3. cold", "3. warm"])
@pytest.mark.parametrize("goal", [
    f"{EVIL}/", "http://server.example:8080/", "https://server.example:8443/", "http://server.example.evil/",
])  # fmt: skip
def test_redirect_to_another_origin(goal: str, warm: bool) -> None:
    """It gets no credentials, and its nonce and realm are never used: not there, not at home."""
    server = StrictServer()
    seen = Seen(moving(server, goal, challenging))
    with client(seen) as asking:
        if warm:
            asking.get(HOME)
        assert asking.get(f"{HOME}/moved").status_code == 401
        assert asking.get(HOME).status_code == 200
    assert not any("evil" in field for field in seen.fields if field)
    away = [request for request in seen.requests if not at_home(request)]
    assert away
    assert not any("authorization" in request.headers for request in away)


@pytest.mark.parametrize("other", [
    "https://server.example", "http://server.example:81", "http://other.example", "http://server.example.",
], ids="3. {}".format)  # fmt: skip
def test_another_origin(other: str) -> None:
    """The first request to another origin is unsigned, whatever was learnt of the first."""
    seen = Seen(strict(StrictServer()))
    with client(seen) as asking:
        asking.get(HOME)
        asking.get(other)
    assert [field is None for field in seen.fields] == [True, False, True, False]


@pytest.mark.parametrize("same", ["http://SERVER.example", "http://server.example:80"], ids="3. {}".format)
def test_same_origin(same: str) -> None:
    """Capitals and the default port make no other origin."""
    seen = Seen(strict(StrictServer()))
    with client(seen) as asking:
        asking.get(HOME)
        asking.get(same)
    assert seen.statuses == [401, 200, 200]


def test_names_of_other_letters_are_one_origin() -> None:
    """3.: a name and its form for the DNS."""
    seen = Seen(strict(StrictServer()))
    with client(seen) as asking:
        asking.get("http://b\u00fccher.example")
        asking.get("http://xn--bcher-kva.example")
    assert seen.statuses == [401, 200, 200]


@pytest.mark.parametrize("proxy", [False, True], ids=["2.7 no proxy", "3. https"])
def test_407_of_a_server(proxy: bool) -> None:
    """A 407 that no proxy can have sent is handed to the caller, and nothing is signed."""
    seen = Seen(lambda *_: (407, [("Proxy-Authenticate", 'Digest realm="p", nonce="n", qop="auth"')], b""))
    with client(seen, proxy=proxy) as asking:
        url = HOME.replace("http:", "https:") if proxy else HOME
        assert asking.get(url).status_code == 407
    assert len(seen.requests) == 1


BODY = bytes(range(256))
KINDS: dict[str, Callable[[], Any]] = {
    "bytes": lambda: BODY,
    "file": lambda: io.BytesIO(BODY),
    "list": lambda: [BODY[:9], BODY[9:]],
}


@pytest.mark.parametrize("qop", ["auth", "auth-int"], ids=["2.6, 6.6", "2.13"])
@pytest.mark.parametrize("kind", KINDS)
def test_body_is_sent_again(kind: str, qop: str) -> None:
    """Whole, both times, and signed where the server wants it signed."""
    server = StrictServer(qop=qop)
    with client(Seen(strict(server))) as asking:
        for _ in range(2):
            assert asking.post(HOME, content=KINDS[kind]()).status_code == 200
    assert server.accepted == [("/", BODY)] * 2


def test_file_at_an_offset() -> None:
    """2.6, 6.6: from where it stood, both times."""
    server = StrictServer()
    file = io.BytesIO(BODY)
    file.seek(100)
    with client(Seen(strict(server))) as asking:
        asking.post(HOME, content=file, headers={"Content-Length": "156"})
    assert server.accepted == [("/", BODY[100:])]


@pytest.mark.parametrize("kind", ["generator", "iterator", "pipe"], ids="2.6, 3. {}".format)
def test_body_that_is_gone(kind: str) -> None:
    """A named error, before anything is sent twice: no server ever gets an empty body that is signed."""
    server = StrictServer()
    with client(Seen(strict(server))) as asking:
        if kind == "pipe":
            out, into = os.pipe()
            os.write(into, BODY)
            os.close(into)
            with os.fdopen(out, "rb") as pipe, pytest.raises(BodyNotReplayable):
                asking.post(HOME, content=pipe)
        else:
            body = (piece for piece in [BODY]) if kind == "generator" else iter([BODY])
            with pytest.raises(BodyNotReplayable):
                asking.post(HOME, content=body)
        assert server.accepted == []
        assert asking.post(HOME, content=iter([BODY])).status_code == 200
    assert server.accepted == [("/", BODY)]


@pytest.mark.parametrize("own", [None, "own=1"], ids=["2.12", "2.12 with a cookie of its own"])
def test_cookie_of_the_challenge(own: str | None) -> None:
    """What the 401 sets goes with the answer."""

    def script(request: httpx.Request, _: bytes) -> Answer:
        if "set=2" in request.headers.get("cookie", ""):
            return 200, [], request.headers["cookie"].encode()
        return 401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'), ("Set-Cookie", "set=2")], b""

    with client(Seen(script)) as asking:
        answer = asking.get(HOME, headers={} if own is None else {"Cookie": own})
    assert answer.status_code == 200
    assert (own or "set=2") in answer.text


@pytest.mark.parametrize(("url", "target"), [
    ("", "/"), ("/a b", "/a%20b"), ("/a%2Fb", "/a%2Fb"), ("/é?ü=ß", "/%C3%A9?%C3%BC=%C3%9F"), ("?", "/?"),
    ("/a;b=c,d?e=f,g", "/a;b=c,d?e=f,g"), ("/a?b?c=/d", "/a?b?c=/d"), ("//a//b", "//a//b"),
], ids="2.16 {!r}".format)  # fmt: skip
def test_target(url: str, target: str) -> None:
    """`uri` is what stands in the request line, octet for octet."""
    server = StrictServer()
    with client(Seen(strict(server))) as asking:
        assert asking.get(HOME + url).status_code == 200
    assert [parameters["uri"] for parameters in server.signed] == [server.accepted[-1][0]] == [target]


def test_what_was_learnt_is_kept() -> None:
    """2.17: a device that wants credentials in the first request gets them, from what another process has learnt."""
    server = StrictServer()
    first, second = DigestAuth("alice", "s3cret"), DigestAuth("alice", "s3cret")
    with client(Seen(strict(server)), first) as asking:
        asking.get(HOME)
    for challenge in first.export_learnt():
        second.learn(**challenge)
    with client(Seen(strict(server)), second) as asking:
        asking.get(HOME)
    assert server.statuses == [401, 200, 200]


def test_one_cnonce_for_a_session() -> None:
    """2.19: a -sess algorithm keeps its cnonce as long as its nonce."""
    server = StrictServer(algorithms=("MD5-sess",))
    with client(Seen(strict(server))) as asking:
        for _ in range(3):
            assert asking.get(HOME).status_code == 200
    assert len({parameters["cnonce"] for parameters in server.signed}) == 1


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess"], ids="3. {}".format)
def test_hash_follows_the_realm(algorithm: str) -> None:
    """A server that changes its realm or its algorithm is answered with another H(A1)."""
    server = StrictServer(algorithms=(algorithm,))
    with client(Seen(strict(server)), allow_weaker=True) as asking:
        assert asking.get(HOME).status_code == 200
        server.realm = "another"
        server.forget()
        assert asking.get(HOME).status_code == 200
        server.algorithms = ("SHA-256",)
        server.forget()
        assert asking.get(HOME).status_code == 200


#: Where the proof is bad in a way, and which policy refuses it.
PROOFS = {
    "2.25 wrong": (lambda info: info.replace('rspauth="', 'rspauth="0'), ("if-present", "required")),
    "3. of another cnonce": (lambda info: info.replace('cnonce="', 'cnonce="0'), ("if-present", "required")),
    "3. of another count": (lambda info: info.replace("nc=0", "nc=1"), ("if-present", "required")),
    "3. without qop, wrong": (lambda _: 'rspauth="00"', ("if-present", "required")),
    "3. nothing": (lambda _: "", ("required",)),
    "3. no rspauth": (lambda _: "qop=auth", ("required",)),
}


@pytest.mark.parametrize(("change", "refused"), PROOFS.values(), ids=PROOFS)
@pytest.mark.parametrize("verify", ["off", "if-present", "required"], ids="6.8 {}".format)
def test_proof(change: Any, refused: tuple[str, ...], verify: Any) -> None:
    """A server that does not prove itself is no answer, as far as the caller wants it to."""
    honest = strict(StrictServer())

    def script(request: httpx.Request, content: bytes) -> Answer:
        status, fields, body = honest(request, content)
        return status, [(name, change(v) if name == "Authentication-Info" else v) for name, v in fields], body

    with client(Seen(script), verify=verify) as asking:
        if verify in refused:
            with pytest.raises(WrongPrincipal):
                asking.get(HOME)
        else:
            assert asking.get(HOME).status_code == 200
