"""The demo in front of real browsers: log in, look, attack, log out; by mouse, by keyboard, on a phone."""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo_app.server import serving
from tests.demo_app.serving import ALICE
from tests.live.browser import Chromium, Tab, chromium
from tests.programs.firefox import firefox

pytestmark = pytest.mark.live

#: For people to look at; CI keeps the folder.
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

#: Milliseconds until a page must show what it was asked for, on a machine with other work.
PATIENCE = 60_000
#: As many as no page has places that the keyboard reaches.
TABS = 60

FOCUSED = "() => { const at = document.activeElement; return (at.textContent || '').trim(); }"
REFUSED = '#result article.good[data-status="401"][data-reason="nc-replayed"]'
#: What WCAG finds too faint.
FAINT = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The demo as `make demo` runs it, from the sources that are tested."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
        with serving() as url:
            yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A Chromium for the tests of this file."""
    with chromium() as running:
        yield running


@pytest.fixture
def tab(browser, site) -> Iterator[Tab]:
    """A tab that is asked for a password once, and then shows the stage."""
    with browser.tab(*ALICE) as tab:
        tab.page.set_default_timeout(PATIENCE)
        tab.page.set_viewport_size(DESKTOP)
        tab.page.goto(f"{site}/stage")
        yield tab


def shoot(tab: Tab, name: str, **how: Any) -> None:
    """A picture for people, in build/screenshots."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    tab.page.screenshot(path=SHOTS / f"{name}.png", **how)


def until(page: Any, shown: str) -> None:
    """Wait until an expression holds in the page. Playwright's own wait needs eval, which the page's policy forbids."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(f"() => {shown}"):
        assert time.monotonic() < end, shown
        page.wait_for_timeout(100)


def test_a_person_logs_in_and_sees_a_replay_refused(tab):
    """nc goes up, a header is not good again, a nonce ends and is renewed, a websocket opens: all with one prompt."""
    page = tab.page
    assert "Hello, alice" in page.inner_text("h1")
    until(page, "document.getElementById('nc').textContent > 1")  # the stream was signed too
    page.click("text=Send 24 at once")
    page.wait_for_selector("text=24 of 24 accepted")
    until(page, "document.getElementById('nc').textContent >= 26")
    # What has arrived is drawn with the next word of the stream.
    until(page, "document.querySelectorAll('#window rect.seen').length >= 25")
    page.click("text=Send it again")
    page.wait_for_selector(REFUSED)
    page.wait_for_selector("#wire tr.refused >> text=nc-replayed")
    shoot(tab, "demo")
    shoot(tab, "demo-whole", full_page=True)
    page.click("text=Let a minute pass")
    page.wait_for_selector("text=A minute has passed")
    until(page, "document.querySelector('[data-left]').textContent === '0'")
    page.click("text=Send a request")
    page.wait_for_selector("#wire tr.renewed >> text=nonce-expired")
    page.wait_for_selector("text=1 of 1 accepted")
    until(page, "document.querySelector('[data-left]').textContent > 0")
    page.click("text=Open a websocket")
    page.wait_for_selector("text=The server says: alice: hello")
    assert len(tab.prompts.seen) == 1


def test_everything_is_reached_by_keyboard(tab):
    """Each button and link has its turn, none twice before all had theirs, and Enter presses it."""
    page = tab.page
    wanted = set(
        page.evaluate("() => [...document.querySelectorAll('a, button, summary')].map(e => e.textContent.trim())")
    )
    reached: list[str] = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
        if wanted <= set(reached):
            break
    assert wanted <= set(reached)
    page.focus("text=Send it again")
    page.keyboard.press("Enter")
    page.wait_for_selector(REFUSED)
    assert page.evaluate("() => document.getElementById('result').getAttribute('aria-live')") == "polite"


def test_all_can_be_read_on_a_phone(tab, site):
    """In both colour schemes, with an attack and all that it shows: no page scrolls to the side, no text is faint."""
    page = tab.page
    page.set_viewport_size(PHONE)
    page.click("text=Change a signed body")
    page.wait_for_selector("#result article.good")
    page.click("#result summary")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(OVERFLOW) <= 0
        assert page.evaluate(FAINT) == []
        shoot(tab, f"demo-phone-{scheme}", full_page=True)
    for address in ("/logout/", "/"):
        page.goto(site + address)
        assert page.evaluate(OVERFLOW) <= 0
        assert page.evaluate(FAINT) == []


def test_logging_out_takes_one_cancelled_prompt(tab, site):
    """Whatever is typed at that address is wrong; after Cancel the browser sends nothing any more."""
    page = tab.page
    page.goto(f"{site}/")
    assert page.url == f"{site}/stage"  # who is logged in is not told to log in
    page.goto(f"{site}/logout/")  # the harness types the password three times, then cancels
    assert "You are logged out" in page.inner_text("h1")
    page.goto(f"{site}/")
    assert page.url == f"{site}/"
    assert "Log in" in page.inner_text("h1")
    shoot(tab, "demo-start")


FIREFOX_STEP = """async (button, wanted) => {
    if (button) document.querySelector(button).click();
    while (!document.querySelector(wanted)) await new Promise(later => setTimeout(later, 50));
    return JSON.stringify(document.querySelector(wanted).textContent);
}"""


def test_firefox_sees_the_same(site, tmp_path):
    """Log in, send many at once, see a replay and a changed body refused; one prompt."""
    with firefox(tmp_path, *ALICE) as tab:
        tab.open(f"{site}/stage")
        assert "Hello, alice" in tab.evaluate(FIREFOX_STEP, "", "h1")
        assert "SHA-256" in tab.evaluate(FIREFOX_STEP, "", ".tiles")
        assert "24 of 24 accepted" in tab.evaluate(FIREFOX_STEP, 'button[data-ping="24"]', "#result article.good")
        for attack, reason in (("replay", "nc-replayed"), ("body", "wrong-digest")):
            shown = f'#result article.good[data-reason="{reason}"]'
            assert "Refused" in tab.evaluate(FIREFOX_STEP, f'form[action$="{attack}"] button', shown)
        # The page keeps itself up to date here too.
        assert tab.evaluate(FIREFOX_STEP, "", "#wire tr.refused")
        SHOTS.mkdir(parents=True, exist_ok=True)
        (SHOTS / "demo-firefox.png").write_bytes(base64.b64decode(tab.screenshot()))
        assert tab.prompts == 1
