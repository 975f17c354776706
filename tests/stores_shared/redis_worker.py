"""A worker of a fleet, as far as counting goes: a store in the running event loop and nonces issued on it."""

from __future__ import annotations

import asyncio
from typing import Any

from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import open_store
from tests.stores.nonce_stores import Clock, source_for

ACCEPTED, FORGOTTEN, REPLAYED = Verdict.ACCEPTED, Verdict.FORGOTTEN, Verdict.REPLAYED
RULE = ReplayDetect()


class Worker:
    """A store in the running event loop, and nonces issued on it."""

    def __init__(self, url, clock=None, lifetime=300):
        self.store: Any = open_store(url)
        self.clock = clock or Clock()
        self.lifetime = lifetime

    async def __aenter__(self):
        await self.use(self.issue(), 1)  # learns the epoch
        return self

    async def __aexit__(self, *_):
        await self.store.close()

    @property
    def nonces(self):
        return source_for(self.store, self.clock, self.lifetime)

    def issue(self):
        """A nonce of the epoch known now."""
        return self.nonces.issue()

    async def use(self, nonce, *counts, rule=RULE):
        """The verdicts on some counts; one alone if there is one."""
        nonce_id, epoch = self.nonces.recognise(nonce)
        verdicts = [
            await self.store.advance(nonce_id, epoch, nc, rule, self.nonces.now(), lifetime=self.nonces.lifetime)
            for nc in counts
        ]
        return verdicts if len(verdicts) > 1 else verdicts[0]


def in_loop(coroutine):
    """Run a test's coroutine."""
    asyncio.run(coroutine)
