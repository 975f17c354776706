"""Every Python example of the docs runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))

_block = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> list[str]:
    """The Python blocks of a page."""
    return _block.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_run_in_order(page: Path) -> None:
    """A page's blocks share one namespace and run without an error; their assertions hold."""
    namespace: dict[str, object] = {"__name__": f"docs.{page.stem}"}
    for number, source in enumerate(examples(page), 1):
        code = compile(source, f"{page.name}, example {number}", "exec")
        exec(code, namespace)  # noqa: S102 - running the documentation is the test


def test_the_pages_that_the_readme_names_exist() -> None:
    """No link of the README to a file is dead."""
    links = re.findall(r"\]\(((?!https?:)[^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
