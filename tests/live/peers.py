"""Real programs as peers: found on this machine, run as plain child processes, ended by the test that started them.

A peer is looked for here and nowhere else (tests/suite holds that), so that a test whose peer is missing always says
so in one way: by a skip on a desk, by a failure under CI.
"""

from __future__ import annotations

import importlib
import os
import secrets
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
#: Until a program that has not ended by itself is given up. CI starts some beside all else, with the least priority.
START_SECONDS = 60.0
STOP_SECONDS = 10.0

#: Below those that Linux gives to programs that ask for any.
PORTS = range(12_000, 32_000)

#: Set to anything, it narrows the search for peers to PATH: what .ci/bare sets, for a machine that has none.
PATH_ONLY = "PEERS_ON_PATH_ONLY"

#: Debian keeps servers outside an ordinary user's PATH.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")

#: What missing_peer has said in this run: tests/conftest.py tells these skips from others.
missing: set[str] = set()


@dataclass(frozen=True, slots=True)
class DigestServer:
    """A server that asks for Digest and is not ours."""

    page_url: str
    page: str
    #: A POST comes back as it was sent.
    echo_url: str
    #: It leads to the page.
    moved_url: str


def missing_peer(reason: str) -> NoReturn:
    """A peer that is not here is the user's choice on a desk and a broken installation in CI.

    It ends the test on the spot, so ask for peers before you take what must be given back.
    """
    if os.environ.get("CI"):
        pytest.fail(f"{reason}; CI must have every live peer")
    missing.add(reason)
    pytest.skip(reason)


def found_program(*names: str, folders: str = "") -> str | None:
    """The full path of the first of ``names`` that is installed, or None.

    It is looked for on PATH, where Debian keeps servers, and in what the pattern ``folders`` matches, the last in
    alphabetical order first: "/usr/lib/postgresql/*/bin".
    """
    places = [os.environ.get("PATH", os.defpath)]
    if not os.environ.get(PATH_ONLY):
        places += [*SYSTEM_FOLDERS, *map(str, reversed(_matches(folders)))]
    for name in names:
        found = shutil.which(name, path=os.pathsep.join(places))
        if found is not None:
            return found
    return None


def program(*names: str, package: str, folders: str = "") -> str:
    """What found_program finds, or a missing peer; ``package`` is what Debian calls it."""
    found = found_program(*names, folders=folders)
    return found if found is not None else missing_peer(f"{names[0]} is not installed (Debian package {package})")


def peer_file(*patterns: str, package: str) -> Path:
    """The first file or folder that one of the patterns matches: a peer's library, archive or folder of modules."""
    for pattern in patterns:
        if not os.environ.get(PATH_ONLY) and (found := _matches(pattern)):
            return found[0]
    missing_peer(f"{Path(patterns[0]).name} is not installed (Debian package {package})")


def _matches(pattern: str) -> list[Path]:
    """What a pattern of full paths matches, in alphabetical order."""
    return sorted(Path("/").glob(pattern.removeprefix("/"))) if pattern else []


def python_peer(name: str) -> ModuleType:
    """An optional Python package that some live test speaks to or through."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        missing_peer(f"the Python package {name} is not installed")


def free_port() -> int:
    """A TCP port that nothing on the loopback address listened on a moment ago.

    It is none of those that the system gives to programs that ask for any: until the server takes it, no other test
    that runs beside this one gets it by chance, is taken for the server, and ends.
    """
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:  # taken
                continue
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


def wait_until_listening(
    process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = START_SECONDS
) -> None:
    """Return once ``port`` takes connections; fail with the log if the child ends or time runs out first."""
    deadline = time.monotonic() + seconds
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
