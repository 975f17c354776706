"""Which classes of the packages keep containers that begin empty and grow: found in the source, not listed by hand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import digest_http
import digest_http_client_auth
import digest_http_middleware

__all__ = ["growing"]

_CONTAINERS = {
    "Counter", "OrderedDict", "WeakKeyDictionary", "WeakSet", "WeakValueDictionary", "bytearray", "cache",
    "defaultdict", "deque", "dict", "list", "lru_cache", "set",
}  # fmt: skip


def growing() -> set[str]:
    """`module.Class` of each class, and `module` of each module, that makes such a container and keeps it."""
    found = set()
    for package in (digest_http, digest_http_client_auth, digest_http_middleware):
        (folder,) = package.__path__
        for file in Path(folder).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            module = ".".join((package.__name__, *file.relative_to(folder).with_suffix("").parts))
            if any(_grows(value) for _, value in _assigned(tree.body)):
                found.add(module)
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and any(
                    _is_attribute(target) and _grows(value) for target, value in _assigned(ast.walk(node))
                ):
                    found.add(f"{module}.{node.name}")
    return found


def _assigned(nodes: Iterator[ast.AST] | list[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(target.elts, node.value.elts, strict=True)
                else:
                    yield target, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value


def _is_attribute(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"


def _grows(value: ast.expr) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return not value.elts
    if not isinstance(value, ast.Call):
        return False
    made = value.func.func if isinstance(value.func, ast.Call) else value.func  # lru_cache(4096)(function)
    name = made.attr if isinstance(made, ast.Attribute) else made.id if isinstance(made, ast.Name) else ""
    return name in _CONTAINERS and (name in {"cache", "lru_cache"} or not value.args)
