"""Headless Firefox, driven through WebDriver BiDi: a login prompt is counted and answered, never shown."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.live.peers import HOST, START_SECONDS, program, running

__all__ = ["Firefox", "firefox"]

#: A command that has no answer by then never gets one.
SECONDS = 60.0
#: For one page. A person gives up after some tries; a loop of prompts must end here too.
PROMPTS = 3

#: Quiet on a closed network, and no second thoughts about loopback addresses or logins.
SETTINGS = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.proxy.type": 0,
    "services.settings.server": "data:,",
    "toolkit.telemetry.server": "",
}


class Firefox:
    """One tab, whose prompts are answered with one user and password."""

    def __init__(self, socket: ClientConnection, username: str, password: str) -> None:
        self.prompts = self._earlier = 0
        self._socket = socket
        self._credentials = {"type": "password", "username": username, "password": password}
        self._numbers = itertools.count()
        self._ask("session.new", capabilities={})
        self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]
        self._ask("session.subscribe", events=["network.authRequired"])
        self._ask("network.addIntercept", phases=["authRequired"])

    def open(self, url: str) -> None:
        """Load a page with all its images."""
        self._earlier = self.prompts
        self._ask("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def evaluate(self, function: str, *arguments: str | int) -> Any:
        """What a function of the page, in JavaScript, resolves to; it must be JSON text."""
        called = ", ".join(map(json.dumps, arguments))
        found = self._ask(
            "script.evaluate",
            expression=f"({function})({called})",
            target={"context": self._tab},
            awaitPromise=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"]["value"])

    def screenshot(self) -> str:
        """What the tab shows, as PNG in base64."""
        data: str = self._ask("browsingContext.captureScreenshot", context=self._tab)["data"]
        return data

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command to its end; prompts on the way are answered."""
        number = self._send(method, parameters)
        deadline = time.monotonic() + SECONDS
        while True:
            message = json.loads(self._socket.recv(timeout=deadline - time.monotonic()))
            # Requests that a prompt held up may be over before its answer comes: errors of other commands say no more.
            if message.get("id") == number:
                assert message["type"] == "success", message
                result: dict[str, Any] = message["result"]
                return result
            if message.get("method") == "network.authRequired":
                self._answer(message["params"])

    def _answer(self, event: dict[str, Any]) -> None:
        """Type in the user and the password."""
        if not event["isBlocked"]:
            return
        self.prompts += 1
        request = {"request": event["request"]["request"]}
        if self.prompts - self._earlier > PROMPTS:
            self._send("network.continueWithAuth", {**request, "action": "cancel"})
        else:
            answer = {**request, "action": "provideCredentials", "credentials": self._credentials}
            self._send("network.continueWithAuth", answer)

    def _send(self, method: str, parameters: dict[str, Any]) -> int:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return number


@contextmanager
def firefox(folder: Path, username: str, password: str) -> Iterator[Firefox]:
    """Debian's Firefox with a new profile in ``folder``."""
    binary = program("firefox-esr", "firefox", package="firefox-esr")
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in SETTINGS.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    command = [binary, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "MOZ_DISABLE_CONTENT_SANDBOX": "1"}
    with running(command, log, environment) as process:
        address = listening(process, log)
        with connect(f"{address}/session", proxy=None, max_size=None) as socket:
            yield Firefox(socket, username, password)


def listening(process: Any, log: Path) -> str:
    """The address that Firefox says it listens on."""
    said = "WebDriver BiDi listening on "
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        text = log.read_text(errors="replace")
        if said in text:
            address = text.partition(said)[2].split()[0]
            assert address.startswith(f"ws://{HOST}"), address
            return address
        time.sleep(0.05)
    raise AssertionError(f"Firefox did not start:\n{log.read_text(errors='replace')}")
