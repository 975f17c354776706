"""A37: the wall clock is set by an hour, forwards and backwards, under servers that run."""

from __future__ import annotations

import time

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from tests.faults.by_hand import get, settled_nonce, sign
from tests.faults.fleet import PASSWORD, USER, fleet
from tests.faults.wall_clock import HOUR, WallClock, wait_until_seen
from tests.stores_shared.redis_servers import RedisServer

pytestmark = pytest.mark.live

#: Set, and set right again, both ways.
STEPS = (HOUR, 0, -HOUR, 0)


@pytest.fixture
def clock(tmp_path):
    """The clock of the servers."""
    return WallClock(tmp_path)


@pytest.mark.parametrize(("store", "workers"), [("memory://", 1), ("sqlite:///{}/nonces.db", 3)])
def test_workers_of_one_machine(tmp_path, clock, store, workers):
    """Nothing happens: no 401, whether a worker was started before or after, and no replay."""
    url = store.format(tmp_path)
    with fleet(tmp_path, workers, clock.environment, store=url) as servers:
        nonce = settled_nonce(servers.url)
        nc = 2
        for seconds in STEPS:
            clock.set(seconds)
            wait_until_seen(servers.url, seconds)
            for _ in range(20):
                assert get(servers.url, sign(nonce, nc)).status == 200
                assert get(servers.url, sign(nonce, nc)).status == 401
                nc += 1
            fresh = get(servers.url).nonce
            assert get(servers.url, sign(fresh, 1)).status == 200
            assert get(servers.url, sign(fresh, 1)).status == 401


def test_a_fleet_and_its_valkey(tmp_path, clock):
    """Keys may expire at once then, which makes nonces stale: clients answer that by themselves. No replay passes.

    Debian's Redis cannot be served so: its allocator asks for the time before libfaketime is ready.
    """
    server = RedisServer(tmp_path, kind="valkey", environment=clock.environment)
    server.start()
    try:
        with (
            fleet(tmp_path, 2, clock.environment, store=server.url) as servers,
            httpx.Client(auth=DigestAuth(USER, PASSWORD), trust_env=False) as client,
        ):
            settled_nonce(servers.url)
            captured = []
            for seconds in STEPS:
                clock.set(seconds)
                wait_until_seen(servers.url, seconds)
                for _ in range(20):
                    response = client.get(servers.url)
                    assert response.status_code == 200
                    captured.append(response.request.headers["authorization"])
                    time.sleep(0.005)
                assert {get(servers.url, header).status for header in captured} == {401}
    finally:
        server.stop()
