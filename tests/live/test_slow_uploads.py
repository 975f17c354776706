"""Uploads signed with auth-int that outlive their nonce, on a real wire: let in once, while other requests go by."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.attacks.signing import Signer, parameters
from tests.live.peers import HOST
from tests.live.serving import PASSWORD, Serve, Served
from tests.live.sessions import LogIn
from tests.live.slow_wire import RawUpload, relay
from tests.stores_shared.redis_servers import RedisServer

pytestmark = pytest.mark.live

BODY = bytes(range(256)) * 1024
OTHERS = 200
KEYS = "0123456789abcdef" * 4


@pytest.fixture(params=["memory", "sqlite", "redis", "valkey"])
def workers(request: pytest.FixtureRequest, served: Serve, tmp_path: Path) -> Iterator[list[Served]]:
    """Two workers of one service, each on a port of its own, or one where there is nothing to share."""
    policy = {"qop": ["auth", "auth-int"], "keys": KEYS}
    if request.param == "memory":
        yield [served(**policy)]
    elif request.param == "sqlite":
        yield [served(store=f"sqlite:///{tmp_path / 'nonces.db'}", **policy) for _ in range(2)]
    else:
        folder = tmp_path / "server"
        folder.mkdir()
        with (server := RedisServer(folder, kind=request.param)).up():
            yield [served(store=server.url, **policy) for _ in range(2)]


def ask(connection: http.client.HTTPConnection, target: str, authorization: bytes | None = None) -> tuple[int, bytes]:
    """The status of a GET, and its first challenge."""
    connection.request("GET", target, headers={"Authorization": authorization} if authorization else {})
    response = connection.getresponse()
    response.read()
    return response.status, (response.headers.get("WWW-Authenticate") or "").encode()


def signer_for(worker: Served) -> Signer:
    """An answer to a fresh challenge of a worker."""
    connection = http.client.HTTPConnection(HOST, worker.port, timeout=20)
    status, challenge = ask(connection, "/whoami")
    connection.close()
    assert status == 401
    return Signer(parameters(challenge))


def others(worker: Served, signer: Signer) -> list[int]:
    """The statuses of many requests with the next counts."""
    connection = http.client.HTTPConnection(HOST, worker.port, timeout=20)
    found = [ask(connection, "/whoami", signer.sign("GET", "/whoami", nc))[0] for nc in range(2, 2 + OTHERS)]
    connection.close()
    return found


def pass_time(workers: list[Served], seconds: float) -> None:
    """For all workers."""
    for worker in workers:
        worker.advance_clock(seconds)


def test_a_slow_upload(workers: list[Served]) -> None:
    """Its nonce ends while its body is on the way, and 200 requests overtake it: let in, once, by one worker of two."""
    signer = signer_for(workers[0])
    authorization = signer.sign("POST", "/echo", 1, body=BODY)
    # One head before the others go by, one after them, and one whose body comes when the count is long used.
    uploads = [RawUpload(workers[0].port, "/echo", authorization, BODY)]
    assert others(workers[-1], signer) == [200] * OTHERS
    uploads.append(RawUpload(workers[-1].port, "/echo", authorization, BODY))
    late = RawUpload(workers[0].port, "/echo", authorization, BODY)
    pass_time(workers, 400)
    with ThreadPoolExecutor(len(uploads)) as threads:
        assert sorted(threads.map(RawUpload.finish, uploads)) == [200, 401]
    assert late.finish() == 401
    for worker in workers:
        assert RawUpload(worker.port, "/echo", authorization, BODY).finish() == 401


@pytest.mark.parametrize("log_in", [("httpx", "direct")], indirect=True, ids="-".join)
def test_our_client(served: Serve, log_in: LogIn) -> None:
    """One upload and the requests beside it, all of one client: none is asked again, and the body goes out once."""
    site = served(qop=["auth-int"])
    with relay(site.port) as wire, log_in(PASSWORD, verify="required") as client, ThreadPoolExecutor(1) as thread:
        base = f"http://{HOST}:{wire.port}"
        assert client.send("GET", f"{base}/whoami").status_code == 200
        upload = thread.submit(client.send, "POST", f"{base}/echo", BODY)
        assert wire.holds.wait(20)
        assert [client.send("GET", f"{base}/whoami").status_code for _ in range(OTHERS)] == [200] * OTHERS
        site.advance_clock(400)
        wire.release.set()
        assert (upload.result(20).status_code, upload.result().content) == (200, BODY)
        assert client.send("GET", f"{base}/whoami").status_code == 200
        assert client.hops.statuses == [401] + [200] * (OTHERS + 3)
