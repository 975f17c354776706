"""Sites whose policy changes: as if a server had been started again with other settings. All are in one process.

usage: python -m tests.programs.changing_sites FOLDER SITES

SITES is a JSON object: for each name the policies of a site, which are lists of the middleware's keywords. A site is
the app of tests/live on a port of its own. It starts with its first policy; GET /policy/1 puts its second into force.
Its record is NAME.jsonl in FOLDER.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.live.peers import HOST, running
from tests.live.served_app import protected_app, write_line
from tests.live.serving import Served, announced_port

__all__ = ["put_in_force", "served"]


class Changing:
    """Each policy has a middleware, and so a store, of its own."""

    def __init__(self, apps: list[Any]) -> None:
        self.apps, self.now = apps, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the policy in force, or change it."""
        if scope["type"] == "http" and scope["path"].startswith("/policy/"):
            self.now = int(scope["path"].removeprefix("/policy/"))
            await Response()(scope, receive, send)
            return
        await self.apps[self.now](scope, receive, send)


def put_in_force(site: Served, policy: int) -> None:
    """Change the policy of a site."""
    connection = http.client.HTTPConnection(HOST, site.port, timeout=10.0)
    connection.request("GET", f"/policy/{policy}")
    assert connection.getresponse().status == 200
    connection.close()


@contextmanager
def served(folder: Path, sites: Mapping[str, Sequence[dict[str, Any]]]) -> Iterator[dict[str, Served]]:
    """All sites by their names, in a child process."""
    log = folder / "uvicorn.log"
    records = {name: folder / f"{name}.jsonl" for name in sites}
    for record in records.values():
        record.touch()
    command = [sys.executable, "-P", "-m", "tests.programs.changing_sites", str(folder), json.dumps(sites)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with running(command, log, env) as process:
        yield {name: Served(announced_port(process, record, log), record, log) for name, record in records.items()}
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


async def main(folder: Path, sites: dict[str, list[dict[str, Any]]]) -> None:
    """Serve until the process is ended."""
    serving = []
    with ExitStack() as stack:
        for name, policies in sites.items():
            record = stack.enter_context((folder / f"{name}.jsonl").open("a", encoding="utf-8"))
            app = Changing([protected_app(record, policy) for policy in policies])
            listener = stack.enter_context(socket.socket())
            listener.bind((HOST, 0))
            listener.listen(256)
            write_line(record, {"port": listener.getsockname()[1]})
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            serving.append(server._serve([listener]))  # noqa: SLF001  # serve() would take the signals
        await asyncio.gather(*serving)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
