"""The README's first screen does what it says: its server under uvicorn, its client against it, its install line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.shown_commands import Page, Place, as_tests_are_run
from tests.live.peers import missing_peer

ROOT = Path(__file__).parents[2]
README = Page(ROOT / "README.md")


def as_a_newcomer_runs_it(folder: Path) -> Place:
    """In an empty environment, which the README's own lines make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    place = Place(
        folder, environment, lambda program: [sys.executable if program == "python3" else str(folder / program)]
    )
    for line, _ in [*README.beginning("python3 "), *README.beginning("env/bin/pip ")]:
        words = [word.replace(".[", f"{ROOT}[") for word in place.arguments(line)]
        ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if "No matching distribution found for hatchling" in ran.stderr:
            missing_peer("pip reaches no package index")
        assert ran.returncode == 0, ran.stderr
    return place


PLACES = [
    as_tests_are_run,
    pytest.param(as_a_newcomer_runs_it, marks=[pytest.mark.live, pytest.mark.once]),
]


def test_first_screen_is_short() -> None:
    """The server takes about ten lines, the client about five."""
    lines = {name: len([x for x in source.splitlines() if x.strip()]) for name, source in README.programs.items()}
    assert set(lines) == {"server.py", "client.py"}
    assert lines["server.py"] <= 10
    assert lines["client.py"] <= 5


def test_who_it_is_for_and_the_install_line_come_before_the_example() -> None:
    """Nobody has to read code to learn whether the package is for them, or to run code before it is installed."""
    text = README.path.read_text(encoding="utf-8")
    order = ["Use it if", "Use something else", "\n## Install\n", "env/bin/pip install", "# server.py", "# client.py"]
    places = [text.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("make_place", PLACES)
def test_client_greets_server(make_place: Callable[[Path], Place], tmp_path: Path) -> None:
    """Server and client run by the README's own commands, and the client prints what the page shows."""
    place = make_place(tmp_path)
    with place.serving(README):
        ((ask, shown),) = README.beginning("env/bin/python ")
        assert place.output(ask) == shown
