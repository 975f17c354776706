"""Pages of docs/ with tables that tests keep: each is what a test has seen in this very run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["keep"]


def keep(page: Path, name: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Assert that the table between two comments of a page is this one.

    With PROGRAMS_PAGE=write in the environment the table of docs/programs.md is renewed, and so for others.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    lines = [heads, ["---"] * len(heads), *rows]
    new = "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
    before, _, after = page.read_text(encoding="utf-8").partition(begin)
    old, _, rest = after.partition(end)
    assert rest, f"{page.name} has no table {name}"
    if os.environ.get(f"{page.stem.upper()}_PAGE") == "write":
        page.write_text(before + begin + new + end + rest, encoding="utf-8")
        old = new
    assert old == new
