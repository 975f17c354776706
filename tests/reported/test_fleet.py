"""What was reported of fleets on Redis: each input once more, with the outcome that is right."""

from __future__ import annotations

import asyncio
import logging
import platform
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import redis
import requests
from requests.auth import HTTPDigestAuth
from starlette.testclient import TestClient

from digest_http.errors import SecurityWarning
from digest_http.stores import freshness, open_store
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import Server
from tests.attacks.signing import Signer
from tests.faults.fleet import PASSWORD, USER, fleet
from tests.fleet.servers import ONE, log_of
from tests.fleet.told_app import hello
from tests.live.peers import HOST, free_port, program
from tests.middleware.two_workers import Two
from tests.stores_shared.redis_servers import RedisServer
from tests.stores_shared.redis_worker import Worker

pytestmark = pytest.mark.live

KEYS = "0123456789abcdef" * 4


class Reported:
    """What a row may use: a folder, a server, and what was logged at WARNING or above."""

    def __init__(self, folder: Path, log: pytest.LogCaptureFixture) -> None:
        self.folder = folder
        self.log = log
        self.server = RedisServer(folder, "--repl-diskless-sync-delay", "0")

    def client(self) -> Any:
        """A client of the server."""
        return redis.Redis.from_url(self.server.url)

    def said(self, *words: str) -> list[bool]:
        """Of each message that was logged, whether it has all the words."""
        return [all(word in record.message for word in words) for record in self.log.records]


def several_nodes(_: Reported) -> object:
    """A cluster's URL with two nodes is taken."""
    return type(open_store("redis+cluster://h:7000,h:7001")).__name__


def named_node_down(reported: Reported) -> object:
    """A host starts though the first node that its URL names is down."""
    cluster = ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    server = RedisServer(reported.folder, *cluster)
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CONFIG", "SET", "cluster-announce-ip", HOST)
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            end = time.monotonic() + 20
            while "cluster_state:ok" not in str(client.execute_command("CLUSTER", "INFO")):
                assert time.monotonic() < end
                time.sleep(0.05)

        async def count() -> object:
            async with Worker(f"redis+cluster://{HOST}:1,{HOST}:{server.port}") as worker:
                return (await worker.use(worker.issue(), 1)).name

        return asyncio.run(count())
    finally:
        server.stop()


def login_with_requests(url: str) -> int:
    """One request that signs once more at most."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, auth=HTTPDigestAuth(USER, PASSWORD), timeout=10).status_code


def login_with_httpx(url: str) -> int:
    """The same."""
    with httpx.Client(auth=httpx.DigestAuth(USER, PASSWORD), trust_env=False, timeout=10) as client:
        return client.get(url).status_code


def login_with_curl(url: str) -> int:
    """curl signs as often as it is told stale=true."""
    curl = program("curl", package="curl")
    command = [curl, "-s", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "--digest"]
    return int(subprocess.check_output([*command, "-u", f"{USER}:{PASSWORD}", url]))


def first_logins(reported: Reported) -> object:
    """At a new host, in a fleet whose epoch began before; then again after a flush."""
    with reported.client() as client, fleet(reported.folder, store=reported.server.url) as first:
        logins = (login_with_requests, login_with_httpx, login_with_curl)
        before = [login(first.url) for login in logins]
        with fleet(reported.folder, store=reported.server.url) as second:
            statuses = [login(second.url) for login in logins]
            client.flushall()
            time.sleep(freshness.FRESH)
            statuses += [login(host.url) for host in (first, second) for login in logins]
    return before + statuses


def loop_for_each_request(reported: Reported) -> object:
    """100 times asyncio.run(): connections that are left at the server."""
    store: Any = open_store(reported.server.url)
    for _ in range(100):
        asyncio.run(store.refresh(0))
    with reported.client() as client:
        return client.info("clients")["connected_clients"] - 1


def starlettes_client(reported: Reported) -> object:
    """300 requests of Starlette's test client: their statuses, and connections that are left."""
    layer = DigestAuthMiddleware(hello, {"alice": "s3cret"}, "r", store=reported.server.url, keys=KEYS)
    client = TestClient(layer)
    statuses = {client.get("/").status_code for _ in range(300)}
    with reported.client() as redis_client:
        return statuses, redis_client.info("clients")["connected_clients"] - 1


def changed_epoch(reported: Reported) -> object:
    """A flush while a worker runs."""

    async def scenario() -> None:
        async with Worker(reported.server.url) as worker:
            with reported.client() as client:
                client.flushall()
            await worker.use(worker.issue(), 1)
            await asyncio.sleep(freshness.FRESH)
            await worker.store.refresh(int(time.time() * 1e6))

    asyncio.run(scenario())
    return reported.said("new epoch", "flushed")


def clock_off(reported: Reported) -> object:
    """A host whose clock is two minutes ahead."""
    store: Any = open_store(reported.server.url)
    layer = Server(store=store, keys=KEYS, clock=lambda: time.time() + 120)

    async def scenario() -> None:
        await layer.send()
        await store.close()

    asyncio.run(scenario())
    return reported.said(platform.node(), "seconds ahead", "NTP")


def workers_with_keys_and_memories(_: Reported) -> object:
    """Four workers, keys, a memory each."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        patch.setenv("WEB_CONCURRENCY", "4")
        Server(keys=KEYS)
    return [(warning.category, "sqlite:" in str(warning.message)) for warning in caught]


def evidence(reported: Reported) -> object:
    """The same where the number is not known: the first request that a worker of another memory challenged."""
    two = Two({"keys": KEYS})
    for _ in range(3):
        assert two.visit().stale
    return reported.said("several workers", "sqlite:")


def one_worker(server: str) -> Callable[[Reported], object]:
    """A row: the warnings of a server with one worker."""
    return lambda reported: log_of(reported.folder, *ONE[server], 1).count("SecurityWarning")


def trio_lifespan(_: Reported) -> object:
    """What a server under trio is told when it starts."""
    layer = DigestAuthMiddleware(hello, {"alice": "s3cret"}, "r", store=f"redis://{HOST}:1", keys=KEYS)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def start() -> None:
        await layer({"type": "lifespan"}, receive, send)

    anyio.run(start, backend="trio")
    return [(message["type"], "asyncio only" in message["message"]) for message in sent]


def trio_request(reported: Reported) -> object:
    """What a signed request gets under trio, and what the log says."""

    async def request() -> int:
        server = Server(store=f"redis://{HOST}:1", keys=KEYS)
        signer = Signer((await server.send()).challenges[0])
        return (await server.send(authorization=signer.sign())).status

    status = anyio.run(request, backend="trio")
    return status, ["asyncio only" in str(record.exc_info) for record in reported.log.records]


def writable_replica(reported: Reported) -> object:
    """A replica that may be written to, which has the replication id of its master."""
    folder = reported.folder / "replica"
    folder.mkdir()
    replica = RedisServer(folder, "--replicaof", f"{HOST} {reported.server.port}", "--replica-read-only", "no")
    replica.start()

    async def scenario() -> object:
        async with Worker(reported.server.url) as worker:
            with reported.client() as client:
                client.set("replicated", 1)
                assert client.wait(1, 10_000) == 1
            nonce = worker.issue()
            assert (await worker.use(nonce, 1)).name == "ACCEPTED"
            store: Any = open_store(replica.url)
            worker.store, master = store, worker.store
            try:
                return (await worker.use(nonce, 1)).name
            except redis.ReadOnlyError:
                return "nothing is counted"
            finally:
                worker.store = master
                await store.close()

    try:
        return asyncio.run(scenario())
    finally:
        replica.stop()


def promise(_: Reported) -> object:
    """What the page on stores says of memories that are rolled back, and of what a node bears."""
    page = (Path(__file__).parents[2] / "docs/stores.md").read_text("utf-8")
    words = ("rolled back", "DEBUG RELOAD NOSAVE", "snapshot", "WAIT", "min-replicas-to-write", "one slot", "octets")
    return [word for word in words if word not in page]


ROWS: dict[str, tuple[Callable[[Reported], object], object]] = {
    "F3-several-nodes": (several_nodes, "RedisStore"),
    "F3-named-node-down": (named_node_down, "ACCEPTED"),
    "F4-first-logins": (first_logins, [200] * 12),
    "F5-asyncio-run": (loop_for_each_request, 0),
    "F5-test-client": (starlettes_client, ({401}, 0)),
    "F6-epoch": (changed_epoch, [True]),
    "F6-clock": (clock_off, [True]),
    "F7-keys-and-memories": (workers_with_keys_and_memories, [(SecurityWarning, True)]),
    "F7-evidence": (evidence, [True]),
    "F7-one-hypercorn": (one_worker("hypercorn"), 0),
    "F7-one-granian": (one_worker("granian"), 0),
    "F8-lifespan": (trio_lifespan, [("lifespan.startup.failed", True)]),
    "F8-request": (trio_request, (503, [True])),
    "F9-writable-replica": (writable_replica, "nothing is counted"),
    "F9-F10-docs": (promise, []),
}


@pytest.mark.parametrize("row", ROWS)
def test_reported(row, tmp_path, caplog):
    """Each has its right outcome."""
    scenario, outcome = ROWS[row]
    caplog.set_level(logging.WARNING)
    reported = Reported(tmp_path, caplog)
    reported.server.start()
    try:
        assert scenario(reported) == outcome
    finally:
        reported.server.stop()
