"""Every Python example of the docs runs, every link leads somewhere, and every page can be found."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

_block = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_fence = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_link = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
_heading = re.compile(r"^#+ (.*)$", re.MULTILINE)
_contents = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> list[str]:
    """The Python blocks of a page."""
    return _block.findall(page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The names by which a page's headings are linked to, as Git forges and Sphinx make them."""
    prose = _fence.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in _heading.findall(prose)}


def listed(page: Path) -> list[Path]:
    """The pages that a page's tables of contents name."""
    lines = "\n".join(_contents.findall(page.read_text(encoding="utf-8"))).splitlines()
    return [page.parent / f"{line}.md" for line in lines if line and not line.startswith(":")]


def name_of(page: Path) -> str:
    """A page as pytest names it."""
    return page.relative_to(ROOT).as_posix()


#: What how-to pages show is tried on every interpreter by the tests of the rooms; here, that the pages are right.
RUN = [pytest.param(page, marks=[pytest.mark.once] if page.parent.name == "how-to" else []) for page in PAGES]


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_the_examples_of_a_page_run_in_order(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page's blocks share one namespace and run without an error; their assertions hold."""
    module = ModuleType(f"docs.{page.stem}")
    # Frameworks look up the module of a handler for the types of its arguments.
    monkeypatch.setitem(sys.modules, module.__name__, module)
    namespace = vars(module)
    for number, source in enumerate(examples(page), 1):
        code = compile(source, f"{page.name}, example {number}", "exec")
        exec(code, namespace)  # noqa: S102 - running the documentation is the test


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=name_of)
def test_no_link_of_a_page_is_dead(page: Path) -> None:
    """A link leads to a file that is there, and to a heading that the file has."""
    dead = []
    for file, anchor in _link.findall(_fence.sub("", page.read_text(encoding="utf-8"))):
        target = page.parent / file if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(f"{file}#{anchor}")
    assert dead == []


def test_each_page_stands_once_in_the_contents() -> None:
    """Who adds a page says where it is found: a page without a place is never read."""
    index = DOCS / "index.md"
    found = [index]
    for page in found:
        found += listed(page)
    assert sorted(found) == PAGES


@pytest.mark.parametrize("page", sorted((DOCS / "how-to").glob("*.md")), ids=lambda page: page.stem)
def test_a_page_that_says_how_to_do_something_is_short(page: Path) -> None:
    """One job, one page, at most some two screens with its code."""
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 120
    assert examples(page), "show code that runs"
