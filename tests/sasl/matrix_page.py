"""docs/sasl-peers.md: each row of its table is what a test has seen in this very run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "sasl-peers.md"

BEGIN, END = "<!-- peers -->\n", "<!-- end of peers -->\n"

#: Set to "write" in the environment, it renews the rows that differ.
SETTING = "SASL_PEERS_PAGE"


def rows() -> list[list[str]]:
    """The rows of the table, as they stand."""
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def keep(row: Sequence[str], keys: int) -> None:
    """Assert that this row stands in the table; its first `keys` cells name it."""
    found = next((one for one in rows() if one[:keys] == list(row[:keys])), None)
    if found != list(row) and os.environ.get(SETTING) == "write":
        _write(found, row)
        found = list(row)
    assert found == list(row), f"write {SETTING}=write in the environment to renew {PAGE.name}"


def _write(old: Sequence[str] | None, new: Sequence[str]) -> None:
    text, line = PAGE.read_text(encoding="utf-8"), f"| {' | '.join(new)} |\n"
    if old is None:
        PAGE.write_text(text.replace(END, line + END), encoding="utf-8")
    else:
        PAGE.write_text(text.replace(f"| {' | '.join(old)} |\n", line), encoding="utf-8")
