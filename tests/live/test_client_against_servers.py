"""Our client against Apache httpd and lighttpd: every library, called directly and from an event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from digest_http.errors import WrongPrincipal
from tests.live.httpd import httpd
from tests.live.lighttpd import lighttpd
from tests.live.peers import DigestServer
from tests.live.serving import PASSWORD
from tests.live.sessions import LogIn

pytestmark = pytest.mark.live

REQUESTS = 20
BODY = bytes(range(256)) * 256

#: httpd as it comes; told to count; with nonces for one use, each answer bringing the next. lighttpd in two hashes.
SERVERS: dict[str, Callable[[], AbstractContextManager[DigestServer]]] = {
    "httpd": httpd,
    "httpd-counted": partial(httpd, "counted"),
    "httpd-one-time": partial(httpd, "one-time"),
    "lighttpd-md5": partial(lighttpd, "MD5"),
    "lighttpd-sha256": partial(lighttpd, "SHA-256"),
}
ONE_NONCE = [name for name in SERVERS if name != "httpd-one-time"]
GIVES_PROOF = [name for name in SERVERS if name.startswith("httpd")]


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[DigestServer]:
    """One of the servers, all of them in turn unless a test names some."""
    with SERVERS[request.param]() as running:
        yield running


def test_first_request(server: DigestServer, log_in: LogIn) -> None:
    """A first request costs one challenge, and is let in."""
    with log_in(PASSWORD) as client:
        answer = client.send("GET", server.page_url)
        assert (answer.status_code, answer.text) == (200, server.page)
        assert client.hops.statuses == [401, 200]


@pytest.mark.parametrize("server", ONE_NONCE, indirect=True)
def test_requests_in_sequence_count_up(server: DigestServer, log_in: LogIn) -> None:
    """Requests one after the other use the same nonce with rising counts; only the first is challenged."""
    with log_in(PASSWORD) as client:
        assert [client.send("GET", server.page_url).status_code for _ in range(REQUESTS)] == [200] * REQUESTS
        assert client.hops.statuses == [401] + [200] * REQUESTS
        (nonce,) = {hop.parameter("nonce") for hop in client.hops.signed}
        assert [hop.nonce_and_count for hop in client.hops.signed] == [(nonce, n + 1) for n in range(REQUESTS)]


@pytest.mark.parametrize("server", ["httpd-one-time"], indirect=True)
def test_nextnonce_is_followed(server: DigestServer, log_in: LogIn) -> None:
    """Where every nonce is for one use, nextnonce carries the client on without another challenge."""
    with log_in(PASSWORD) as client:
        assert [client.send("GET", server.page_url).status_code for _ in range(REQUESTS)] == [200] * REQUESTS
        assert client.hops.statuses == [401] + [200] * REQUESTS
        assert len({hop.parameter("nonce") for hop in client.hops.signed}) == REQUESTS
        assert {hop.parameter("nc") for hop in client.hops.signed} == {"00000001"}


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_requests_at_once(server: DigestServer, log_in: LogIn, warm: bool) -> None:
    """Requests all under way together are all let in, and no count of a nonce is ever sent twice."""
    with log_in(PASSWORD) as client:
        if warm:
            assert client.send("GET", server.page_url).status_code == 200
        answers = client.at_once([f"{server.page_url}?{number}" for number in range(REQUESTS)])
        assert [answer.status_code for answer in answers] == [200] * REQUESTS
        used = [hop.nonce_and_count for hop in client.hops.signed]
        assert len(set(used)) == len(used)


def test_wrong_password(server: DigestServer, log_in: LogIn) -> None:
    """A wrong password is tried once for a request, and the 401 is handed to the caller."""
    with log_in("wrong") as client:
        assert client.send("GET", server.page_url).status_code == 401
        assert client.hops.statuses == [401, 401]


def test_body_arrives_whole(server: DigestServer, log_in: LogIn) -> None:
    """A body arrives whole with the retry after the challenge, and whole again without one."""
    with log_in(PASSWORD) as client:
        for _ in range(2):
            answer = client.send("POST", server.echo_url, BODY)
            assert (answer.status_code, answer.content) == (200, BODY)
        assert client.hops.statuses == [401, 200, 200]


@pytest.mark.parametrize("server", GIVES_PROOF, indirect=True)
def test_required_proof_is_given(server: DigestServer, log_in: LogIn) -> None:
    """The rspauth that httpd works out is the one the client expects."""
    with log_in(PASSWORD, verify="required") as client:
        answers = [client.send("GET", server.page_url), client.send("POST", server.echo_url, BODY)]
        assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("server", ["lighttpd-md5"], indirect=True)
def test_required_proof_is_missed(server: DigestServer, log_in: LogIn) -> None:
    """lighttpd proves nothing, which verify="required" does not let pass."""
    with log_in(PASSWORD, verify="required") as client, pytest.raises(WrongPrincipal):
        client.send("GET", server.page_url)


@pytest.mark.parametrize("server", ["lighttpd-md5"], indirect=True)
def test_missing_proof_is_taken_if_not_required(server: DigestServer, log_in: LogIn) -> None:
    """verify="if-present" takes an answer without rspauth."""
    with log_in(PASSWORD, verify="if-present") as client:
        assert client.send("GET", server.page_url).status_code == 200
