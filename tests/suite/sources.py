"""The files of the tests, as syntax trees: what holds for every test is read off them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

#: Every file of the suite by its path below tests/.
FILES = {path.relative_to(TESTS).as_posix(): path for path in sorted(TESTS.rglob("*.py"))}


@cache
def tree(name: str) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(FILES[name].read_text(encoding="utf-8"), name)


def name_of(node: ast.AST) -> str:
    """What a name or an attribute is called last: "which" of shutil.which; "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Every call below a node."""
    return (found for found in ast.walk(node) if isinstance(found, ast.Call))
