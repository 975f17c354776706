"""A page tells those who copy its examples what to install for them."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_pages import PAGES, ROOT, examples, name_of

EXTRAS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]

#: What a module of ours, or a module of a framework, imports besides itself.
BEHIND = {
    "digest_http_client_auth": "httpx",
    "digest_http_client_auth.httpx": "httpx",
    "fastapi.testclient": "httpx2",
    "starlette.testclient": "httpx2",
}
#: Import names that are not the names of their packages.
PACKAGES = {"opentelemetry": "opentelemetry_api", "puresasl": "pure_sasl"}
OURS = ("digest_http", "digest_http_middleware", "digest_http_client_auth")

_install = re.compile(r"pip install ([^`\n]*)")


def package(requirement: str) -> str:
    """The name of a requirement, as it is imported for the most part."""
    return re.split(r"[\[<>=;! ]", requirement)[0].lower().replace("-", "_")


def of_extra(extra: str) -> Iterator[str]:
    """What an extra installs."""
    for requirement in EXTRAS[extra]:
        if requirement.startswith("digest-http["):
            yield from of_extra(requirement.removeprefix("digest-http[").rstrip("]"))
        else:
            yield package(requirement)


def installed(page: Path) -> set[str]:
    """What the page's own lines install."""
    found = set()
    for line in _install.findall(page.read_text(encoding="utf-8")):
        for word in re.findall(r"[\w.-]+(?:\[[\w,]+\])?", line):
            found.add(package(word))
            if word.startswith(("digest-http[", ".[")):
                for extra in word.partition("[")[2].rstrip("]").split(","):
                    found |= set(of_extra(extra))
    return found


def imported(page: Path) -> set[str]:
    """The packages of others that its examples import, themselves or by way of ours."""
    found = set()
    for source in examples(page):
        for node in ast.walk(ast.parse(source)):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                top, _, rest = name.partition(".")
                if name in BEHIND:
                    found.add(BEHIND[name])
                if top == "digest_http_client_auth" and rest:
                    found.add(rest.partition(".")[0])
                elif top not in (*OURS, *sys.stdlib_module_names):
                    found.add(PACKAGES.get(top, top))
    return found


@pytest.mark.parametrize("page", [page for page in PAGES if imported(page)], ids=name_of)
def test_a_page_says_what_its_examples_need(page: Path) -> None:
    """Nobody runs into a ModuleNotFoundError who does what the page says, from its top."""
    assert imported(page) - installed(page) == set()
