"""A real uvicorn in a process of its own, started on a free port and stopped with us."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx

__all__ = ["PREFERRED_PORT", "serving"]

#: Where people look for a demo; another free one is taken if it is in use.
PREFERRED_PORT = 8000

#: Seconds until uvicorn must answer.
PATIENCE = 60.0

#: Seconds that uvicorn may take to end.
GOODBYE = 2.0


@contextmanager
def serving() -> Generator[str]:
    """The base URL of the demo app, answering. Raises RuntimeError if it ends or does not answer in time."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "demo_app:app", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning"])  # noqa: S603 - our own interpreter and arguments
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(GOODBYE)
        except subprocess.TimeoutExpired:
            # A browser still looks at the stage, whose stream has no end of its own just then.
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"uvicorn ended with status {process.returncode} before it answered")
        try:
            httpx.get(url).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{url} did not answer within {PATIENCE:.0f} seconds")


def _free_port() -> int:
    with socket.socket() as probe:
        # uvicorn sets it too; without it a port that a demo just left counts as taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PREFERRED_PORT))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
