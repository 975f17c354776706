"""The stores that several workers share: requests a second that two uvicorn workers keep, delays, cost of a step, size.

Two workers with a socket each and fifty connections, half to each, as many as the soak test has; every connection has
a nonce of its own. The workers run as uvicorn starts them, with its access log (to a file), and once more without. Each
store and an open app are asked in turn, round by round. The load generator runs on the same machine, and so does
Redis.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns
from typing import Final

import uvicorn

from digest_http.algorithms import by_name
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.protocols import NonceStore
from digest_http.httpauth.sequence import ReplayDetect
from digest_http.httpauth.verdict import Verdict
from digest_http.stores import open_store
from digest_http_middleware import DigestAuthMiddleware
from tests.stores_shared.redis_servers import RedisServer

from .load import connections, one_answer, request
from .served import open_app
from .signed import REALM, sign, users
from .targets import target
from .throughput import held, pick_challenge, wait_for
from .timing import median_of

__all__ = ["rows"]

WORKERS: Final = 2
CONNECTIONS: Final = 50
#: Rounds before those that count.
WARM_UP: Final = 1
KEY: Final = b"k" * 32

_SHA256: Final = by_name("SHA-256")
_ROOT: Final = Path(__file__).resolve().parent.parent

#: How the workers run.
SERVINGS: Final = {"log": "2 workers as uvicorn starts them", "quiet": "2 workers without access log"}


@dataclass
class Rounds:
    """What was measured of one set of workers."""

    seconds: list[float] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)


class Workers:
    """Two workers of one app, and the connections to them."""

    def __init__(self, processes: list[int], opened: list[socket.socket], *, protected: bool) -> None:
        self._processes: Final = processes
        self._opened: Final = opened
        self._count = 0
        self.rounds: Final = Rounds()
        self._challenges: Final = [pick_challenge(connection) for connection in opened] if protected else None

    def ask(self, each: int, *, measured: bool) -> None:
        """Send so many requests over each connection, the next as soon as an answer is there."""
        waiting = [[self._request(number) for number in range(CONNECTIONS)] for _ in range(each + 1)]
        length = max(len(one_answer(c, octets)) for c, octets in zip(self._opened, waiting[0], strict=True))
        before = sum(map(held, self._processes))
        seconds, delays = drive(self._opened, list(zip(*waiting[1:], strict=True)), length)
        if measured:
            self.rounds.seconds.append(seconds)
            self.rounds.delays += delays
            self.rounds.held.append(sum(map(held, self._processes)) - before)

    def _request(self, number: int) -> bytes:
        if number == 0:
            self._count += 1
        return request(None if self._challenges is None else sign(self._challenges[number], _SHA256, self._count))


def drive(opened: list[socket.socket], waiting: list[tuple[bytes, ...]], length: int) -> tuple[float, list[int]]:
    """The seconds of a run, and nanoseconds from each request to its answer. Raises RuntimeError for an odd one."""
    delays: list[int] = []
    with selectors.DefaultSelector() as selector:
        sent: dict[int, int] = {}
        left = {connection.fileno(): iter(requests) for connection, requests in zip(opened, waiting, strict=True)}
        answers = dict.fromkeys(left, b"")
        begin = perf_counter_ns()
        for connection in opened:
            selector.register(connection, selectors.EVENT_READ, connection)
            sent[connection.fileno()] = perf_counter_ns()
            connection.sendall(next(left[connection.fileno()]))
        while sent:
            for key, _ in selector.select(10):
                answer = answers[key.fd] + key.data.recv(65536)
                answers[key.fd] = answer if len(answer) < length else b""
                if len(answer) < length and answer.startswith(b"HTTP/1.1 200 "):
                    continue
                if len(answer) != length or not answer.startswith(b"HTTP/1.1 200 "):
                    raise RuntimeError(f"not the answer that was expected: {answer[:200]!r}")
                present = perf_counter_ns()
                delays.append(present - sent.pop(key.fd))
                octets = next(left[key.fd], None)
                if octets is not None:
                    sent[key.fd] = present
                    key.data.sendall(octets)
        return (perf_counter_ns() - begin) / 1e9, delays


@contextmanager
def workers(serving: str, store: str | None, besides: list[int], log: Path) -> Iterator[Workers]:
    """Two workers with this store; open ones without. `besides` are processes that work for them."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry or str(_ROOT) for entry in sys.path)}
    with ExitStack() as stack:
        processes, opened = [], []
        output = stack.enter_context(log.open("ab"))
        for _ in range(WORKERS):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
            command = [sys.executable, "-m", "benchmarks.stores", str(listening.fileno()), serving, store or ""]
            process = subprocess.Popen(  # noqa: S603 - this interpreter, with arguments from here
                command, cwd=_ROOT, env=environment, pass_fds=[listening.fileno()], stdout=output, stderr=output
            )
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            address = ("127.0.0.1", listening.getsockname()[1])
            wait_for(address, process)
            processes.append(process.pid)
            opened.append(stack.enter_context(connections(address, CONNECTIONS // WORKERS)))
        both = [connection for pair in zip(*opened, strict=True) for connection in pair]
        if store is not None:
            learn_epoch(both)
        yield Workers([*processes, *besides], both, protected=store is not None)


def learn_epoch(opened: list[socket.socket]) -> None:
    """Let each worker ask its store once, as the first request to a new worker does."""
    for connection in opened[:WORKERS]:
        one_answer(connection, request(sign(pick_challenge(connection), _SHA256, 1)))


def serve(descriptor: str, serving: str, store: str) -> None:
    """What each worker does, until terminated."""
    app = open_app if not store else DigestAuthMiddleware(
        open_app, users(_SHA256), REALM, algorithms=["SHA-256"], nonce_lifetime=86400, store=store, keys=[KEY]
    )  # fmt: skip
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", access_log=serving == "log", timeout_keep_alive=300,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


def rows(rounds: int = 9, each: int = 200) -> list[tuple[str, str, str]]:
    """See the package."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digest-http-bench-")))
        server = RedisServer(folder)
        server.start()
        stack.callback(server.stop)
        urls = {"memory": "memory://", "sqlite": f"sqlite:///{folder}/nonces.db", "redis": server.url}
        # Counts in memory need no other worker: each connection stays with the one that gave its nonce.
        besides = {"redis": [server.process.pid] if server.process is not None else []}
        found: list[tuple[str, str, str]] = []
        for serving, text in SERVINGS.items():
            for name, url in urls.items():
                # Each store beside an open app of its own: a round in which others had the caches is nobody's.
                with (
                    workers(serving, None, [], folder / "access.log") as bare,
                    workers(serving, url, besides.get(name, []), folder / "access.log") as counting,
                ):
                    for number in range(rounds + WARM_UP):
                        for one in (bare, counting)[:: 1 if number % 2 else -1]:
                            one.ask(each, measured=number >= WARM_UP)
                found += _shares(text, name, bare.rounds, counting.rounds, each * CONNECTIONS)
        return found + list(_steps(urls))


def _shares(serving: str, store: str, bare: Rounds, counting: Rounds, requests: int) -> Iterator[tuple[str, str, str]]:
    what = f"{serving}, counts in {store}"
    rates = [requests / median_of(rounds.seconds) for rounds in (counting, bare)]
    kept = 100 * median_of(a / b for a, b in zip(bare.seconds, counting.seconds, strict=True))
    figure = f"{kept:.1f} % ({rates[0]:.0f} of {rates[1]:.0f} requests/s)"
    yield f"{what}: requests/s kept", figure, target(f"kept, {store}")
    if all(bare.held) and all(counting.held):
        kept = 100 * median_of(a / b for a, b in zip(bare.held, counting.held, strict=True))
        yield f"{what}: the same by processor time, the store's too", f"{kept:.1f} %", ""
    delays = [_delays(rounds.delays) for rounds in (counting, bare)]
    yield f"{what}: p50 and p99 of {CONNECTIONS} connections (open)", "{} ({}) ms".format(*delays), ""


def _delays(nanoseconds: list[int]) -> str:
    ranked = sorted(nanoseconds)
    return ", ".join(f"{ranked[int(len(ranked) * share)] / 1e6:.2f}" for share in (0.5, 0.99))


def _steps(urls: dict[str, str], number: int = 5000) -> Iterator[tuple[str, str, str]]:
    for name, url in urls.items():
        for together in (1, 50) if name == "redis" else (1,):
            cost = asyncio.run(_step(open_store(url), number, together))
            yield f"One step in {name}, {together} at a time", f"{cost / 1000:.1f} us", ""


async def _step(store: NonceStore, number: int, together: int) -> float:
    """Nanoseconds a step, of several nonces at once."""
    rule = ReplayDetect()

    async def client(nonce_id: int, epoch: bytes, counts: range) -> Verdict:
        verdict = Verdict.FORGOTTEN
        for nc in counts:
            answer = store.advance(nonce_id, epoch, nc, rule, nonces.now(), lifetime=nonces.lifetime)
            verdict = answer if isinstance(answer, Verdict) else await answer
        return verdict

    nonces = NonceSource(b"realm", [KEY], lambda: store.epoch)
    asked = [nonces.recognise(nonces.issue()) or (0, b"") for _ in range(2)]
    await client(*asked[0], range(1, 2))  # learns the epoch
    fresh = [nonces.recognise(nonces.issue()) or (0, b"") for _ in range(together)]
    begin = perf_counter_ns()
    done = await asyncio.gather(*(client(*one, range(1, number // together + 1)) for one in fresh))
    spent = perf_counter_ns() - begin
    if set(done) != {Verdict.ACCEPTED}:
        raise RuntimeError(f"counts were refused: {set(done)}")
    close: Callable[[], Awaitable[None] | None] | None = getattr(store, "close", None)
    closing = close() if close is not None else None
    if closing is not None:
        await closing
    return spent / number


if __name__ == "__main__":
    serve(*sys.argv[1:])
