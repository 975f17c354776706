"""docs/programs.md: each of its tables is what a test has seen in this very run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["keep"]

PAGE = Path(__file__).parents[2] / "docs" / "programs.md"


def keep(name: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Assert that the table between two comments is this one; with PROGRAMS_PAGE=write in the environment, renew it."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    lines = [heads, ["---"] * len(heads), *rows]
    new = "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
    before, _, after = PAGE.read_text(encoding="utf-8").partition(begin)
    old, _, rest = after.partition(end)
    assert rest, f"{PAGE.name} has no table {name}"
    if os.environ.get("PROGRAMS_PAGE") == "write":
        PAGE.write_text(before + begin + new + end + rest, encoding="utf-8")
        old = new
    assert old == new
