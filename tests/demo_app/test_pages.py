"""The pages of the demo around the stage: the start page, refusals, log-out, and what every page keeps to."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import demo_app
from demo_app.templating import PAGE_FIELDS
from tests.demo_app.serving import visitor

# The demo is in no wheel, and what it shows hangs on no interpreter; test_demo.py runs it on each.
pytestmark = pytest.mark.once

FOLDER = Path(demo_app.__file__).parent
FILES = sorted(
    str(path.relative_to(FOLDER)) for kind in ("templates", "static") for path in (FOLDER / kind).rglob("*.*")
)

#: How each page is come by: the path, and whether one has logged in.
PAGES = {
    "start": ("/", False),
    "refused": ("/stage", False),
    "stage": ("/stage", True),
    "logged out": ("/logout/", True),
}


def page(client_of: dict[bool, httpx.Client], name: str) -> httpx.Response:
    """A page, by its name in PAGES."""
    path, known = PAGES[name]
    return client_of[known].get(path)


@pytest.fixture
def client_of(alice, stranger) -> dict[bool, httpx.Client]:
    """Who has logged in, and who has not."""
    return {True: alice, False: stranger}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_made_for_a_phone_and_for_the_eye(client_of, name):
    """A width that follows the device, both colour schemes, a language, a heading, and a place to skip to."""
    text = page(client_of, name).text
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert '<meta name="color-scheme" content="light dark">' in text
    assert '<html lang="en">' in text
    assert text.count("<h1>") == 1
    assert 'href="#main"' in text


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_somewhere(client_of, name):
    """No page has a link that a browser cannot follow, nor a form that nothing takes."""
    text = page(client_of, name).text
    # Who has logged out is not known any more.
    known = name == "stage"
    for link in re.findall(r'(?:href|src)="(/[^"]*)"', text):
        status = client_of[known].get(link.partition("#")[0], follow_redirects=True).status_code
        # Log-out is the one address that refuses everybody; who has not logged in is asked.
        assert status == (401 if link == "/logout/" or (link.startswith("/stage") and not known) else 200), link
    for link in re.findall(r'href="#([^"]*)"', text):
        assert f'id="{link}"' in text
    for action, method in re.findall(r'<form action="([^"]*)" method="([^"]*)"', text):
        assert client_of[known].request(method.upper(), action, follow_redirects=True).status_code == 200, action


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_a_page_needs_the_network(name):
    """Nothing is fetched from anywhere else; the name of a namespace is no address."""
    text = (FOLDER / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.findall(r"https?://|[\"'(]//|@import|\burl\(", text)


def test_the_start_page_asks_nobody(stranger):
    """It is open, says what to type, and nothing that could be wrong after a login."""
    answer = stranger.get("/")
    assert answer.status_code == 200
    assert "www-authenticate" not in answer.headers
    for word in ("alice", "s3cret", "bob smith", "Log in"):
        assert word in answer.text
    assert "nobody" not in answer.text


def test_who_has_logged_in_goes_on_from_the_start_page(alice):
    """A browser sends its answer to the start page too; it must not look as if one were logged out."""
    alice.get("/stage")
    answer = alice.get("/")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/stage"
    assert "Hello, alice" in alice.get("/", follow_redirects=True).text


def test_a_made_up_answer_is_believed_by_no_page(stranger):
    """The start page verifies nothing, so it gives nothing either: the way goes on to a page that does."""
    forged = {"authorization": 'Digest username="alice", realm="demo", nonce="x", uri="/", response="0"'}
    answer = stranger.get("/", headers=forged)
    assert answer.status_code == 303
    assert answer.text == ""
    assert stranger.get("/stage", headers=forged).status_code in {400, 401}


@pytest.mark.parametrize(("accept", "media"), [("text/html", "text/html"), ("*/*", "text/plain"), ("", "text/plain")])
def test_a_refusal_is_a_page_for_people_and_a_line_for_programs(stranger, accept, media):
    """A browser whose person cancels the prompt shows the way back; curl shows one line."""
    answer = stranger.get("/stage", headers={"accept": accept})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert ('href="/stage"' in answer.text) == (media == "text/html")
    assert len(answer.headers.get_list("www-authenticate")) == 2


def test_log_out_asks_for_the_realm_of_the_pages_and_takes_nobody(alice):
    """So a browser forgets the password of the pages. The right one is wrong there, and not merely stale."""
    alice.get("/stage")
    answer = alice.get("/logout/")
    assert answer.status_code == 401
    challenges = answer.headers.get_list("www-authenticate")
    assert challenges
    assert all('realm="demo"' in challenge and "stale" not in challenge for challenge in challenges)
    assert "You are logged out" in answer.text


@pytest.mark.parametrize(
    "path", ["/stage", "/stage/ping", "/stage/live", "/stage/wait", "/stage/attack/replay", "/api/whoami"]
)
def test_what_shows_a_request_needs_a_login(stranger, path):
    """No part of the stage is open, whatever the method."""
    for method in ("GET", "POST", "HEAD", "PUT"):
        assert stranger.request(method, path).status_code == 401


def test_the_pages_run_no_script_but_their_own(alice):
    """The policy of the page allows no inline script or style, and the page has none."""
    answer = alice.get("/stage")
    assert answer.headers["content-security-policy"] == PAGE_FIELDS["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", answer.text) == []
    assert answer.headers["cache-control"] == "no-store"


def test_two_people_are_told_apart(demo_url):
    """In another window another user logs in; each has a count of his own, and sees the other."""
    with visitor(demo_url) as alice, visitor(demo_url, ("bob smith", "Secret, or not?")) as bob:
        assert "Hello, bob smith" in bob.get("/stage").text
        for _ in range(3):
            bob.get("/stage/ping")
        text = alice.get("/stage").text
        assert '<strong class="number k-nc" id="nc">1</strong>' in text
        assert re.search(r'<span class="pill">bob smith</span> <span>Firefox, SHA-256, nc 4</span>', text)


def test_metrics_tell_what_came_of_requests(alice, stranger) -> None:
    """/metrics counts by realm and reason, and names nobody."""

    def counted(reason: str) -> float:
        found = re.search(
            rf'^digest_http_requests_total{{algorithm="[^"]*",realm="demo",reason="{reason}"}} (\S+)$',
            stranger.get("/metrics").text,
            re.MULTILINE,
        )
        return float(found[1]) if found else 0.0

    before = counted("accepted"), counted("no-credentials")
    assert stranger.get("/api/whoami").status_code == 401
    assert alice.get("/api/whoami").status_code == 200
    assert counted("accepted") > before[0]
    assert counted("no-credentials") > before[1]
    assert "alice" not in stranger.get("/metrics").text
