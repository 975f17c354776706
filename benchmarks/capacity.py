"""What one Redis server bears: steps a second, its own time for each, octets a nonce; and the model beside it.

Each worker counts through a `RedisStore` and a connection of its own, with so many clients that wait for their step at
once. The workers and the server share this machine. The server's own time is what counts for a plan: it ends where one
processor does. The loads tell what the model needs (fleet_model.py). Each is foretold from the others, as a check.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
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

from .fleet_model import Load, fitted, most, plan

__all__ = ["rows"]

#: Processes, workers in each, and clients that wait in each of these. The last have 200 connections.
LOADS: Final = ((1, 1, 1), (4, 1, 1), (1, 1, 50), (4, 1, 4), (4, 1, 16), (4, 1, 50), (4, 50, 1), (4, 50, 4))

#: Workers of a fleet, and steps a second of each, for which the model tells what the server needs.
FLEETS: Final = ((1, 100), (1, 1000), (10, 100), (10, 1000), (100, 100), (100, 1000), (100, 2000))

#: L of the model for a server in the same data centre, in seconds.
TRIP: Final = 0.0005

#: Nonces whose memory is looked at, once before and once after they are counted.
NONCES: Final = 20_000

_KEY: Final = b"k" * 32
_ROOT: Final = Path(__file__).resolve().parent.parent

_CPU: Final = ("used_cpu_sys", "used_cpu_user")


@dataclass
class Found:
    """What one load showed."""

    steps: int
    scripts: int
    seconds: float
    server_seconds: float
    delays: list[float]

    @property
    def load(self) -> Load:
        """What the model looks at."""
        return Load(self.scripts, self.steps, self.server_seconds)


def rows(
    seconds: float = 4.0,
    nonces: int = NONCES,
    loads: tuple[tuple[int, int, int], ...] = LOADS,
    *,
    tell: Callable[[str], object] = str,
) -> list[tuple[str, str, str]]:
    """See the package. `tell` is told what is measured now."""
    found: list[tuple[str, str, str]] = []
    seen: dict[str, Load] = {}
    with ExitStack() as stack:
        server = RedisServer(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digest-http-bench-"))))
        server.start()
        stack.callback(server.stop)
        for processes, workers, waiting in loads:
            load = f"Redis, {processes * workers} x {waiting} clients that wait"
            tell(load)
            one = _load(server, processes, (workers, waiting), seconds)
            seen[load] = one.load
            ranked = sorted(one.delays)
            p50, p99 = (1000 * ranked[int(len(ranked) * share)] for share in (0.5, 0.99))
            found += [
                (f"{load}: steps/s", f"{one.steps / one.seconds:.0f} (p50 {p50:.2f} ms, p99 {p99:.2f} ms)", ""),
                (f"{load}: the server's own time a step", f"{1e6 * one.server_seconds / one.steps:.1f} us", ""),
                (f"{load}: steps in a script", f"{one.load.together:.1f}", ""),
            ]
        before = _figure(server, "used_memory")
        asyncio.run(_count_each(server.url, nonces))
        each = (_figure(server, "used_memory") - before) / nonces
        found.append((f"Redis, {nonces} live nonces: octets each", f"{each:.0f}", ""))
    return found + list(_model(seen))


def _model(seen: dict[str, Load]) -> Iterator[tuple[str, str, str]]:
    """The model's constants, what it says of each load beside what was measured, and of fleets."""
    try:
        costs = fitted([*seen.values()])
    except ValueError:
        return
    yield "Model: a script, and each step in it", f"S = {1e6 * costs.script:.1f} us, s = {1e6 * costs.step:.2f} us", ""
    for text, load in seen.items():
        # What the other loads alone say of this one.
        with suppress(ValueError):
            by_others = fitted([other for other in seen.values() if other is not load]).each(load.together)
            error = f"{100 * (by_others / load.each - 1):+.0f} %"
            figure = f"{1e6 * by_others:.1f} us, measured {1e6 * load.each:.1f} ({error})"
            yield f"Model, {text}: the server's own time a step", figure, ""
    yield "Model: most steps/s of one core, 1 and 64 in a script", f"{most(costs, 1):.0f}, {most(costs):.0f}", ""
    for workers, each in FLEETS:
        found = plan(costs, workers, workers * each, TRIP)
        figure = "more than one server bears"
        if found is not None:
            share, delay = 100 * found.share, 1000 * found.delay
            figure = f"{share:.0f} % of a core, {found.together:.1f} steps in a script, delay {delay:.2f} ms"
        yield f"Model: {workers} workers with {each} steps/s each", figure, ""


def _load(server: RedisServer, processes: int, each: tuple[int, int], seconds: float) -> Found:
    command = [sys.executable, "-m", "benchmarks.capacity", server.url, *map(str, each), str(seconds)]
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
        before, scripts = _figure(server, *_CPU), _scripts(server)
        for process in running:
            assert process.stdin is not None  # noqa: S101 - for the type checker
            process.stdin.write(b"\n")
            process.stdin.flush()
        told = [json.loads(process.communicate(timeout=60 + seconds)[0]) for process in running]
        spent, scripts = _figure(server, *_CPU) - before, _scripts(server) - scripts
    finally:
        for process in running:
            process.kill()
            process.wait(20)
    return Found(
        sum(one["steps"] for one in told),
        scripts,
        max(one["seconds"] for one in told),
        spent,
        [delay for one in told for delay in one["delays"]],
    )


def _figure(server: RedisServer, *names: str) -> float:
    """The sum of some lines of INFO."""
    with redis.Redis.from_url(server.url) as client:
        info = cast("dict[str, float]", client.info())
    return sum(info[name] for name in names)


def _scripts(server: RedisServer) -> int:
    """How often the server ran a script."""
    with redis.Redis.from_url(server.url) as client:
        ran = cast("dict[str, dict[str, int]]", client.info("commandstats"))
    return sum(ran[name]["calls"] for name in ("cmdstat_eval", "cmdstat_evalsha") if name in ran)


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


async def _work(url: str, number: int, waiting: int, seconds: float) -> None:
    """One process of so many workers: steps until the time is over, then what was seen, as JSON."""
    workers = [Worker(url, lifetime=86_400) for _ in range(number)]
    for worker in workers:
        await worker.learn()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    delays: list[float] = []
    begin = perf_counter()

    async def client(worker: Worker) -> None:
        nonce, nc, sent = worker.nonce(), 0, perf_counter()
        while not nc or sent - begin < seconds:  # once at least, however busy the machine is
            nc += 1
            await worker.step(nonce, nc)
            sent, before = perf_counter(), sent
            delays.append(sent - before)

    await asyncio.gather(*(client(worker) for worker in workers for _ in range(waiting)))
    taken = perf_counter() - begin
    for worker in workers:
        await worker.store.close()
    print(json.dumps({"steps": len(delays), "seconds": taken, "delays": delays[:: max(1, len(delays) // 10_000)]}))


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
