"""Three browsers as one type: a tab that opens pages, runs scripts and counts the prompts that a person would see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.live.browser import Tab, chromium
from tests.live.serving import PASSWORD, USER
from tests.programs.firefox import firefox
from tests.programs.webkit import webkit

__all__ = ["BROWSERS", "Browser"]


class Browser(Protocol):
    """What the tests ask of a browser; a prompt is answered with USER and PASSWORD."""

    @property
    def prompts(self) -> int:
        """How many there have been."""
        ...

    def open(self, url: str) -> None:
        """Load a page with all its images."""
        ...

    def evaluate(self, function: str, *arguments: str | int) -> Any:
        """What a function of the page, in JavaScript, resolves to; it must be JSON text."""
        ...


class ChromiumTab:
    """The harness of tests/live."""

    def __init__(self, tab: Tab) -> None:
        self._tab, self._earlier = tab, 0

    @property
    def prompts(self) -> int:
        """As many as the harness has answered."""
        return self._earlier + len(self._tab.prompts.seen)

    def open(self, url: str) -> None:
        """Load a page with all its images."""
        # The harness gives up after some prompts; each page may have as many.
        self._earlier = self.prompts
        self._tab.prompts.seen.clear()
        self._tab.page.goto(url)

    def evaluate(self, function: str, *arguments: str | int) -> Any:
        """What a function of the page resolves to."""
        return json.loads(self._tab.page.evaluate(f"given => ({function})(...given)", list(arguments)))


@contextmanager
def _chromium(_folder: Path) -> Iterator[Browser]:
    with chromium() as browser, browser.tab(USER, PASSWORD) as tab:
        yield ChromiumTab(tab)


@contextmanager
def _firefox(folder: Path) -> Iterator[Browser]:
    with firefox(folder, USER, PASSWORD) as browser:
        yield browser


@contextmanager
def _webkit(folder: Path) -> Iterator[Browser]:
    with webkit(folder, USER, PASSWORD) as browser:
        yield browser


#: Each starts with nothing remembered, in a folder of its own, and is one tab for many sites.
BROWSERS: dict[str, Callable[[Path], AbstractContextManager[Browser]]] = {
    "Chromium": _chromium,
    "Firefox": _firefox,
    "WebKitGTK": _webkit,
}
