"""Fifty clients of ours and one eavesdropper, on each store, in good times and bad.

The same for a minute each: `python -m benchmarks.soak`.
"""

import asyncio
from contextlib import ExitStack

import pytest

from tests.faults.fleet import KEYS, fleet
from tests.faults.load import CLIENTS, load
from tests.faults.scenarios import file_lost_twice, keys_rotated, redis_killed_twice, worker_killed

# A machine with other work takes its time; what is asserted is what came of it.
pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

SECONDS = 5.0
OTHER_KEYS = "fedcba9876543210" * 4


def assert_sound(counts):
    """Nobody was refused who knew the password, and nothing was accepted twice."""
    assert counts["accepted"] >= CLIENTS, counts
    assert counts["replays"] > 0, counts
    assert counts["replayed"] == 0, counts
    assert counts["refused"] == 0, counts


@pytest.mark.parametrize("store", ["memory", "sqlite", "redis"])
def test_good_times(store, request, tmp_path):
    """Every request of every client is accepted; after its first success none meets a 401."""
    with ExitStack() as stack:
        if store == "redis":
            url = request.getfixturevalue("redis_server").url
            servers = [stack.enter_context(fleet(tmp_path, 1, store=url)) for _ in range(2)]
        else:
            url = "memory://" if store == "memory" else f"sqlite:///{tmp_path}/nonces.db"
            servers = [stack.enter_context(fleet(tmp_path, 1 if store == "memory" else 4, store=url))]
        counts = asyncio.run(load([server.url for server in servers], SECONDS))
    assert_sound(counts)
    assert counts["stale"] == counts["unavailable"] == counts["dropped"] == 0, counts


def test_redis_killed_twice(tmp_path, redis_server):
    """Its counts are gone twice: 503 while it is away, one fresh nonce a client when it is back."""
    with fleet(tmp_path, 2, store=redis_server.url) as servers:
        counts = asyncio.run(load([servers.url], 8, redis_killed_twice(redis_server, 8)))
        after = asyncio.run(load([servers.url], 1))
    assert_sound(counts)
    assert counts["unavailable"] > 0, counts
    assert after["unavailable"] == 0, after


def test_sqlite_file_lost_twice(tmp_path):
    """All workers turn to the new file, and what was counted in the old one is not accepted again."""
    path = tmp_path / "nonces.db"
    with fleet(tmp_path, 4, store=f"sqlite:///{path}") as servers:
        counts = asyncio.run(load([servers.url], 6, file_lost_twice(servers, path, 6)))
        after = asyncio.run(load([servers.url], 1))
    assert_sound(counts)
    assert after["unavailable"] == after["refused"] == 0, after


def test_a_worker_killed(tmp_path, shared_store):
    """SIGKILL in the middle of steps: its connections drop, and no replay is accepted afterwards."""
    with fleet(tmp_path, 3, store=shared_store) as servers:
        counts = asyncio.run(load([servers.url], SECONDS, worker_killed(servers, SECONDS)))
    assert_sound(counts)


def test_keys_rotated(tmp_path):
    """Three versions of the key file under load: nobody is refused, so no user is asked for a password."""
    path = tmp_path / "keys"
    path.write_text(KEYS, encoding="ascii")
    with fleet(tmp_path, 3, store=f"sqlite:///{tmp_path}/nonces.db", keys=f"file://{path}") as servers:
        counts = asyncio.run(load([servers.url], 8, keys_rotated(path, KEYS, OTHER_KEYS, 8)))
    assert_sound(counts)
    assert counts["unavailable"] == counts["dropped"] == 0, counts
