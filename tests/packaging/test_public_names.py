"""A public name that is looked for in `digest_http` itself: the error says where it is."""

import ast
import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

import digest_http
import digest_http_client_auth
import digest_http_middleware
from digest_http.public_names import HOMES, not_here

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NAMES = sorted({name for names in HOMES.values() for name in names.split()})

#: Rooms that are for no program: the command is one itself.
NOT_FOR_PROGRAMS = {"digest_http.cli", "digest_http_client_auth.command"}


def rooms():
    """Packages that export something."""
    for package in (digest_http, digest_http_middleware, digest_http_client_auth):
        for module in [package, *_inside(package)]:
            if module is not digest_http and hasattr(module, "__path__") and hasattr(module, "__all__"):
                yield module.__name__


def _inside(package):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.ispkg and not any(found.name.startswith(room) for room in NOT_FOR_PROGRAMS):
            yield importlib.import_module(found.name)


def plugs():
    """The plugs, as import-linter's contracts name them; the middleware's own is the package's front door."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    of_server = next(contract["modules"] for contract in contracts if "two plugs of the guard" in contract["name"])
    of_client = next(contract["layers"][1] for contract in contracts if contract["name"].startswith("Client:"))
    yield from (name for name in of_server if name != "digest_http_middleware.middleware")
    yield from (f"digest_http_client_auth.{name}" for name in of_client.split(" | "))


def named_in_the_docs():
    """(module, name) of each import of ours in a block of Python."""
    for page in PAGES:
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("digest_http"):
                    yield from ((str(node.module), alias.name) for alias in node.names)


def found_in(module):
    """Its public names, as the table writes them."""
    return " ".join(importlib.import_module(module).__all__)


@pytest.mark.parametrize("home", HOMES)
def test_the_table_has_what_its_modules_export(home):
    """A name that came or went is a word in digest_http/public_names.py."""
    assert HOMES[home] == found_in(home)


@pytest.mark.parametrize("home", sorted({*rooms(), *plugs()}))
def test_every_door_is_in_the_table(home):
    """A new room or plug is a line of digest_http/public_names.py."""
    assert home in HOMES, f'add the line "{home}": "{found_in(home)}", to digest_http/public_names.py'


@pytest.mark.parametrize(("module", "name"), sorted(set(named_in_the_docs())))
def test_what_the_docs_import_is_public(module, name):
    """It is in the table, or it is a module that is."""
    modules = {home.rpartition(".")[0] + "." + home.rpartition(".")[2] for home in HOMES}
    assert name in HOMES.get(module, "").split() or f"{module}.{name}" in modules


@pytest.mark.parametrize("name", NAMES)
def test_a_name_from_elsewhere_says_where(name):
    """Each home of it is named, and nothing else; a type checker is told nothing, so it goes on to find the mistake."""
    with pytest.raises(ImportError, match=f"'{name}' is not in digest_http itself, but in ") as caught:
        exec(f"from digest_http import {name}", {})  # noqa: S102 - the line that a user writes
    homes = str(caught.value).partition(", but in ")[2].split(" or ")
    assert all(hasattr(importlib.import_module(home), name) or home.endswith(f".{name}") for home in homes)
    assert {home for home in HOMES if name in HOMES[home].split()} <= set(homes)


def test_a_plug_of_a_library_says_where():
    """The library's own name is looked for here, too."""
    assert str(not_here("fastapi")) == "'fastapi' is not in digest_http itself, but in digest_http_middleware.fastapi"


def test_no_name_stands_before_a_room():
    """`from digest_http import sspi` asks for the attribute first: no entry may be called like a module here."""
    assert {module.name for module in pkgutil.iter_modules(digest_http.__path__)} & {*NAMES} == set()
    room = importlib.import_module("digest_http.sspi")
    assert vars(digest_http)["sspi"] is room


@pytest.mark.parametrize("name", ["nothing", "_private", "__wrapped__", ""])
def test_other_names_are_attribute_errors(name):
    """So hasattr() and tools that look for a name get the answer they expect."""
    assert not hasattr(digest_http, name)


def test_the_version_is_a_release():
    """PEP 440; the wheel's metadata is made of the same line."""
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|(a|b|rc)\d+)?", digest_http.__version__)
