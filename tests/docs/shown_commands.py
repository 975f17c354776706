"""Pages that show programs and commands: what they show is read here, and run in a folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.live.peers import free_port, running, wait_until_listening

_program = re.compile(r"^```py(?:thon)?\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_command = re.compile(r"^\$ (.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)


@dataclass
class Page:
    """A page of ours."""

    path: Path
    #: Its programs, by file name.
    programs: dict[str, str] = field(init=False)
    #: Its commands, in order, each with the output that the page shows.
    commands: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        text = self.path.read_text(encoding="utf-8")
        self.programs = dict(_program.findall(text))
        self.commands = _command.findall(text)

    def beginning(self, words: str) -> list[tuple[str, str]]:
        """The commands that begin so."""
        return [(line, shown) for line, shown in self.commands if line.startswith(words)]


@dataclass
class Place:
    """A folder to run a page in, and how the page's programs are found there."""

    folder: Path
    environment: dict[str, str]
    #: Turns a program of a page ("env/bin/uvicorn") into the first arguments of a child process.
    find: Callable[[str], list[str]]

    def arguments(self, line: str) -> list[str]:
        """A command of a page as it is run here."""
        program, *others = shlex.split(line)
        return [*self.find(program), *others]

    def output(self, line: str) -> str:
        """What a command prints; it says nothing on standard error."""
        words, env = self.arguments(line), self.environment
        ran = subprocess.run(words, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert ran.stderr == ""
        return ran.stdout

    @contextmanager
    def serving(self, page: Page) -> Iterator[None]:
        """The page's server runs as the page says, at a port of its own, which its other programs then use."""
        port, log = free_port(), self.folder / "log"
        for name, source in page.programs.items():
            (self.folder / name).write_text(source.replace("127.0.0.1:8000", f"127.0.0.1:{port}"), encoding="utf-8")
        ((serve, _),) = page.beginning("env/bin/uvicorn ")
        command = [*self.arguments(serve), "--app-dir", str(self.folder), "--port", str(port)]
        with running(command, log, self.environment) as server:
            wait_until_listening(server, port, log)
            yield


def as_tests_are_run(folder: Path) -> Place:
    """With the interpreter and the import path of these tests."""
    paths = os.pathsep.join(path for path in sys.path if path)

    def find(program: str) -> list[str]:
        name = Path(program).name
        return [sys.executable] if name == "python" else [sys.executable, "-m", name]

    return Place(folder, {**os.environ, "PYTHONPATH": paths}, find)
