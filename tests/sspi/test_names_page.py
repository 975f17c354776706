"""docs/sspi-names.md names what there is, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

from digest_http import sspi
from digest_http.sspi import dispatch

PAGE = (Path(__file__).parents[2] / "docs" / "sspi-names.md").read_text(encoding="utf-8")
C, PYWIN32 = PAGE.split("\n## From pywin32\n")
NAME = re.compile(r"(?:(\w+)\.)?(\w+)")


def python_names(text: str, column: int) -> set[tuple[str, str]]:
    """The names at the beginning of each `code` in one column of the tables, with the module before a dot."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    codes = [code for row in rows for code in re.findall(r"`([^`]+)`", row[column])]
    return {(match[1] or "", match[2]) for code in codes if (match := NAME.match(code)) is not None}


def test_each_name_exists():
    """Each Python name of the tables is one of ours."""
    known = {"count", "buffer_type", "buffer_flags", "dangerous_get_view", "winerror"}
    door = {("digest_http", "sspi")}
    for module, name in python_names(C, 1) | python_names(PYWIN32.split("\n## ")[0], 1) - door:
        assert hasattr(dispatch if module else sspi, name) or name in known, name


def test_each_function_has_its_line():
    """No public function is without the name that C has for it."""
    functions = {name for name in sspi.__all__ if name.islower()} - {"dispatch", "tls_server_end_point"}
    assert functions <= {name for _, name in python_names(C, 1)}
