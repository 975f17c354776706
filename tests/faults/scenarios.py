"""What is done to a store, a worker or the keys while clients are at work; used by the tests and by the long run."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

from tests.faults.fleet import Fleet
from tests.faults.load import Fault
from tests.stores_shared.redis_servers import RedisServer

#: Seconds that a killed server stays away at least.
AWAY = 0.5


def redis_killed_twice(server: RedisServer, seconds: float) -> Fault:
    """SIGKILL at a quarter and at a half of the run, and a start with nothing kept once a client has met it."""

    async def fault(counts: Counter[str]) -> None:
        for _ in range(2):
            await asyncio.sleep(seconds / 4)
            before = counts["unavailable"]
            server.kill()
            await asyncio.sleep(AWAY)
            while counts["unavailable"] == before:  # noqa: ASYNC110 - a count has no event to wait for
                await asyncio.sleep(0.05)
            server.start()

    return fault


def file_lost_twice(servers: Fleet, path: Path, seconds: float) -> Fault:
    """The file of a SQLite store is deleted under the workers, at a quarter and at a half of the run.

    One of them is killed then, so that its successor makes a new file while the others still have the old one open.
    """

    def lose() -> None:
        for name in path.parent.glob(path.name + "*"):
            name.unlink(missing_ok=True)
        os.kill(servers.workers()[0], signal.SIGKILL)

    async def fault(_counts: Counter[str]) -> None:
        for _ in range(2):
            await asyncio.sleep(seconds / 4)
            lose()

    return fault


def worker_killed(servers: Fleet, seconds: float) -> Fault:
    """SIGKILL for one worker at a third of the run; uvicorn starts another."""

    async def fault(_counts: Counter[str]) -> None:
        await asyncio.sleep(seconds / 3)
        os.kill(servers.workers()[0], signal.SIGKILL)

    return fault


def keys_rotated(path: Path, old: str, new: str, seconds: float) -> Fault:
    """The new key is put second, then first, then alone, as docs/stores.md says."""

    def write(*words: str) -> None:
        path.write_text("\n".join(words), encoding="ascii")

    async def fault(_counts: Counter[str]) -> None:
        for words in ((old, new), (new, old), (new,)):
            await asyncio.sleep(seconds / 4)
            write(*words)

    return fault
