"""Starts the served app in a child process and reads what it wrote down about each exchange."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.peers import HOST, START_SECONDS, running

USER, PASSWORD, REALM = "alice", "s3cret", "live wire"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as they stood on the wire, outside the middleware."""

    kind: str
    client_port: int
    method: str
    target: str
    authorization: list[str]
    status: int
    www_authenticate: list[str]
    authentication_info: list[str]

    @property
    def credentials(self) -> str:
        """The one Authorization value of this request."""
        (value,) = self.authorization
        return value

    @property
    def nc(self) -> int:
        """The nonce count of this request's Authorization value."""
        return int(parameter(self.credentials, "nc"), 16)


def parameter(value: str, name: str) -> str:
    """A parameter out of a Digest header that a real peer made; plain text work, no code under test."""
    _scheme, _, rest = value.partition(" ")
    for item in rest.split(","):
        key, _, text = item.strip().partition("=")
        if key == name:
            return text.strip('"')
    raise AssertionError(f"no parameter {name} in {value!r}")


@dataclass(frozen=True, slots=True)
class Served:
    """The served app while it runs."""

    port: int
    record: Path
    log: Path

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def exchanges(self, target: str | None = None) -> list[Exchange]:
        """Every exchange since the start, or those for one request target, in the order of their answers."""
        # The first line is the port; the last is empty, or still being written for an exchange nobody waits for.
        lines = self.record.read_text(encoding="utf-8").split("\n")[1:-1]
        found = [Exchange(**json.loads(line)) for line in lines]
        return [exchange for exchange in found if target in (None, exchange.target)]

    def advance_clock(self, seconds: float) -> None:
        """Let time pass for the middleware, without waiting for it."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10.0)
        connection.request("GET", f"/clock/{seconds}")
        assert connection.getresponse().status == 200
        connection.close()


#: Request targets that peers and servers write in more than one way; the app answers each as /whoami.
ODD_TARGETS = {
    "percent": "/any/a%20b/%C3%A9",
    "needless-percent": "/any/%61%2Fb",
    "lower-percent": "/any/%c3%a9",
    "semicolon": "/any/a;b=c",
    "comma-and-equals": "/any/a,b=c?d=e,f=g",
    "quotes": "/any/a%22b?c=%22d%22",
    "apostrophe": "/any/it's(so)*!",
    "brackets": "/any/a?b[]=c",
    "two-slashes": "/any//a//b",
    "empty-query": "/any/a?",
    "question-in-query": "/any/a?b?c=/d",
    "plus": "/any/a+b?c+d",
}


#: Called with the middleware's keywords, it gives the app behind them; what the fixture ``served`` is.
Serve = Callable[..., Served]


def announced_port(process: subprocess.Popen[bytes], record: Path, log: Path) -> int:
    """The port that the child wrote down; it listens from then on, so a first request waits its turn."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        text = record.read_text(encoding="utf-8")
        if text.endswith("\n"):
            return int(json.loads(text)["port"])
        time.sleep(0.02)
    raise AssertionError(f"the served app did not start:\n{log.read_text(errors='replace')}")


@contextmanager
def serve(folder: Path, **policy: Any) -> Iterator[Served]:
    """The served app with ``policy`` as the middleware's keywords; ``users`` and ``realm`` have defaults here."""
    keywords = {"users": {USER: PASSWORD}, "realm": REALM, **policy}
    record, log = folder / "record.jsonl", folder / "uvicorn.log"
    record.touch()
    command = [sys.executable, "-P", "-W", "error", "-m", "tests.live.served_app", str(record), json.dumps(keywords)]
    # The child imports what the tests import, be it this tree or an installed wheel; -P keeps its folder out of it.
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with running(command, log, env) as process:
        yield Served(announced_port(process, record, log), record, log)
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")
