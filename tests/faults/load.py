"""Clients of ours under load: each with one connection and one nonce of its own, and an eavesdropper among them."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence

import httpx

from digest_http_client_auth import DigestAuth
from tests.faults.fleet import PASSWORD, USER

#: What happens meanwhile, between the clients' requests.
Fault = Callable[[Counter[str]], Coroutine[None, None, None]]

#: How many clients there are if nothing is said.
CLIENTS = 50

#: Seconds that a request may take on a machine with other work, before it counts as lost.
PATIENCE = 60


async def load(urls: Sequence[str], seconds: float, fault: Fault | None = None, clients: int = CLIENTS) -> Counter[str]:
    """What became of all requests, in `seconds` or more: until every client was in, and the fault is over.

    `accepted`, `refused` (a 401 that our client could not overcome), `unavailable` (503), `dropped` connections;
    `stale` (a 401 on the wire after the client's first success, which our client answers by itself), and
    `replays` that the eavesdropper tried, of which `replayed` were accepted.
    """
    counts: Counter[str] = Counter()
    captured: list[tuple[str, str]] = []
    end = time.monotonic() + seconds
    faults = [] if fault is None else [asyncio.ensure_future(fault(counts))]

    def going() -> bool:
        return time.monotonic() < end or not all(task.done() for task in faults)

    tasks = [_client(urls[number % len(urls)], going, counts, captured) for number in range(clients)]
    await asyncio.gather(*tasks, _eavesdropper(urls, going, counts, captured), *faults)
    return counts


async def _client(url: str, going: Callable[[], bool], counts: Counter[str], captured: list[tuple[str, str]]) -> None:
    warm = False

    async def watch(response: httpx.Response) -> None:
        if warm and response.status_code == 401:
            counts["stale"] += 1
        if response.status_code == 200:
            captured.append((url, response.request.headers["authorization"]))

    async with httpx.AsyncClient(
        auth=DigestAuth(USER, PASSWORD), timeout=PATIENCE, trust_env=False, event_hooks={"response": [watch]}
    ) as client:
        while going() or not warm:
            try:
                response = await client.get(url)
            except httpx.TransportError:
                counts["dropped"] += 1
                await asyncio.sleep(0.05)
                continue
            counts[{200: "accepted", 401: "refused", 503: "unavailable"}[response.status_code]] += 1
            if response.status_code == 503:
                assert response.headers["retry-after"]
                await asyncio.sleep(0.05)
            warm = warm or response.status_code == 200


async def _eavesdropper(
    urls: Sequence[str], going: Callable[[], bool], counts: Counter[str], captured: list[tuple[str, str]]
) -> None:
    """Sends again what was accepted, newest and older, to any of the servers, each time on a new connection."""
    draw = random.Random(1)  # noqa: S311 - which header to replay is no secret
    async with httpx.AsyncClient(
        timeout=PATIENCE, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    ) as client:
        while going() or not counts["replays"]:
            await asyncio.sleep(0.01)
            if not captured:
                continue
            _, header = captured[-1] if draw.random() < 0.5 else draw.choice(captured)
            try:
                response = await client.get(draw.choice(urls), headers={"authorization": header})
            except httpx.TransportError:
                continue
            counts["replays"] += 1
            counts["replayed"] += response.status_code == 200
