"""Which tests are marked with ``obeys``: read from their files, since a run need not collect them all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]


@cache
def marked_tests() -> dict[str, list[str]]:
    """The tests that hold each rule, as "room/test_file.py::test_name", by the rule's name."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "mark.obeys(" in source:
            for name, rule in _marks(ast.parse(source)):
                found.setdefault(rule, []).append(f"{path.relative_to(TESTS).as_posix()}::{name}")
    return found


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Each marked test with each rule that it is marked with."""
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.obeys":
                    yield from ((node.name, ast.literal_eval(rule)) for rule in mark.args)
