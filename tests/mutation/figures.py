"""The figure of a mutation run: per file how many mutants were made, killed, listed as equivalent, and survived.

usage: python -m tests.mutation.figures FOLDER ROOM...
       python -m tests.mutation.figures --survivors FOLDER ROOM: only mutmut's names of the new survivors

FOLDER/ROOM is where tests/mutation/run laid the room out and mutmut left its results. A survivor that
equivalents.toml does not list is printed in the form of that file. The exit status is 1 when fewer than
LEAST_KILLED of the mutants that are not listed were killed, when a run has not come to its end, or when a mutant is
listed that did not survive.
"""

from __future__ import annotations

import json
import sys
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mutmut.mutation.diff_apply import get_diff_for_mutant

from tests.mutation.listed import Mutant, read_equivalents

LEAST_KILLED = 0.95

# What mutmut notes for a mutant: pytest's exit codes, the signals of its limits of time, None for one not yet run.
KILLED = {1, 3}
TIMED_OUT = {-24, 24, 152, 255, -9}


@dataclass
class File:
    """The counts of one source file."""

    mutants: int = 0
    killed: int = 0
    timed_out: int = 0
    unfinished: int = 0
    survivors: list[Mutant] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """What mutmut calls the survivors, in the same order."""


def function_name(key: str) -> str:
    """`package.module.Class.function` of a key of mutmut's, which holds `xǁClassǁfunction__mutmut_1`."""
    module, _, mangled = key.partition("__mutmut_")[0].rpartition(".")
    parts = mangled.split("ǁ")[1:] if "ǁ" in mangled else [mangled.removeprefix("x_")]
    return ".".join([module, *parts])


def changed_lines(diff: str, sign: str) -> str:
    """The lines of one side of a diff, without their indentation."""
    lines = [line for line in diff.splitlines() if line.startswith(sign) and not line.startswith(sign * 3)]
    return "\n".join(line[1:].strip() for line in lines)


def read_room(folder: Path) -> dict[str, File]:
    """The files of one room, by path."""
    files: dict[str, File] = {}
    with chdir(folder):
        for meta in sorted(Path("mutants").rglob("*.meta")):
            path = meta.relative_to("mutants").with_suffix("")
            results: dict[str, Any] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
            if results:
                files[str(path)] = read_file(path, results)
    return files


def read_file(path: Path, results: dict[str, Any]) -> File:
    """The counts of one file from mutmut's exit codes."""
    file = File(mutants=len(results))
    for key, code in results.items():
        if code is None:
            file.unfinished += 1
        elif code in KILLED:
            file.killed += 1
        elif code in TIMED_OUT:
            file.timed_out += 1
        else:
            diff = get_diff_for_mutant(key, path=path)
            file.names.append(key)
            file.survivors.append(Mutant(function_name(key), changed_lines(diff, "-"), changed_lines(diff, "+")))
    return file


def literal(text: str) -> str:
    """A TOML string that shows source code as it stands."""
    return f"'''{text}'''" if "'''" not in text else json.dumps(text)


def main(folder: Path, rooms: list[str]) -> int:
    """Print the table and the survivors; the exit status."""
    files: dict[str, File] = {}
    for room in rooms:
        files |= read_room(folder / room)
    listed = read_equivalents()
    row = "{:46} {:>8} {:>8} {:>9} {:>11} {:>9}".format
    print(row("file", "mutants", "killed", "timed out", "equivalents", "survived"))
    total, new = File(), list[Mutant]()
    for path, file in files.items():
        survivors = [mutant for mutant in file.survivors if mutant not in listed]
        equivalents = len(file.survivors) - len(survivors)
        print(row(path, file.mutants, file.killed, file.timed_out, equivalents, len(survivors)))
        total.mutants += file.mutants
        total.killed += file.killed
        total.timed_out += file.timed_out
        total.unfinished += file.unfinished
        total.survivors += file.survivors
        new += survivors
    print(row("total", total.mutants, total.killed, total.timed_out, len(total.survivors) - len(new), len(new)))

    counted = total.mutants - (len(total.survivors) - len(new))
    share = (total.killed + total.timed_out) / counted if counted else 0.0
    print(f"killed: {share:.1%} of {counted} mutants that are not equivalent")
    for mutant in new:
        print(f'\n[["{mutant.function}"]]\nwas = {literal(mutant.was)}\nnow = {literal(mutant.now)}\nwhy = ""')

    modules = {path.removesuffix(".py").replace("/", ".") for path in files}
    stale = {
        mutant
        for mutant in set(listed) - set(total.survivors)
        if any(mutant.function.startswith(f"{module}.") for module in modules)
    }
    for mutant in sorted(stale):
        print(f"listed as equivalent, but it did not survive: {mutant.function}: {mutant.now}", file=sys.stderr)
    if total.unfinished:
        print(
            f"{total.unfinished} mutants have not been run: run it again, it goes on where it stopped", file=sys.stderr
        )
    return int(share < LEAST_KILLED or bool(stale) or total.unfinished > 0)


def names_of_survivors(folder: Path) -> list[str]:
    """What mutmut calls the survivors of a room that equivalents.toml does not list."""
    listed = read_equivalents()
    return [
        name
        for file in read_room(folder).values()
        for name, mutant in zip(file.names, file.survivors, strict=True)
        if mutant not in listed
    ]


if __name__ == "__main__":
    if sys.argv[1] == "--survivors":
        print(*names_of_survivors(Path(sys.argv[2]) / sys.argv[3]), sep="\n")
    else:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
