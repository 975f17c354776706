"""The site that `make docs` makes, in Chromium: on a desk and on a phone, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.browser import chromium
from tests.live.peers import missing_peer

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "docs"
#: For people to look at; CI keeps the folder.
SHOTS = ROOT / "build" / "screenshots"

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def page() -> Iterator[tuple[Any, list[str]]]:
    """A page of Chromium, and the addresses that it has asked for."""
    if not (SITE / "index.html").exists():
        missing_peer("the site of the documentation: make docs")
    with chromium() as browser, browser.tab("nobody", "") as tab:
        asked: list[str] = []
        tab.page.on("request", lambda request: asked.append(request.url))
        yield tab.page, asked


@pytest.mark.parametrize(("width", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_first_page_shows_where_to_go(page: tuple[Any, list[str]], width: str, size: dict[str, int]) -> None:
    """What a newcomer needs stands on the first screen, and the tutorial is one click away."""
    tab, asked = page
    tab.set_viewport_size(size)
    for name in ("index", "tutorial"):
        tab.goto((SITE / f"{name}.html").as_uri())
        SHOTS.mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=SHOTS / f"docs-{name}-{width}.png")
    tab.goto((SITE / "index.html").as_uri())
    link = tab.locator("article a[href='tutorial.html']").first
    place = link.bounding_box()
    assert place is not None
    assert place["y"] < size["height"]
    link.click()
    assert tab.title().startswith("Tutorial")
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []


def test_no_page_is_wider_than_a_phone(page: tuple[Any, list[str]]) -> None:
    """Tables and code scroll by themselves; the page does not move sideways."""
    tab, _ = page
    tab.set_viewport_size(PHONE)
    wide = []
    for path in sorted(SITE.rglob("*.html")):
        tab.goto(path.as_uri())
        if tab.evaluate(OVERFLOW) > 0:
            wide.append(path.relative_to(SITE).as_posix())
    assert wide == []
