"""The FastAPI dependency under uvicorn: curl, and the page /docs in Chromium."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.browser import chromium
from tests.live.commands import curl, curl_digest
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
#: For people to look at; CI keeps the folder.
SHOTS = ROOT / "build" / "screenshots"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running app."""
    python_peer("fastapi_offline")
    folder, port = tmp_path_factory.mktemp("fastapi"), free_port()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in [str(ROOT), *sys.path] if path)}
    command = [sys.executable, "-m", "tests.fastapi.served", str(port)]
    with running(command, folder / "log", environment) as process:
        wait_until_listening(process, port, folder / "log")
        yield f"http://{HOST}:{port}"


@pytest.mark.parametrize(
    ("password", "status", "body"),
    [("s3cret", 200, b'{"user":"alice"}'), ("wrong", 401, b'{"detail":"The credentials are not right."}')],
)
def test_curl(url: str, password: str, status: int, body: bytes) -> None:
    """It is let in with the right password alone."""
    run = curl_digest("alice", password, f"{url}/me?x=1")
    assert run.statuses == [status]
    assert run.body.endswith(body)


def test_a_public_page(url: str) -> None:
    """What has no dependency is open."""
    assert curl(f"{url}/openapi.json").statuses == [200]


def test_docs_in_chromium(url: str) -> None:
    """/docs shows the lock and the 401; "Execute" makes the browser ask for the password, and then answers."""
    with chromium() as browser, browser.tab("alice", "s3cret") as tab:
        page = tab.page
        page.goto(f"{url}/docs")
        page.locator(".opblock-summary").click()
        assert page.locator("button.authorization__btn").count() == 1
        assert page.locator(".responses-wrapper .response[data-code='401']").count() == 1
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table .response-col_status").last
        answer.wait_for()
        assert answer.inner_text().startswith("200")
        assert '"alice"' in page.locator(".live-responses-table").inner_text()
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / "fastapi-docs.png", full_page=True)
        (prompt,) = tab.prompts.seen
    assert (prompt["scheme"], prompt["realm"]) == ("digest", "home")
