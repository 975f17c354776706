"""The README's first screen does what it says: its server under uvicorn, its client against it, its install line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.peers import free_port, missing_peer, running, wait_until_listening

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

PROGRAMS = dict(re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
#: Each command of the README with what the page shows below it.
COMMANDS = re.findall(r"^\$ (.*)\n((?:(?!\$ |```).*\n)*)", README, re.MULTILINE)


def commands(begin: str) -> list[tuple[str, str]]:
    """The README's commands that begin with a word, each with its output."""
    return [(line, shown) for line, shown in COMMANDS if line.startswith(begin)]


@dataclass
class Place:
    """A folder to run the README in, and how its programs are found there."""

    folder: Path
    environment: dict[str, str]
    #: Turns a program of the README ("env/bin/uvicorn") into arguments of a child process.
    find: Callable[[str], list[str]]

    def arguments(self, line: str) -> list[str]:
        """A command of the README as it is run here."""
        program, *others = shlex.split(line)
        return [*self.find(program), *others]


def as_tests_are_run(folder: Path) -> Place:
    """With the interpreter and the import path of these tests."""
    paths = os.pathsep.join(path for path in sys.path if path)

    def find(program: str) -> list[str]:
        name = Path(program).name
        return [sys.executable] if name == "python" else [sys.executable, "-m", name]

    return Place(folder, {**os.environ, "PYTHONPATH": paths}, find)


def as_a_newcomer_runs_it(folder: Path) -> Place:
    """In an empty environment, which the README's own lines make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1"}
    place = Place(
        folder, environment, lambda program: [sys.executable if program == "python3" else str(folder / program)]
    )
    for line, _ in [*commands("python3 "), *commands("env/bin/pip ")]:
        words = [word.replace(".[", f"{ROOT}[") for word in place.arguments(line)]
        ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if "No matching distribution" in ran.stderr and "hatchling" in ran.stderr:
            missing_peer("pip reaches no package index")
        assert ran.returncode == 0, ran.stderr
    return place


PLACES = [
    as_tests_are_run,
    pytest.param(as_a_newcomer_runs_it, marks=[pytest.mark.live, pytest.mark.once]),
]


def test_first_screen_is_short() -> None:
    """The server takes about ten lines, the client about five."""
    lines = {name: len([x for x in source.splitlines() if x.strip()]) for name, source in PROGRAMS.items()}
    assert set(lines) == {"server.py", "client.py"}
    assert lines["server.py"] <= 10
    assert lines["client.py"] <= 5


def test_who_it_is_for_and_the_install_line_come_before_the_example() -> None:
    """Nobody has to read code to learn whether the package is for them, or to run code before it is installed."""
    order = ["Take it if", "Take something else", "\n## Install\n", "env/bin/pip install", "# server.py", "# client.py"]
    places = [README.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("make_place", PLACES)
def test_client_greets_server(make_place: Callable[[Path], Place], tmp_path: Path) -> None:
    """Server and client run by the README's own commands, and the client prints what the page shows."""
    place = make_place(tmp_path)
    port = free_port()
    for name, source in PROGRAMS.items():
        (tmp_path / name).write_text(source.replace(":8000/", f":{port}/"), encoding="utf-8")
    ((serve, _),) = commands("env/bin/uvicorn ")
    ((ask, shown),) = commands("env/bin/python ")
    log = tmp_path / "log"
    with running(
        [*place.arguments(serve), "--app-dir", str(tmp_path), "--port", str(port)], log, place.environment
    ) as server:
        wait_until_listening(server, port, log)
        ran = subprocess.run(
            place.arguments(ask), cwd=tmp_path, env=place.environment, capture_output=True, text=True, check=False
        )
    assert ran.stderr == ""
    assert ran.stdout == shown
