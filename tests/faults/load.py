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
Fault = Callable[[], Coroutine[None, None, None]]


async def load(urls: Sequence[str], seconds: float, fault: Fault | None = None, clients: int = 50) -> Counter[str]:
    """What became of all requests.

    `accepted`, `refused` (a 401 that our client could not overcome), `unavailable` (503), `dropped` connections;
    `stale` (a 401 on the wire after the client's first success, which our client answers by itself), and
    `replays` that the eavesdropper tried, of which `replayed` were accepted.
    """
    counts: Counter[str] = Counter()
    captured: list[tuple[str, str]] = []
    end = time.monotonic() + seconds
    tasks = [_client(urls[number % len(urls)], end, counts, captured) for number in range(clients)]
    tasks.append(_eavesdropper(urls, end, counts, captured))
    if fault is not None:
        tasks.append(fault())
    await asyncio.gather(*tasks)
    return counts


async def _client(url: str, end: float, counts: Counter[str], captured: list[tuple[str, str]]) -> None:
    warm = False

    async def watch(response: httpx.Response) -> None:
        if warm and response.status_code == 401:
            counts["stale"] += 1
        if response.status_code == 200:
            captured.append((url, response.request.headers["authorization"]))

    async with httpx.AsyncClient(
        auth=DigestAuth(USER, PASSWORD), timeout=10, trust_env=False, event_hooks={"response": [watch]}
    ) as client:
        while time.monotonic() < end:
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


async def _eavesdropper(urls: Sequence[str], end: float, counts: Counter[str], captured: list[tuple[str, str]]) -> None:
    """Sends again what was accepted, newest and older, to any of the servers, each time on a new connection."""
    draw = random.Random(1)  # noqa: S311 - which header to replay is no secret
    async with httpx.AsyncClient(
        timeout=10, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    ) as client:
        while time.monotonic() < end:
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
