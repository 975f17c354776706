"""Real programs as peers: found on this machine, run as plain child processes, ended by the test that started them."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest

HOST = "127.0.0.1"
START_SECONDS = 15.0
STOP_SECONDS = 10.0

# Debian keeps servers outside an ordinary user's PATH.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])


@dataclass(frozen=True, slots=True)
class DigestServer:
    """A server that asks for Digest and is not ours."""

    page_url: str
    page: str
    #: A POST comes back as it was sent.
    echo_url: str


def missing_peer(reason: str) -> NoReturn:
    """A peer that is not here is the user's choice on a desk and a broken installation in CI."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; CI must have every live peer")
    pytest.skip(reason)


def program(*names: str, package: str) -> str:
    """The full path of the first of ``names`` that is installed; ``package`` is what Debian calls it."""
    for name in names:
        found = shutil.which(name, path=SEARCH_PATH)
        if found is not None:
            return found
    missing_peer(f"{names[0]} is not installed (Debian package {package})")


def python_peer(name: str) -> ModuleType:
    """An optional Python package that some live test speaks to or through."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        missing_peer(f"the Python package {name} is not installed")


def free_port() -> int:
    """A TCP port that nothing on the loopback address listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def server_root() -> Iterator[Path]:
    """A directory that a server which drops root's rights can still read; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory(prefix="digest-http-live-") as name:
        root = Path(name)
        root.chmod(0o755)
        yield root


@contextmanager
def running(
    command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """``command`` as a child with its output in ``log``; asked to end, then made to, when the block is left."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=env)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once ``port`` takes connections; fail with the log if the child ends or time runs out first."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection((HOST, port), timeout=1.0).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"{process.args!r} did not listen on port {port}:\n{log.read_text(errors='replace')}")
