"""Chromium against the middleware: the browser asks for the password once, whatever a page then does."""

from __future__ import annotations

import pytest

from tests.live.browser import Chromium, Tab
from tests.live.served_app import TILES
from tests.live.serving import ODD_TARGETS, PASSWORD, REALM, USER, Exchange, Serve, Served, parameter

pytestmark = pytest.mark.live

IMAGES_SHOWN = "[...document.images].filter(image => image.naturalWidth > 0).length"
FETCH = "async ([target, options]) => { const a = await fetch(target, options); return [a.status, await a.text()]; }"
SOCKET = """async url => {
    const socket = new WebSocket(url);
    await new Promise((opened, failed) => {
        socket.onopen = opened;
        socket.onerror = () => failed(new Error("the handshake failed"));
    });
    const answer = new Promise(received => { socket.onmessage = event => received(event.data); });
    socket.send("knock");
    return await answer;
}"""


def log_in(tab: Tab, site: Served) -> None:
    """Open the page of tiles; the browser asks for the password on the way."""
    answer = tab.page.goto(f"{site.base_url}/")
    assert answer is not None
    assert answer.status == 200


def fetch(tab: Tab, target: str, **options: str) -> tuple[int, str]:
    """Ask from within the page; return the status and the text that it gets."""
    status, text = tab.page.evaluate(FETCH, [target, options])
    return status, text


def tiles(site: Served) -> list[Exchange]:
    """Return every exchange for one of the page's images."""
    return [exchange for exchange in site.exchanges() if exchange.target.startswith("/tile/")]


def test_one_prompt_for_a_login(served: Serve, browser: Chromium) -> None:
    """The first page costs exactly one prompt, which shows our realm; going on costs none."""
    site = served()
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        assert fetch(tab, "/whoami") == (
            200,
            f'{{"username":"{USER}","realm":"{REALM}","algorithm":"SHA-256","qop":"auth"}}',
        )
        tab.page.goto(f"{site.base_url}/?again")
        (prompt,) = tab.prompts.seen
    assert prompt["scheme"] == "digest"
    assert prompt["realm"] == REALM


def test_a_logout(served: Serve, browser: Chromium) -> None:
    """The page that logs out is answered; the next one, and a fetch after another logout, ask for the password."""
    site = served()
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        assert fetch(tab, "/leave", method="POST") == (200, "True")
        assert len(tab.prompts.seen) == 1
        log_in(tab, site)
        assert len(tab.prompts.seen) == 2
        assert fetch(tab, "/leave", method="POST") == (200, "True")
        assert fetch(tab, "/whoami")[0] == 200
        assert len(tab.prompts.seen) == 3
        refused = [exchange for exchange in site.exchanges() if exchange.status == 401 and exchange.authorization]
        assert refused
        assert not any("stale" in value for exchange in refused for value in exchange.www_authenticate)


def test_wrong_password_prompts_again(served: Serve, browser: Chromium) -> None:
    """Each wrong password is one more prompt: the counting in the other tests can see a second one."""
    site = served()
    with browser.tab(USER, "wrong") as tab:
        answer = tab.page.goto(f"{site.base_url}/")
        assert answer is not None
        assert answer.status == 401
        assert len(tab.prompts.seen) == 4


def test_parallel_images_need_no_further_prompt(served: Serve, browser: Chromium) -> None:
    """Images that the browser asks for several at a time are all shown, each on the first try, without a prompt."""
    site = served()
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        assert tab.page.evaluate(IMAGES_SHOWN) == TILES
        assert len(tab.prompts.seen) == 1
    assert [exchange.status for exchange in tiles(site)] == [200] * TILES
    counts = [(parameter(exchange.credentials, "nonce"), exchange.nc) for exchange in tiles(site)]
    assert len(set(counts)) == TILES
    assert len({nonce for nonce, _nc in counts}) == 1


def test_stale_nonce_is_refreshed_without_a_prompt(served: Serve, browser: Chromium) -> None:
    """Once the nonce has run out, stale=true lets the browser go on with a new one by itself."""
    site = served(nonce_lifetime=300)
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        site.advance_clock(301)
        assert fetch(tab, "/whoami")[0] == 200
        assert len(tab.prompts.seen) == 1
    late, fresh = site.exchanges("/whoami")
    assert [late.status, fresh.status] == [401, 200]
    assert [parameter(value, "stale").lower() for value in late.www_authenticate] == ["true", "true"]
    assert parameter(late.credentials, "nonce") != parameter(fresh.credentials, "nonce")


def test_stale_nonce_under_parallel_images(served: Serve, browser: Chromium) -> None:
    """A whole page of parallel requests on a nonce that has run out recovers without a prompt."""
    site = served(nonce_lifetime=300)
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        site.advance_clock(301)
        log_in(tab, site)
        assert tab.page.evaluate(IMAGES_SHOWN) == TILES
        assert len(tab.prompts.seen) == 1


def test_fetch_post(served: Serve, browser: Chromium) -> None:
    """A body that a page posts arrives whole, before and after the nonce has run out."""
    site = served(nonce_lifetime=300)
    body = "paid=1000&" * 1000
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        assert fetch(tab, "/echo", method="POST", body=body) == (200, body)
        site.advance_clock(301)
        assert fetch(tab, "/echo", method="POST", body=body) == (200, body)
        assert len(tab.prompts.seen) == 1
    assert [exchange.status for exchange in site.exchanges("/echo")] == [200, 401, 200]


def test_odd_targets(served: Serve, browser: Chromium) -> None:
    """Targets pass as the browser writes them, whatever it makes of the page's spelling."""
    site = served()
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        statuses = {name: fetch(tab, target)[0] for name, target in ODD_TARGETS.items()}
        assert statuses == dict.fromkeys(ODD_TARGETS, 200)
        assert len(tab.prompts.seen) == 1


def test_websocket_from_a_page(served: Serve, browser: Chromium) -> None:
    """A page that is logged in opens a websocket; the browser signs the handshake itself."""
    site = served()
    with browser.tab(USER, PASSWORD) as tab:
        log_in(tab, site)
        assert tab.page.evaluate(SOCKET, f"{site.base_url.replace('http', 'ws')}/socket") == "knock"
        assert len(tab.prompts.seen) == 1
    (handshake,) = site.exchanges("/socket")
    assert handshake.status == 101
    assert parameter(handshake.credentials, "username") == USER
