"""What importing costs, and which names importing gives."""

import importlib
import json
import os
import pkgutil
import subprocess
import sys

import pytest

import digest_http

MODULES = ["digest_http", *(module.name for module in pkgutil.walk_packages(digest_http.__path__, "digest_http."))]

# These wrap a library that an extra brings; every other module of the core is imported without one.
NEEDS_AN_EXTRA = {
    "digest_http.users.sql",
    "digest_http.users.sql_logouts",
    "digest_http.users.sqlite_swaps",
    *(name for name in MODULES if name.partition("digest_http.cli")[1]),
}

CORE = sorted(name for name in MODULES if name not in NEEDS_AN_EXTRA and not name.endswith("__main__"))
PUBLIC = [*CORE, "digest_http_middleware", "digest_http_client_auth"]
PACKAGES = [name for name in PUBLIC if hasattr(importlib.import_module(name), "__path__")]

# One interpreter that has imported nothing of ours, and a child of it for each module: a start for each costs far more.
LOADED_BY_IMPORT = """
import importlib, json, os, sys
before = set(sys.modules)
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        importlib.import_module(name)
        print(json.dumps([name, sorted({name.partition(".")[0] for name in set(sys.modules) - before})]), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(f"{name} cannot be imported alone")
"""

# What the wheel holds, and what mypyc links its modules with (docs/performance.md, "Two forms").
OURS = {"digest_http", "digest_http__mypyc"} if digest_http.COMPILED else {"digest_http"}


@pytest.fixture(scope="module")
def loaded_by():
    """By module of the core: the top-level names that importing it, and nothing else, brings in."""
    child = subprocess.run(
        [sys.executable, "-c", LOADED_BY_IMPORT, *CORE],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    return dict(json.loads(line) for line in child.stdout.splitlines())


@pytest.mark.parametrize("name", CORE)
def test_core_imports_the_standard_library_only(name, loaded_by):
    """Importing a module of the core, in a fresh interpreter, loads no third-party module."""
    loaded = set(loaded_by[name])
    assert "digest_http" in loaded
    assert loaded - sys.stdlib_module_names <= OURS


@pytest.mark.parametrize("name", PUBLIC)
def test_all_lists_existing_names_once(name):
    """Every name in a module's __all__ exists and is listed once; ruff keeps their order."""
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", ())
    assert len(exported) == len(set(exported))
    assert [missing for missing in exported if not hasattr(module, missing)] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_export_what_they_define(name):
    """A class or function that a package's __init__ defines is in its __all__ or starts with an underscore."""
    package = importlib.import_module(name)
    defined = {bound for bound, value in vars(package).items() if getattr(value, "__module__", None) == name}
    assert {bound for bound in defined if not bound.startswith("_")} <= set(getattr(package, "__all__", ()))
