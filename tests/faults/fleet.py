"""uvicorn with several workers in child processes of the test's own."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.faults.by_hand import get
from tests.live.peers import HOST, free_port, running

USER, PASSWORD, REALM = "alice", "s3cret", "fleet"
KEYS = "0123456789abcdef" * 4


@dataclass(frozen=True, slots=True)
class Fleet:
    """One uvicorn and its workers."""

    port: int
    process: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def workers(self) -> list[int]:
        """The process ids of the workers, which uvicorn spawned."""
        found = Path(f"/proc/{self.process}/task/{self.process}/children").read_text(encoding="ascii").split()
        lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in found}
        return [child for child, line in lines.items() if b"spawn_main" in line]


@contextmanager
def fleet(
    folder: Path, workers: int = 1, environment: Mapping[str, str] = MappingProxyType({}), **policy: Any
) -> Generator[Fleet]:
    """Workers behind one port, with `policy` as the middleware's keywords."""
    keywords = {"users": {USER: PASSWORD}, "realm": REALM, "keys": KEYS, **policy}
    port = free_port()
    log = folder / f"uvicorn-{port}.log"
    command = [sys.executable, "-m", "uvicorn", "tests.faults.worker_app:app", "--host", HOST, "--port", str(port)]
    command += ["--workers", str(workers), "--no-access-log", "--lifespan", "off", "--log-level", "warning"]
    path = os.pathsep.join(path for path in sys.path if path)
    env = {**os.environ, "PYTHONPATH": path, "FLEET_POLICY": json.dumps(keywords), **environment}
    with running(command, log, env) as process:
        running_fleet = Fleet(port, process.pid, log)
        wait_until_all_answer(running_fleet, workers)
        yield running_fleet


def wait_until_all_answer(running_fleet: Fleet, workers: int) -> None:
    """Return once every worker has opened the door; fail with the log if time runs out first."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if get(running_fleet.url).status in {401, 503} and (
                workers == 1 or len(running_fleet.workers()) == workers
            ):
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the fleet did not start:\n{running_fleet.log.read_text(errors='replace')}")
