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
#: Pages that are shown to people in light and dark, whole screens at both widths.
SHOWN = ("index", "tutorial", "fastapi", "performance", "troubleshooting")
#: Pages whose tables are read by those who use the package.
READ_BY_USERS = (
    "troubleshooting",
    "answers",
    "users",
    "fastapi",
    "how-to/proxy-in-front",
    "how-to/workers",
    "how-to/camera",
)
#: How many tables of a page hide a part of them behind a scroll bar.
HIDDEN_COLUMNS = """() => [...document.querySelectorAll(".table-wrapper")]
    .filter(table => table.scrollWidth > table.clientWidth + 1).length"""
#: The words of headings that stand on two lines, though they have no hyphen. The names of modules may.
BROKEN_WORDS = """() => [...document.querySelectorAll('h1, h2, h3, h4')].flatMap(heading => {
    const broken = [], texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        for (const word of texts.currentNode.data.matchAll(/[^\\s-]+/g)) {
            const range = document.createRange();
            range.setStart(texts.currentNode, word.index);
            range.setEnd(texts.currentNode, word.index + word[0].length);
            const lines = new Set([...range.getClientRects()].map(line => Math.round(line.top)));
            if (lines.size > 1 && !word[0].includes('_')) broken.push(word[0]);
        }
    return broken;
})"""
#: Modules that an example imports, underlined as if they were links.
UNDERLINED = """() => [...document.querySelectorAll('.highlight span')]
    .filter(word => getComputedStyle(word).textDecorationLine !== 'none').map(word => word.textContent)"""
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
    SHOTS.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        tab.goto((SITE / f"{name}.html").as_uri())
        for scheme in ("dark", "light"):
            tab.emulate_media(color_scheme=scheme)
            assert tab.evaluate(UNDERLINED) == []
            tab.screenshot(path=SHOTS / f"docs-{name}-{width}-{scheme}.png")
    tab.goto((SITE / "index.html").as_uri())
    link = tab.locator("article a[href='tutorial.html']").first
    place = link.bounding_box()
    assert place is not None
    assert place["y"] < size["height"]
    link.click()
    assert tab.title().startswith("Tutorial")
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []


def test_no_page_is_wider_than_a_phone(page: tuple[Any, list[str]]) -> None:
    """Tables and code scroll by themselves; the page does not move sideways, and no heading's word is cut in two."""
    tab, _ = page
    tab.set_viewport_size(PHONE)
    wide, broken = [], []
    for path in sorted(SITE.rglob("*.html")):
        tab.goto(path.as_uri())
        if tab.evaluate(OVERFLOW) > 0:
            wide.append(path.relative_to(SITE).as_posix())
        broken += [(path.name, word) for word in tab.evaluate(BROKEN_WORDS)]
    assert wide == []
    assert broken == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_tables_that_users_read_are_seen_whole(page: tuple[Any, list[str]], size: dict[str, int]) -> None:
    """The last column of a table says what to do: nobody looks for it behind a scroll bar."""
    tab, _ = page
    tab.set_viewport_size(size)
    hidden = {}
    for name in READ_BY_USERS:
        tab.goto((SITE / f"{name}.html").as_uri())
        hidden[name] = tab.evaluate(HIDDEN_COLUMNS)
    assert hidden == dict.fromkeys(READ_BY_USERS, 0)
