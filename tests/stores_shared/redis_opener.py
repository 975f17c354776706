"""Redis stores for the tests that call a store without an event loop: each step runs in a loop of a thread's own."""

from __future__ import annotations

import asyncio
import atexit
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias
from uuid import uuid4

import redis.asyncio

from digest_http.httpauth.sequence import ReplayDetect, SequenceRule
from digest_http.httpauth.verdict import Verdict
from digest_http.stores.redis import RedisStore
from digest_http.stores.redis_clients import connector
from digest_http.stores.redis_wire import Wire
from tests.stores_shared.redis_servers import RedisServer

PASS_TIME = """
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local left = redis.call('TTL', key) - ARGV[2]
  local fields = redis.call('HGETALL', key)
  for at = 1, #fields, 2 do
    if string.match(fields[at], '^b%d+$') or fields[at] == 'asked' or fields[at] == 'until' then
      redis.call('HINCRBY', key, fields[at], -ARGV[2])
    end
  end
  redis.call('EXPIRE', key, left)
end
"""


class Background:
    """One server of a kind and one event loop for all tests of a run, from the first that needs them."""

    def __init__(self, kind: str) -> None:
        # Each is given back if the next cannot be had: a test is skipped where the server is missing.
        with ExitStack() as opened:
            folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="digest-http-redis-"))
            server = RedisServer(Path(folder), kind=kind)
            opened.callback(server.stop)
            server.start()
            self.loop = asyncio.new_event_loop()
            opened.callback(self.loop.close)
            thread = Thread(target=self.loop.run_forever, daemon=True)
            thread.start()
            opened.callback(thread.join, 10)
            opened.callback(self.loop.call_soon_threadsafe, self.loop.stop)
            self.turn = asyncio.Lock()
            self.wire: Any = connector(server.url)()
            opened.callback(lambda: self.run(self.wire.close()))
            self.client: Any = redis.asyncio.Redis.from_url(server.url)
            opened.callback(lambda: self.run(self.client.aclose()))
            atexit.register(opened.pop_all().close)

    def run(self, coroutine):
        """The result of a coroutine in the background loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)


@cache
def background(kind: str) -> Background:
    """The one there is of each kind."""
    return Background(kind)


class Lent:
    """The wire of all tests for one store, which closes its own when nobody needs it any more.

    A store sends its steps one after the other; several stores on one wire wait for each other here.
    """

    def __init__(self, wire: Wire, turn: asyncio.Lock) -> None:
        self._wire = wire
        self._turn = turn

    async def run(self, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> bytes:
        """See Wire."""
        async with self._turn:
            return await self._wire.run(keys, arguments)

    async def close(self) -> None:
        """The others go on."""


#: What advance() is asked, but for the lifetime.
Asked: TypeAlias = tuple[int, bytes, int, SequenceRule, int]


class RedisFromAnyThread:
    """A store with keys of its own on the server of the tests."""

    def __init__(self, _capacity: int = 0, *, kind: str = "redis", prefix: str | None = None) -> None:
        self.kind = kind
        self.background = background(kind)
        self.prefix = prefix or str(uuid4())
        self.store = RedisStore(lambda: Lent(self.background.wire, self.background.turn), self.prefix)
        # The first answer tells the epoch, as the first request to a new worker does.
        self.advance(2**150, b"00000000", 1, ReplayDetect(), 0, lifetime=0)

    @property
    def epoch(self) -> bytes:
        return self.store.epoch

    @property
    def shared(self) -> bool:
        return self.store.shared

    def advance(self, nonce_id: int, epoch: bytes, nc: int, rule: SequenceRule, now: int, *, lifetime: int) -> Verdict:
        async def step() -> Verdict:
            return await self.store.advance(nonce_id, epoch, nc, rule, now, lifetime=lifetime)

        verdict: Verdict = self.background.run(step())
        return verdict

    def advance_together(self, steps: Sequence[Asked], lifetime: int) -> list[Verdict]:
        """The verdicts on several steps, which go to the server in one command."""

        async def turn() -> list[Verdict]:
            return await asyncio.gather(*(self.store.advance(*step, lifetime=lifetime) for step in steps))

        verdicts: list[Verdict] = self.background.run(turn())
        return verdicts

    def pass_time(self, seconds: int) -> None:
        """What the server would find so much later: deadlines nearer, and buckets gone whose deadline has passed."""
        self.command("EVAL", PASS_TIME, 0, f"{{{self.prefix}}}:*", seconds)

    def command(self, *words):
        """The answer to a Redis command."""
        return self.background.run(self.background.client.execute_command(*words))
