"""Requests a second through a real uvicorn (httptools, uvloop, one worker): a Starlette route, protected and open.

Two controls stand between them, an app that only gets and sends the larger header fields and one that computes the five
hashes besides, so that one sees where the rest goes. All servers run at once and are asked in turn, round by round.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from digest_http.algorithms import by_name
from digest_http.challenge import Challenge

from .load import Load, connections, one_answer, request, send_all
from .signed import pick, sign
from .targets import target
from .timing import median_of

__all__ = ["rows"]

CONNECTIONS: Final = 8

#: Seconds that uvicorn keeps a connection without requests: the others wait while one is asked.
KEPT_ALIVE: Final = 300

#: Seconds a server may take to start.
START: Final = 20.0

_SHA256: Final = by_name("SHA-256")
_ROOT: Final = Path(__file__).resolve().parent.parent

#: App in served.py -> what it is.
APPS: Final = {
    "open_app": "open",
    "headers": "open, with the header fields of Digest both ways",
    "headers_and_hashes": "open, with these fields and the five hash calls",
    "protected": "behind DigestAuthMiddleware (SHA-256)",
}


@dataclass(frozen=True)
class Run:
    """One round of one server: what the load generator saw, and nanoseconds of processor time the server took."""

    load: Load
    held: int


class Server:
    """One app under uvicorn, and the connections to it."""

    def __init__(self, name: str, process: int, opened: list[socket.socket], challenge: Challenge) -> None:
        self.name: Final = name
        self._process: Final = process
        self._opened: Final = opened
        self._challenge: Final = challenge
        self._count = 0

    def ask(self, number: int) -> Run:
        """Send that many requests, signed beforehand with a rising nc; open_app gets them unsigned."""
        signed = [self._request() for _ in range(number + 1)]
        # The first also tells how long an answer is: they are all alike.
        length = len(one_answer(self._opened[0], signed[0]))
        before = held(self._process)
        load = send_all(self._opened, signed[1:], length)
        return Run(load, held(self._process) - before)

    def _request(self) -> bytes:
        self._count += 1
        return request(None if self.name == "open_app" else sign(self._challenge, _SHA256, self._count))


def held(process: int) -> int:
    """Nanoseconds that a process has held a processor (Linux, proc(5): schedstat); 0 where that is not known."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0


def pick_challenge(connection: socket.socket) -> Challenge:
    """The challenge of a 401."""
    lines = one_answer(connection, request(None)).split(b"\r\n")
    values = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"www-authenticate:")]
    return pick(values, _SHA256)


@contextmanager
def uvicorn(name: str) -> Iterator[tuple[int, tuple[str, int]]]:
    """An app of served.py under uvicorn on a free port of 127.0.0.1: its process and address."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        command = [sys.executable, "-m", "benchmarks.served", name, str(listening.fileno()), str(KEPT_ALIVE)]
        address = ("127.0.0.1", listening.getsockname()[1])
        # The child imports what this process would: the same tree, whether installed or on the path.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry or str(_ROOT) for entry in sys.path)}
        process = subprocess.Popen(  # noqa: S603  # this interpreter, with arguments from here
            command, cwd=_ROOT, env=environment, pass_fds=[listening.fileno()]
        )
        try:
            wait_for(address, process)
            yield process.pid, address
        finally:
            process.terminate()
            process.wait(timeout=START)


def wait_for(address: tuple[str, int], process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers. Raises RuntimeError after START seconds, or when it has ended."""
    end = monotonic() + START
    while monotonic() < end and process.poll() is None:
        try:
            # The socket listens from the start; an answer shows that somebody accepts.
            with connections(address, 1) as (connection,):
                one_answer(connection, request(None))
        except (OSError, RuntimeError):
            sleep(0.05)
        else:
            return
    raise RuntimeError("uvicorn does not answer")


def rows(starts: int = 4, rounds: int = 16, requests: int = 800) -> list[tuple[str, str, str]]:
    """See the package. The servers are started `starts` times: one process may lie in memory better than another."""
    runs: dict[str, list[Run]] = {name: [] for name in APPS}
    for _ in range(starts):
        for name, run in _rounds(rounds, requests):
            runs[name].append(run)
    return list(_table(runs, requests))


def _rounds(rounds: int, requests: int) -> Iterator[tuple[str, Run]]:
    """Start all servers and ask them in turn, another one first in each round."""
    with ExitStack() as stack:
        started = {name: stack.enter_context(uvicorn(name)) for name in APPS}
        opened = {name: stack.enter_context(connections(started[name][1], CONNECTIONS)) for name in APPS}
        challenge = pick_challenge(opened["protected"][0])
        servers = [Server(name, started[name][0], opened[name], challenge) for name in APPS]
        for number in range(rounds + 1):
            turn = number % len(servers)
            for server in servers[turn:] + servers[:turn]:
                run = server.ask(requests)
                if number:  # the first round warms up
                    yield server.name, run


def _table(runs: dict[str, list[Run]], requests: int) -> Iterator[tuple[str, str, str]]:
    bare = runs["open_app"]
    for name, text in APPS.items():
        rate = requests / median_of(run.load.seconds for run in runs[name])
        if name == "open_app":
            yield f"uvicorn, {text}", f"{rate:.0f} requests/s", ""
            continue
        wanted = target("kept, one worker") if name == "protected" else ""
        pairs = list(zip(bare, runs[name], strict=True))
        kept = median_of(before.load.seconds / after.load.seconds for before, after in pairs)
        yield f"uvicorn, {text}: requests/s kept", f"{100 * kept:.1f} % ({rate:.0f} requests/s)", wanted
        if all(before.held and after.held for before, after in pairs):
            kept = median_of(before.held / after.held for before, after in pairs)
            yield f"uvicorn, {text}: the same by processor time", f"{100 * kept:.1f} %", ""
    busy = median_of(run.load.busy for run in bare)
    yield "Load generator: share of the time it held a processor", f"{100 * busy:.0f} %", "at most 80 %"
