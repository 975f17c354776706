"""The peers among themselves: they ask for Digest and answer it, so what other files find is about our side."""

from __future__ import annotations

import pytest

from tests.live.browser import Chromium
from tests.live.commands import curl, curl_digest
from tests.live.httpd import REALM, httpd
from tests.live.lighttpd import lighttpd
from tests.live.peers import missing_peer, program
from tests.live.serving import PASSWORD, USER


def test_missing_peer_is_skipped_on_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a peer that its user chose not to install, a test is skipped and says why."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no-such-peer is not installed \(Debian package none\)"):
        program("no-such-peer", package="none")


def test_missing_peer_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI installs every peer, so there a missing one is a failure."""
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="gone; CI must have every live peer"):
        missing_peer("gone")


@pytest.mark.live
@pytest.mark.parametrize("nonces", ["default", "counted", "one-time"])
def test_curl_against_httpd(nonces: str) -> None:
    """httpd lets curl in with the right password only, and proves itself."""
    with httpd(nonces) as server:
        assert curl(server.page_url).statuses == [401]
        assert curl_digest(USER, "wrong", server.page_url).statuses == [401]
        right = curl_digest(USER, PASSWORD, "--include", server.page_url)
        assert right.statuses == [200]
        assert b'\r\nAuthentication-Info: rspauth="' in right.body
        echoed = curl_digest(USER, PASSWORD, "--data", "as it was sent", server.echo_url)
        assert echoed.body == b"as it was sent"


@pytest.mark.live
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_curl_against_lighttpd(algorithm: str) -> None:
    """lighttpd lets curl in with the right password only, in the hash it was told to use."""
    with lighttpd(algorithm) as server:
        challenged = curl("--include", server.page_url)
        assert challenged.statuses == [401]
        assert f"algorithm={algorithm}, ".encode() in challenged.body
        assert curl_digest(USER, "wrong", server.page_url).statuses == [401]
        assert curl_digest(USER, PASSWORD, server.page_url).body.decode() == server.page
        echoed = curl_digest(USER, PASSWORD, "--data", "as it was sent", server.echo_url)
        assert echoed.body == b"as it was sent"


@pytest.mark.live
def test_chromium_against_httpd(browser: Chromium) -> None:
    """The browser's prompts are counted right: one for a login with httpd, none for going on."""
    with httpd() as server, browser.tab(USER, PASSWORD) as tab:
        for _ in range(2):
            answer = tab.page.goto(server.page_url)
            assert answer is not None
            assert (answer.status, answer.text()) == (200, server.page)
        (prompt,) = tab.prompts.seen
        assert (prompt["scheme"], prompt["realm"]) == ("digest", REALM)
