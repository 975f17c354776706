"""An app under a real uvicorn in a thread, and a client that has logged in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.types import ASGIApp

from digest_http_client_auth import DigestAuth

__all__ = ["ALICE", "BROWSER", "served", "visitor"]

ALICE = ("alice", "s3cret")

#: What a browser says of itself when it opens a page.
BROWSER = {"accept": "text/html,application/xhtml+xml", "user-agent": "Mozilla/5.0 Firefox/153.7"}

#: Seconds until uvicorn must have started or ended, on a machine with other work.
PATIENCE = 60.0


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The base URL of an app, which answers until the block is left."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive()


def visitor(base_url: str, user: tuple[str, str] | None = ALICE) -> httpx.Client:
    """A client that says it is a browser, and logs in as `user`; it keeps one nonce, as a browser does."""
    # No browser asks the server for its proof.
    auth = DigestAuth(*user, verify="off") if user is not None else None
    return httpx.Client(base_url=base_url, headers=BROWSER, auth=auth, trust_env=False, timeout=PATIENCE)
