"""Clients at several hosts that share one store, and an eavesdropper; what was accepted, and how often."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import open_store
from tests.clusters.cluster import PATIENCE
from tests.stores.nonce_stores import KEYS

#: Hosts, and clients that send at once.
HOSTS, CLIENTS = 3, 12

#: Counts on a nonce, of which each goes to a host of its own.
COUNTS = 4

#: Seconds between two requests of a client: the machine belongs to the cluster as well.
PAUSE = 0.01

RULE = ReplayDetect()

#: A nonce and a count: all that makes a header different from another here.
Header = tuple[bytes, int]


class Host:
    """One host of the service: a store, and the nonces it issues and takes."""

    def __init__(self, url: str) -> None:
        self.store: Any = open_store(url)
        self.nonces = NonceSource(b"realm", KEYS, lambda: self.store.epoch)

    async def challenge(self) -> bytes:
        """A nonce, as a middleware issues it."""
        await self.store.refresh(self.nonces.now())
        return self.nonces.issue()

    async def take(self, header: Header) -> Verdict | None:
        """The verdict; None for one that could not be had (503)."""
        nonce, count = header
        recognised = self.nonces.recognise(nonce)
        assert recognised is not None
        try:
            async with asyncio.timeout(5):
                now, lifetime = self.nonces.now(), self.nonces.lifetime
                verdict: Verdict = await self.store.advance(*recognised, count, RULE, now, lifetime=lifetime)
        except Exception:  # noqa: BLE001 - whatever it is, the request was not let in
            return None
        return verdict


class Traffic:
    """Requests from all sides until the block is left."""

    def __init__(self, url: str) -> None:
        self.hosts = [Host(url) for _ in range(HOSTS)]
        self.accepted: Counter[Header] = Counter()
        self.order: list[Header] = []
        self._draw = random.Random(1)  # noqa: S311 - who sends what to whom is no secret

    async def send(self, header: Header) -> Verdict | None:
        """One request, to any of the hosts."""
        verdict = await self._draw.choice(self.hosts).take(header)
        if verdict is Verdict.ACCEPTED:
            self.accepted[header] += 1
            self.order.append(header)
        return verdict

    async def _client(self) -> None:
        while True:
            nonce = await self._draw.choice(self.hosts).challenge()
            for count in range(1, COUNTS + 1):
                await self.send((nonce, count))
                await asyncio.sleep(PAUSE)

    async def _eavesdropper(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            if self.order:
                recent = self.order[-50:] if self._draw.random() < 0.5 else self.order
                await self.send(self._draw.choice(recent))

    async def more(self, number: int) -> None:
        """Return when so many more headers were accepted."""
        goal = len(self.order) + number
        await self.until(f"{number} more requests are accepted", lambda: len(self.order) >= goal)

    async def until(self, what: str, condition: Callable[[], object]) -> None:
        """Return once it holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - it becomes true on a server
                await asyncio.sleep(0.02)
        assert condition(), what

    async def logins_everywhere(self) -> None:
        """Return when each host lets a new client in."""
        for host in self.hosts:
            async with asyncio.timeout(PATIENCE):
                while await host.take((await host.challenge(), 1)) is not Verdict.ACCEPTED:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.05)

    async def replay_all(self) -> None:
        """Send each header that was ever accepted once more to each host."""
        headers = list(self.accepted)
        for host in self.hosts:
            verdicts = await asyncio.gather(*(host.take(header) for header in headers))
            self.accepted.update(
                header for header, verdict in zip(headers, verdicts, strict=True) if verdict is Verdict.ACCEPTED
            )

    def twice(self) -> list[Header]:
        """The headers that were accepted more than once."""
        return [header for header, times in self.accepted.items() if times > 1]


@asynccontextmanager
async def traffic(url: str) -> AsyncGenerator[Traffic]:
    """Clients and eavesdropper at work while the block runs; after it logins work again and no header passes twice."""
    busy = Traffic(url)
    senders = [busy._client() for _ in range(CLIENTS)] + [busy._eavesdropper()]  # noqa: SLF001 - of this file
    tasks = [asyncio.ensure_future(sender) for sender in senders]
    try:
        await busy.more(100)
        yield busy
        await busy.logins_everywhere()
        await busy.more(100)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} == {asyncio.CancelledError}
    await busy.replay_all()
    for host in busy.hosts:
        await host.store.close()
    twice = busy.twice()
    assert not twice, f"accepted twice: {len(twice)} of {len(busy.accepted)}"
