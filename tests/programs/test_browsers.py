"""Chromium, Firefox and WebKitGTK: one prompt for a login, none for what happens to a page later, and logouts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.served_app import TILES
from tests.live.serving import PASSWORD, USER, Served
from tests.programs.browsers import BROWSERS, Browser
from tests.programs.changing_sites import put_in_force, served
from tests.programs.webkit import SECONDS, WebKit
from tests.support.kept_tables import keep

pytestmark = pytest.mark.live

PAGE = Path(__file__).parents[2] / "docs" / "programs.md"
#: Requests that a page sends at once.
AT_ONCE = 30
#: A server that is started again keeps its keys.
BASE: dict[str, Any] = {"users": {USER: PASSWORD}, "realm": "browsers", "keys": secrets.token_hex(32)}

IMAGES = "async () => JSON.stringify([...document.images].filter(image => image.naturalWidth > 0).length)"
WHOAMI = "async () => JSON.stringify(await (await fetch(location.origin + '/whoami')).json())"
FETCHES = """async count => JSON.stringify(await Promise.all([...Array(count).keys()].map(async number =>
    (await fetch(location.origin + "/whoami?" + number)).status)))"""
POST = """async length => {
    const answer = await fetch(location.origin + "/echo", {method: "POST", body: "x".repeat(length)});
    return JSON.stringify((await answer.text()).length);
}"""

#: What is in force first, and what then; and whether WebKitGTK's MD5 answers both challenges
#: without a prompt, which its driver could not answer.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "MD5 to SHA-256": ({"algorithms": ["MD5"]}, {"algorithms": ["SHA-256"]}, False),
    "SHA-256 to SHA-256-sess": ({"algorithms": ["SHA-256"]}, {"algorithms": ["SHA-256-sess"]}, False),
    "default to SHA-512-256, MD5": ({}, {"algorithms": ["SHA-512-256", "MD5"]}, True),
    "MD5 to MD5-sess": ({"algorithms": ["MD5"]}, {"algorithms": ["MD5-sess"]}, False),
    "userhash no more": ({"userhash": True}, {}, True),
    "default to `old_clients=True`": ({}, {"old_clients": True}, True),
    "other keys": ({}, {"keys": secrets.token_hex(32)}, True),
}

#: What a page asks for to end its login, by the row in which it stands.
LOGOUTS = {"logged out: this login": "/leave?this", "logged out everywhere": "/leave"}
LEAVE = """async path => {
    const answer = await fetch(location.origin + path, {method: "POST"});
    return JSON.stringify(await answer.text());
}"""
#: WebKitGTK's driver cannot answer a prompt: the page asks and goes on, and keeps what it was answered.
ASK = """async path => {
    window.answered = 0;
    fetch(location.origin + path).then(answer => { window.answered = answer.status; });
    return JSON.stringify(true);
}"""
#: What was answered by the time that an open page has been fetched so many times, one after the other.
ANSWERED = """async times => {
    for (let time = 0; time < times; time++) await fetch(location.origin + "/policy/0");
    return JSON.stringify(window.answered);
}"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory) -> Iterator[dict[str, Served]]:
    """A site with the default policy, and one for each change; browsers take their turns."""
    policies = {str(number): [{**BASE, **each} for each in CHANGES[row][:2]] for number, row in enumerate(CHANGES)}
    same = {path.strip("/"): [BASE] for path in LOGOUTS.values()}
    with served(tmp_path_factory.mktemp("sites"), {"default": [BASE], **policies, **same}) as running:
        yield dict(zip(("default", *CHANGES, *LOGOUTS), running.values(), strict=True))


@pytest.fixture(scope="module", params=BROWSERS)
def started(request, tmp_path_factory) -> Iterator[Browser]:
    """Each browser for all tests; each test has a site of its own, which it does not know yet."""
    with BROWSERS[request.param](tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def browser(started: Browser) -> Browser:
    """The browser of a test. WebKitGTK is started for each: see WebKit.begin_anew."""
    if isinstance(started, WebKit):
        started.begin_anew()
    return started


@pytest.fixture(scope="module")
def seen() -> dict[tuple[str, str], str]:
    """Cells of the page: what the tests of this run have seen, by row and browser."""
    return {}


@pytest.fixture
def cell(request, seen):
    """Call it with a row and what stands there for the browser of the test."""
    name = request.node.callspec.params["started"]
    return lambda row, text: seen.__setitem__((row, name), text)


def log_in(browser: Browser, site: Served) -> int:
    """Open the page; the prompts that it cost."""
    before = browser.prompts
    browser.open(f"{site.base_url}/")
    assert browser.evaluate(IMAGES) == TILES
    return browser.prompts - before


def fetch_all(browser: Browser) -> None:
    """Requests of a page, all at once: each is let in."""
    assert browser.evaluate(FETCHES, AT_ONCE) == [200] * AT_ONCE


def test_a_login_costs_one_prompt(browser, sites, cell):
    """The page, its images and requests at once: one prompt, and nothing that is signed is refused."""
    site = sites["default"]
    before = len(site.exchanges())
    prompts = log_in(browser, site)
    fetch_all(browser)
    used = browser.evaluate(WHOAMI)
    assert (used["username"], used["qop"]) == (USER, "auth")
    refused = [each for each in site.exchanges()[before:] if each.status != 200]
    assert [(each.status, each.authorization) for each in refused] == [(401, [])] * len(refused)
    # Nobody could answer a prompt of WebKit's: the page would not have come.
    assert prompts <= 1
    cell("default", f"{used['algorithm']}, {prompts}")


def test_a_nonce_that_ends_in_mid_page(browser, sites, cell):
    """Requests at once and a body of 100 kB after the end of the nonce: each is let in, without a prompt."""
    site = sites["default"]
    log_in(browser, site)
    before, asked = browser.prompts, len(site.exchanges("/echo"))
    site.advance_clock(301)
    fetch_all(browser)
    site.advance_clock(301)
    assert browser.evaluate(POST, 100_000) == 100_000
    assert [each.status for each in site.exchanges("/echo")[asked:]] == [401, 200]
    assert browser.prompts == before
    cell("nonce ended", "signs again, 0")


@pytest.mark.parametrize("change", CHANGES)
def test_a_new_policy_locks_nobody_out(browser, sites, cell, request, change):
    """A browser that remembers the old challenge gets the new one: one prompt at most, and all goes on."""
    row, site = f"new policy: {change}", sites[change]
    if request.node.callspec.params["started"] == "WebKitGTK" and not CHANGES[change][2]:
        cell(row, "-")
        return
    put_in_force(site, 0)
    log_in(browser, site)
    put_in_force(site, 1)
    before = len(site.exchanges())
    prompts = log_in(browser, site)
    fetch_all(browser)
    assert prompts <= 1
    assert {each.status for each in site.exchanges()[before:]} == {200, 401}
    used = browser.evaluate(WHOAMI)["algorithm"]
    cell(row, f"{used}, {prompts}")


@pytest.mark.parametrize("row", LOGOUTS)
def test_a_logout(browser, sites, cell, row):
    """The next request asks for the password, also a fetch of a page that is open; who types it is in again."""
    site, before = sites[row], browser.prompts
    log_in(browser, site)
    assert browser.evaluate(LEAVE, LOGOUTS[row]) == "True"
    prompts, asked = browser.prompts, len(site.exchanges())
    if isinstance(browser, WebKit):
        browser.evaluate(ASK, "/whoami?later")
        deadline = time.monotonic() + SECONDS
        while not site.exchanges("/whoami?later"):
            assert time.monotonic() < deadline, "nothing was asked"
            time.sleep(0.05)
        assert browser.evaluate(ANSWERED, AT_ONCE) == 0
        cell(row, "asks")
    else:
        # One request: of many at once each might ask.
        assert browser.evaluate(FETCHES, 1) == [200]
        fetch_all(browser)
        assert browser.prompts - prompts == 1
        assert browser.prompts - before <= 2
        cell(row, f"asks, {browser.prompts - prompts}")
    refused = [each for each in site.exchanges()[asked:] if each.authorization and each.status == 401]
    assert refused
    assert not any("stale" in value for each in refused for value in each.www_authenticate)


def test_the_page_tells_what_browsers_did(seen):
    """docs/programs.md has the table of this very run; PROGRAMS_PAGE=write renews it."""
    rows = ["default", "nonce ended", *(f"new policy: {change}" for change in CHANGES), *LOGOUTS]
    missing = [name for name in BROWSERS if any((row, name) not in seen for row in rows)]
    if missing:
        pytest.skip(f"the table needs every test of {', '.join(missing)}")
    keep(PAGE, "browsers", ["", *BROWSERS], [[row, *(seen[row, name] for name in BROWSERS)] for row in rows])
