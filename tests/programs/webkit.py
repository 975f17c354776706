"""WebKitGTK's MiniBrowser on a screen that is not there, driven through WebDriver.

WebDriver cannot answer a login prompt, so user and password stand in the address. A page that needed a prompt in spite
of that would wait for it, and the test would fail with the time that is given here.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.live.peers import HOST, free_port, peer_file, program, running, wait_until_listening

__all__ = ["WebKit", "webkit"]

#: Seconds until a script or a page has failed.
SECONDS = 30


class WebKit:
    """One tab. The user and the password go into each address that it opens."""

    #: Nobody could answer any.
    prompts = 0

    def __init__(self, port: int, binary: str, username: str, password: str) -> None:
        self._port, self._login = port, f"{username}:{password}@"
        options = {"binary": binary, "args": ["--automation"]}
        self._capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._session = self._begin()

    def _begin(self) -> str:
        """Start the browser."""
        session: str = self._ask("POST", "/session", {"capabilities": self._capabilities})["sessionId"]
        limits = {"script": SECONDS * 1000, "pageLoad": SECONDS * 1000}
        self._ask("POST", f"/session/{session}/timeouts", limits)
        return session

    def begin_anew(self) -> None:
        """End the browser and start another, which knows nothing.

        One that has been to several sites may come to its limit of connections over all hosts: then it asks for two
        images at a time, or for nothing at all.
        """
        self.close()
        self._session = self._begin()

    def open(self, url: str) -> None:
        """Load a page with all its images."""
        self._ask("POST", f"/session/{self._session}/url", {"url": url.replace("://", f"://{self._login}")})

    def evaluate(self, function: str, *arguments: str | int) -> Any:
        """What a function of the page, in JavaScript, resolves to; it must be JSON text."""
        script = f"const done = arguments[arguments.length - 1]; ({function})(...arguments).then(done, done);"
        found = self._ask(
            "POST", f"/session/{self._session}/execute/async", {"script": script, "args": list(arguments)}
        )
        return json.loads(found)

    def close(self) -> None:
        """End the browser."""
        self._ask("DELETE", f"/session/{self._session}", None)

    def _ask(self, method: str, path: str, body: Any) -> Any:
        """One command to its end."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=2 * SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            said = json.loads(answer.read())["value"]
            assert answer.status == 200, said
            return said
        finally:
            connection.close()


@contextmanager
def webkit(folder: Path, username: str, password: str) -> Iterator[WebKit]:
    """Debian's WebKitGTK with nothing remembered."""
    driver = program("WebKitWebDriver", package="webkit2gtk-driver")
    binary = peer_file("/usr/lib/*/webkit2gtk-4.1/MiniBrowser", package="libwebkit2gtk-4.1-0")
    screen = program("Xvfb", package="xvfb")
    shown, port = folder / "display", free_port()
    environment = {
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
        "XDG_RUNTIME_DIR": str(folder),
        "LIBGL_ALWAYS_SOFTWARE": "1",
    }
    with ExitStack() as stack:
        display = f":{port}"
        stack.enter_context(running([screen, display, "-nolisten", "tcp", "-screen", "0", "800x600x24"], shown))
        log = folder / "driver.log"
        command = [driver, f"--port={port}"]
        process = stack.enter_context(running(command, log, {**environment, "DISPLAY": display}))
        wait_until_listening(process, port, log)
        browser = WebKit(port, str(binary), username, password)
        stack.callback(browser.close)
        yield browser
