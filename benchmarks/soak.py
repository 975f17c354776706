"""The load tests of tests/faults/test_load.py, for a minute each: `python -m benchmarks.soak [SECONDS]`.

Prints the counts of each run; they are explained at tests.faults.load.load. The exit status is 1 if a replay was
accepted, or if a client was refused that knew the password.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.faults.fleet import fleet
from tests.faults.load import load
from tests.faults.scenarios import file_lost_twice, redis_killed_twice, worker_killed
from tests.stores_shared.redis_servers import RedisServer

__all__ = ["main"]

SECONDS: Final = 60.0

COUNTS: Final = ("accepted", "stale", "refused", "unavailable", "dropped", "replays", "replayed")


def runs(folder: Path, seconds: float) -> Iterator[tuple[str, Counter[str]]]:
    """Each run's name and counts."""
    with fleet(folder, store="memory://") as servers:
        yield "memory, one worker", asyncio.run(load([servers.url], seconds))
    path = folder / "nonces.db"
    with fleet(folder, 4, store=f"sqlite:///{path}") as servers:
        yield "SQLite, four workers", asyncio.run(load([servers.url], seconds))
        yield (
            "SQLite, its file lost twice",
            asyncio.run(load([servers.url], seconds, file_lost_twice(servers, path, seconds))),
        )
        yield "SQLite, a worker killed", asyncio.run(load([servers.url], seconds, worker_killed(servers, seconds)))
    server = RedisServer(folder)
    server.start()
    try:
        with ExitStack() as stack:
            urls = [stack.enter_context(fleet(folder, store=server.url)).url for _ in range(2)]
            yield "Redis, two servers", asyncio.run(load(urls, seconds))
            yield "Redis, killed twice", asyncio.run(load(urls, seconds, redis_killed_twice(server, seconds)))
    finally:
        server.stop()


def main(seconds: float) -> int:
    """Run all and print a line for each."""
    sound = True
    with tempfile.TemporaryDirectory(prefix="digest-http-soak-") as folder:
        for name, counts in runs(Path(folder), seconds):
            print(f"{name} ({seconds:g} s): {', '.join(f'{counts[word]} {word}' for word in COUNTS)}", flush=True)
            sound = sound and not counts["replayed"] and not counts["refused"]
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
