"""The README's first screen does what it says: its server under uvicorn, its client against it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

_block = re.compile(r"^```python\n# (\S+\.py).*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, Path]:
    """The README's programs as files, by name."""
    written: dict[str, Path] = {}
    for name, source in _block.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        written[name] = tmp_path / name
        written[name].write_text(source, encoding="utf-8")
    return written


@pytest.fixture
def environment() -> dict[str, str]:
    """The import path that pytest has, for child processes."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.fixture
def port(programs: dict[str, Path], environment: dict[str, str]) -> Generator[int]:
    """The port on which the README's server answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "server:app", "--port", str(number), "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=programs["server.py"].parent, env=environment)
    try:
        _wait(number, process)
        yield number
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_first_screen_is_short(programs: dict[str, Path]) -> None:
    """The server takes about ten lines, the client about five."""
    lines = {name: len([x for x in path.read_text().splitlines() if x.strip()]) for name, path in programs.items()}
    assert set(lines) == {"server.py", "client.py"}
    assert lines["server.py"] <= 10
    assert lines["client.py"] <= 5


def test_client_greets_server(programs: dict[str, Path], port: int, environment: dict[str, str]) -> None:
    """The client's two requests are counted 1 and 2."""
    source = programs["client.py"].read_text(encoding="utf-8").replace(":8000/", f":{port}/")
    ran = subprocess.run(
        [sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stderr == ""
    assert ran.stdout.split("\n")[:2] == ["Hello alice, request 1", " Hello alice, request 2"]


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        assert process.poll() is None, "uvicorn ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "uvicorn does not answer"
            time.sleep(0.05)
        else:
            return
