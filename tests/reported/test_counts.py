"""Reported inputs about the memory of nonce counts: one header, settings that change, forks, keys that were removed."""

import asyncio
import os
from typing import Any

import pytest

from digest_http.guard import key_sources as key_files
from digest_http.stores import MemoryStore
from tests.attacks.driver import Clock, Server
from tests.stores.nonce_stores import IN_PROCESS, OPENERS, STORES, reopened
from tests.stores_shared.redis_worker import Worker
from tests.support.forked import in_child

KEYS = [b"k" * 32]


def statuses(store: Any, settings: list[dict[str, Any]], *, shared: bool) -> list[int]:
    """One header, its nonce from the first of these middlewares, to each in turn; a new one for each request."""
    clock = Clock()
    header, found = None, []
    for policy in settings:
        server = Server(store=store, keys=KEYS, clock=clock, **policy)
        header = header or server.signer().sign("GET", "/x", 1)
        found.append(server.request("GET", "/x", header).status)
        store = store if shared else reopened(store, 100)
    return found


@pytest.mark.parametrize("store_name", STORES)
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(
            [{"nonce_lifetime": seconds} for seconds in (300, 300, 600, 200, 300)], [200, *[401] * 4], id="S4"
        ),
        pytest.param([{"window": 64}, {"window": 64}, {"window": 128}], [200, 401, 401], id="S5-windows"),
        pytest.param([{"sequence": "strict"}] * 2 + [{"sequence": "window"}], [200, 401, 401], id="S5-strict"),
    ],
)
def test_one_header_under_settings_that_change(store_name, settings, expected):
    """It is accepted once, whatever lifetime, window or rule the next middleware has."""
    store = OPENERS[store_name](100)
    assert statuses(store, settings, shared=True) == expected
    if store_name not in IN_PROCESS:
        assert statuses(OPENERS[store_name](100), settings, shared=False) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("issued", ["by the parent", "by a child"])
def test_s6_one_header_to_forked_workers(issued):
    """Made before the fork: the store and the random key. No more than one of three workers takes the header."""
    server = Server(store=MemoryStore())

    def answer(header: bytes) -> int:
        return server.request("GET", "/x", header).status

    def log_in() -> tuple[bytes, int, int]:
        header = server.signer().sign("GET", "/x", 1)
        return header, answer(header), answer(header)

    if issued == "by the parent":
        header = server.signer().sign("GET", "/x", 1)
        assert [in_child(answer, header) for _ in range(3)] == [401] * 3
        assert answer(header) == 200
    else:
        header, *own = in_child(log_in)
        assert own == [200, 401]
        assert [in_child(answer, header) for _ in range(3)] == [401] * 3


def test_s13_a_key_that_left_the_file(tmp_path, monkeypatch):
    """What it signed is good no more as soon as the file is looked at, though nobody asks for a challenge."""
    monkeypatch.setattr(key_files, "LOOK_EVERY", 0.0)
    path = tmp_path / "keys"
    old, new = "0123456789abcdef" * 4, "fedcba9876543210" * 4
    path.write_text(old, "ascii")
    server = Server(keys=f"file://{path}")
    signer = server.signer()
    assert server.get(signer, 1).status == 200
    path.write_text(f"{new}\n{old}\n", "ascii")
    assert server.get(signer, 2).status == 200
    path.write_text(f"{new}\n", "ascii")
    response = server.get(signer, 3)
    assert response.status == 401
    assert response.stale


@pytest.mark.live
@pytest.mark.parametrize("lifetimes", [(300, 301), (301, 300), (300, 600), (600, 300)], ids=lambda each: f"F1-{each}")
def test_two_hosts_on_one_redis(server, lifetimes):
    """A rolling deploy: headers accepted by the first host go to the second, and the other way round."""

    async def scenario():
        async with Worker(server.url, lifetime=lifetimes[0]) as one, Worker(server.url, lifetime=lifetimes[1]) as other:
            accepted = []
            for number in range(300):
                issuer, second = (one, other)[:: 1 if number % 2 else -1]
                nonce = issuer.issue()
                for nc in (1, 3, 2):
                    verdicts = await asyncio.gather(*(host.use(nonce, nc) for host in (second, issuer)))
                    accepted.append([verdict.value for verdict in verdicts].count("accepted"))
                issuer.clock.now += 0.5
                second.clock.now = issuer.clock.now
            assert accepted == [1] * 900

    asyncio.run(scenario())
