"""A captured header at many workers in one moment, and a browser's six connections."""

import asyncio
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.faults.by_hand import all_at_once, get, settled_nonce, sign
from tests.faults.fleet import fleet

pytestmark = pytest.mark.live


def test_four_workers_on_sqlite(tmp_path):
    """A02, A47: 1 000 times at once at four workers on one file: one is accepted, 999 are not."""
    with fleet(tmp_path, 4, store=f"sqlite:///{tmp_path}/nonces.db") as servers:
        statuses = all_at_once([servers.url], sign(settled_nonce(servers.url), 2), 1000)
    assert sorted(statuses) == [200] + [401] * 999


def test_two_servers_on_redis(tmp_path, redis_server):
    """A02, A47: 1 000 times at once at two servers that have only Redis in common."""
    with ExitStack() as stack:
        urls = [stack.enter_context(fleet(tmp_path, store=redis_server.url)).url for _ in range(2)]
        for url in urls:
            settled_nonce(url)
        statuses = all_at_once(urls, sign(settled_nonce(urls[0]), 2), 1000)
    assert sorted(statuses) == [200] + [401] * 999


def test_a_challenge_of_one_is_answered_at_another(tmp_path, redis_server):
    """A47: nonce and counts hold at every server; and so does the refusal of a replay."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(fleet(tmp_path, store=redis_server.url)).url for _ in range(2))
        settled_nonce(second)
        nonce = settled_nonce(first)
        assert [get(url, sign(nonce, nc)).status for nc, url in ((2, second), (3, first), (4, second))] == [200] * 3
        assert [get(url, sign(nonce, nc)).status for nc, url in ((2, first), (3, second), (4, first))] == [401] * 3


def test_requests_that_overtake_each_other(tmp_path, shared_store):
    """Six connections with counts out of order, as browsers send them: no 401 at all under REPLAY_DETECT."""
    with fleet(tmp_path, 2, store=shared_store) as servers:
        nonce = [settled_nonce(servers.url) for _ in range(3)][-1]
        statuses = asyncio.run(six_connections(servers.url, nonce))
    assert statuses == [200] * 600


async def six_connections(url: str, nonce: str) -> list[int]:
    """600 requests; each connection takes every sixth count, and they run as fast as they can."""
    parts = urlsplit(url)

    async def connection(offset: int) -> list[int]:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        statuses = []
        for round_ in range(100):
            # Pairs in the wrong order: 14 before 8, and so on.
            nc = 2 + offset + 6 * (round_ ^ 1)
            writer.write(f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: {sign(nonce, nc)}\r\n\r\n".encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            statuses.append(int(head.split()[1]))
            while len(statuses) - min(progress) > 8:  # a browser waits for its other connections too
                progress[offset] = len(statuses)
                await asyncio.sleep(0.001)
            progress[offset] = len(statuses)
        writer.close()
        return statuses

    progress = [0] * 6
    return [status for statuses in await asyncio.gather(*map(connection, range(6))) for status in statuses]
