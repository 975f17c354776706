"""Locks and forks: a lock that another thread holds at a fork is never given back in the child."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    file for folder in ("digest_http", "middleware", "client_auth") for file in sorted((ROOT / folder).rglob("*.py"))
]

#: A client's memory of what servers offered; its locks are held for a few statements without I/O.
OF_CLIENTS = {
    "digest_http/httpauth/protection_spaces.py",
    "digest_http/httpauth/nonce_pool.py",
    "digest_http/httpauth/path_memory.py",
    "digest_http/httpauth/digest_client.py",
}


def classes_with_locks(file):
    """Classes that make a lock, with the names of their bases."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and any(
            isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in {"Lock", "RLock", "Condition"}
            for call in ast.walk(node)
        ):
            yield node.name, {ast.unparse(base) for base in node.bases}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_who_has_a_lock_is_told_of_forks(file):
    """Each class with a lock is a ForkAware one, so that its child begins with a fresh lock."""
    if file.relative_to(ROOT).as_posix() not in OF_CLIENTS:
        assert [name for name, bases in classes_with_locks(file) if "ForkAware" not in bases] == []
