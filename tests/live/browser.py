"""Headless Chromium, driven through DevTools: a login prompt is counted and answered, never shown.

``Fetch.authRequired`` is the event that a visible browser would answer by opening its login box: Chromium sends it
only when its own cache of credentials has no answer for the challenge, and not for a challenge with ``stale=true``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.live.peers import program, python_peer

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Page

#: Quiet on a closed network, and able to run where the user is root, as in CI.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
)

#: Every kind of request that a test makes. The browser's own request for an icon is of kind Other: no test waits for
#: it, so it may be cancelled while an answer to its event is on the way.
WATCHED = ("Document", "Image", "Fetch")


# No slots: Playwright hangs its wrapper of a bound method on the method's owner.
@dataclass
class Prompts:
    """Answers each login prompt of a page with the same user and password, and keeps what it was asked."""

    devtools: CDPSession
    username: str
    password: str
    seen: list[dict[str, Any]] = field(default_factory=list)

    def listen(self) -> None:
        """Take over the tab's requests from here on."""
        self.devtools.on("Fetch.requestPaused", self.go_on)
        self.devtools.on("Fetch.authRequired", self.answer)
        patterns = [{"urlPattern": "*", "resourceType": kind} for kind in WATCHED]
        self.devtools.send("Fetch.enable", {"handleAuthRequests": True, "patterns": patterns})

    def go_on(self, event: dict[str, Any]) -> None:
        """Let a request pass as it is."""
        self.devtools.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    def answer(self, event: dict[str, Any]) -> None:
        """Type in the user and the password, three times at most."""
        self.seen.append(event["authChallenge"])
        response = {"response": "ProvideCredentials", "username": self.username, "password": self.password}
        # A person gives up after some tries; a loop of prompts must end here too.
        if len(self.seen) > 3:
            response = {"response": "CancelAuth"}
        answer = {"requestId": event["requestId"], "authChallengeResponse": response}
        self.devtools.send("Fetch.continueWithAuth", answer)


@dataclass(frozen=True, slots=True)
class Tab:
    """A page in a browser that knows no password yet, and the prompts it has shown."""

    page: Page
    prompts: Prompts


class Chromium:
    """A running browser; each tab has a profile of its own."""

    def __init__(self, new_context: Any) -> None:
        self._new_context = new_context

    @contextmanager
    def tab(self, username: str, password: str) -> Iterator[Tab]:
        """An empty tab whose login prompts are answered with ``username`` and ``password``."""
        context: BrowserContext = self._new_context()
        try:
            page = context.new_page()
            prompts = Prompts(context.new_cdp_session(page), username, password)
            prompts.listen()
            yield Tab(page, prompts)
        finally:
            context.close()


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Debian's Chromium under Playwright, which brings no browser of its own here."""
    playwright = python_peer("playwright.sync_api")
    binary = program("chromium", "chromium-browser", "google-chrome", package="chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, headless=True, args=list(FLAGS))
        try:
            yield Chromium(browser.new_context)
        finally:
            browser.close()
