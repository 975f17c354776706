"""The FastAPI dependency under uvicorn: curl, and the page /docs in Chromium."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.browser import Chromium, chromium
from tests.live.commands import curl, curl_digest
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
#: For people to look at; CI keeps the folder.
SHOTS = ROOT / "build" / "screenshots"

#: Milliseconds until the page must show what it was asked for, on a machine with other work.
PATIENCE = 60_000
#: What Swagger UI says behind the lock, of each scheme that it cannot do.
UNSUPPORTED = "unsupported scheme 'digest'"


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A Chromium for the tests of this file."""
    with chromium() as running_browser:
        yield running_browser


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


@pytest.mark.parametrize(
    ("password", "status", "shown", "prompts"),
    [("s3cret", "200", '"alice"', 1), ("wrong", "401", "The credentials are not right.", 4)],
)
def test_docs_in_chromium(browser: Chromium, url: str, password: str, status: str, shown: str, prompts: int) -> None:
    """/docs shows the lock and the 401; the lock says what docs/fastapi.md quotes; "Execute" makes the browser ask."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    with browser.tab("alice", password) as tab:
        page = tab.page
        page.set_default_timeout(PATIENCE)
        page.goto(f"{url}/docs")
        page.locator(".opblock-summary").click()
        refusal = page.locator(".responses-wrapper .response[data-code='401']")
        refusal.wait_for()
        assert (page.locator("button.authorization__btn").count(), refusal.count()) == (1, 1)
        page.locator("button.authorization__btn").click()
        dialog = page.locator(".modal-ux")
        dialog.wait_for()
        assert UNSUPPORTED in dialog.inner_text()
        page.screenshot(path=SHOTS / "fastapi-docs-lock.png")
        dialog.locator(".close-modal").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table .response-col_status").last
        answer.wait_for()
        assert answer.inner_text().startswith(status)
        assert shown in page.locator(".live-responses-table").inner_text()
        page.screenshot(path=SHOTS / f"fastapi-docs-{status}.png", full_page=True)
    assert [(prompt["scheme"], prompt["realm"]) for prompt in tab.prompts.seen] == [("digest", "home")] * prompts


@pytest.mark.parametrize("name", ["fastapi.md", "troubleshooting.md"])
def test_the_documentation_quotes_the_lock(name: str) -> None:
    """Who is puzzled by the words of the dialog finds them by a search."""
    assert f"`{UNSUPPORTED}`" in (ROOT / "docs" / name).read_text(encoding="utf-8")
