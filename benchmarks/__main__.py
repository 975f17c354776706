"""Run the groups and print one table: `python -m benchmarks [GROUP ...]`."""

from __future__ import annotations

import argparse
import platform
import re
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Final, cast

import pytest
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

__all__ = ["main"]

#: In the order of the table; sasl*.py follow.
GROUPS: Final = (
    "exchanges",
    "verify",
    "challenge",
    "bodies",
    "sign",
    "proofs",
    "plugs",
    "throughput",
    "memory",
    "stores",
    "scale",
    "capacity",
    "sspi",
)

_target = re.compile(r"at (most|least) ([0-9.]+)")
_number = re.compile(r"[+-]?[0-9][0-9 ]*(?:\.[0-9]+)?")

Rows = list[tuple[str, str, str]]


def groups() -> list[str]:
    """The groups whose files are here."""
    folder = Path(__file__).parent
    sasl = sorted(path.stem for path in folder.glob("sasl*.py"))
    files = {name: folder / f"{name}.py" for name in (*GROUPS, *sasl)}
    return [name for name, file in files.items() if file.exists() and "def rows(" in file.read_text(encoding="utf-8")]


def judge(figure: str, target: str) -> str:
    """Whether a figure meets its target: "met", "not met", "-" where nothing was measured, "" without a target."""
    wanted = _target.match(target)
    if wanted is None:
        return ""
    found = _number.match(figure)
    if found is None:
        return "-"
    value, limit = float(found[0].replace(" ", "")), float(wanted[2])
    met = value <= limit if wanted[1] == "most" else value >= limit
    return "met" if met else "not met"


def run(name: str, **settings: object) -> Rows:
    """The rows of a group; one that says so where a library or a program that it needs is not installed.

    It is given those of the settings that it knows.
    """
    try:
        group = import_module(f"benchmarks.{name}")
        known = signature(group.rows).parameters
        return cast("Rows", group.rows(**{key: value for key, value in settings.items() if key in known}))
    except ModuleNotFoundError as missing:
        return [(name, f"not run: {missing.name} is not installed", "")]
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        # The servers are those of the tests, which skip without them.
        return [(name, f"not run: {missing}", "")]


def main(arguments: list[str]) -> int:
    """Print the table. Targets that are not met are told, not punished: the status is 0."""
    present = groups()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and size, in ratios.")
    parser.add_argument("group", nargs="*", help=f"what to run: {', '.join(present)}; all without any")
    parser.add_argument("--large", action="store_true", help="scale: ten million nonces too (minutes, and 2 GB)")
    given = parser.parse_args(arguments)
    chosen: list[str] = given.group or present
    unknown = [name for name in chosen if name not in present]
    if unknown:
        parser.error(f"there is no group {', '.join(unknown)}; choose from {', '.join(present)}")
    # Wide enough for whole sentences where the output is no terminal (a CI log, a file).
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(title=f"digest-http on CPython {platform.python_version()}, {platform.machine()}")
    for heading in ("What", "Figure", "Target", ""):
        table.add_column(heading, overflow="fold")
    # A group takes up to a minute: on a terminal a line tells which one it is, and the time that has gone by.
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        shown = progress.add_task("", total=len(chosen))

        def tell(text: str) -> None:
            progress.update(shown, description=f"measuring {text}")
            if not console.is_terminal:
                print(f"measuring {text}", flush=True)

        for number, name in enumerate(chosen, 1):
            tell(f"{name} ({number} of {len(chosen)})")
            for what, figure, target in run(name, large=given.large, tell=tell):
                verdict = judge(figure, target)
                style = {"met": "green", "not met": "red"}.get(verdict)
                table.add_row(what, figure, target, verdict, style=style)
            table.add_section()
            progress.advance(shown)
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
