"""What one Redis server bears: steps a second from several processes, its own time for each, octets a nonce.

Each process counts as a worker does, through `RedisStore`, with so many clients that wait for their step at once. The
processes and the server share this machine. The server's own time is what counts for a plan: it ends where one
processor does.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final, cast

import redis

from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores.redis import RedisStore
from digest_http.stores.redis_clients import connector
from tests.stores_shared.redis_servers import RedisServer

__all__ = ["rows"]

#: Processes, and clients that wait in each.
LOADS: Final = ((1, 1), (4, 1), (1, 50), (4, 50))

#: Nonces whose memory is looked at, once before and once after they are counted.
NONCES: Final = 20_000

_KEY: Final = b"k" * 32
_ROOT: Final = Path(__file__).resolve().parent.parent

_CPU: Final = ("used_cpu_sys", "used_cpu_user")


@dataclass
class Found:
    """What one load showed."""

    steps: int
    seconds: float
    server_seconds: float
    delays: list[float]


def rows(
    seconds: float = 4.0, nonces: int = NONCES, loads: tuple[tuple[int, int], ...] = LOADS
) -> list[tuple[str, str, str]]:
    """See the package."""
    found: list[tuple[str, str, str]] = []
    with ExitStack() as stack:
        server = RedisServer(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digest-http-bench-"))))
        server.start()
        stack.callback(server.stop)
        for processes, waiting in loads:
            load = f"Redis, {processes} x {waiting} clients that wait"
            one = _load(server, processes, waiting, seconds)
            ranked = sorted(one.delays)
            p50, p99 = (1000 * ranked[int(len(ranked) * share)] for share in (0.5, 0.99))
            found += [
                (f"{load}: steps/s", f"{one.steps / one.seconds:.0f} (p50 {p50:.2f} ms, p99 {p99:.2f} ms)", ""),
                (f"{load}: the server's own time a step", f"{1e6 * one.server_seconds / one.steps:.1f} us", ""),
            ]
        before = _figure(server, "used_memory")
        asyncio.run(_count_each(server.url, nonces))
        each = (_figure(server, "used_memory") - before) / nonces
        found.append((f"Redis, {nonces} live nonces: octets each", f"{each:.0f}", ""))
    return found


def _load(server: RedisServer, processes: int, waiting: int, seconds: float) -> Found:
    command = [sys.executable, "-m", "benchmarks.capacity", server.url, str(waiting), str(seconds)]
    environment = {"PYTHONPATH": ":".join(entry or str(_ROOT) for entry in sys.path)}
    running = [
        subprocess.Popen(  # noqa: S603 - this interpreter, with arguments from here
            command, cwd=_ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(processes)
    ]
    try:
        for process in running:
            assert process.stdout is not None  # noqa: S101 - for the type checker
            process.stdout.readline()  # it is ready
        before = _figure(server, *_CPU)
        for process in running:
            assert process.stdin is not None  # noqa: S101 - for the type checker
            process.stdin.write(b"\n")
            process.stdin.flush()
        told = [json.loads(process.communicate(timeout=60 + seconds)[0]) for process in running]
        spent = _figure(server, *_CPU) - before
    finally:
        for process in running:
            process.kill()
            process.wait(20)
    return Found(
        sum(each["steps"] for each in told),
        max(each["seconds"] for each in told),
        spent,
        [delay for each in told for delay in each["delays"]],
    )


def _figure(server: RedisServer, *names: str) -> float:
    """The sum of some lines of INFO."""
    with redis.Redis.from_url(server.url) as client:
        info = cast("dict[str, float]", client.info())
    return sum(info[name] for name in names)


async def _count_each(url: str, number: int) -> None:
    """The first count of so many nonces."""
    worker = Worker(url)
    await worker.learn()
    for _ in range(0, number, 50):
        await asyncio.gather(*(worker.step(worker.nonce(), 1) for _ in range(50)))
    await worker.store.close()


class Worker:
    """What counts as a worker of a server does."""

    def __init__(self, url: str, lifetime: float = 300) -> None:
        self.store: Final = RedisStore(connector(url))
        self._rule: Final = ReplayDetect()
        self._nonces: Final = NonceSource(b"realm", [_KEY], lambda: self.store.epoch, lifetime=lifetime)

    def nonce(self) -> tuple[int, bytes]:
        """Number and epoch of a fresh nonce."""
        return self._nonces.recognise(self._nonces.issue()) or (0, b"")

    async def learn(self) -> None:
        """Ask for the epoch, as a server does when it starts."""
        await self.store.refresh(self._nonces.now())

    async def step(self, nonce: tuple[int, bytes], nc: int) -> None:
        """One step. Raises RuntimeError if it was refused."""
        now, lifetime = self._nonces.now(), self._nonces.lifetime
        verdict = await self.store.advance(*nonce, nc, self._rule, now, lifetime=lifetime)
        if verdict is not Verdict.ACCEPTED:
            raise RuntimeError(f"a count was refused: {verdict}")


async def _work(url: str, waiting: int, seconds: float) -> None:
    """One process: steps until the time is over, then what was seen, as JSON."""
    worker = Worker(url, lifetime=86_400)
    await worker.learn()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    delays: list[float] = []
    begin = perf_counter()

    async def client() -> None:
        nonce, nc, sent = worker.nonce(), 0, perf_counter()
        while sent - begin < seconds:
            nc += 1
            await worker.step(nonce, nc)
            sent, before = perf_counter(), sent
            delays.append(sent - before)

    await asyncio.gather(*(client() for _ in range(waiting)))
    taken = perf_counter() - begin
    await worker.store.close()
    print(json.dumps({"steps": len(delays), "seconds": taken, "delays": delays[:: max(1, len(delays) // 10_000)]}))


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
