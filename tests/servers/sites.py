"""What a server offers to the clients that are tried on it, and how one is started."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.httpd import htdigest_line
from tests.live.peers import PATH_ONLY, free_port, missing_peer, running, server_root, wait_until_listening

__all__ = ["ENVIRONMENT", "PASSWORD", "REALM", "SCRIPTS", "USER", "Site", "Start", "child", "installed"]

USER, PASSWORD, REALM = "alice", "s3cret", "wonder"

SCRIPTS = Path(__file__).parent / "scripts"
#: What `make servers` installs: servers that need an environment of their own.
ENVIRONMENT = Path(__file__).parents[2] / ".venv-servers"


@dataclass(frozen=True, slots=True)
class Site:
    """A server that asks for Digest, while it runs."""

    port: int
    #: Targets: what a GET gets, what sends a body back, what leads to the page. "" is what this server has not.
    page: str = "/page"
    echo: str = "/echo"
    moved: str = "/moved"
    #: The method for bodies. After a PUT, a GET brings what was put.
    method: str = "POST"
    #: Where the server is a proxy, the port of what stands behind it.
    origin: int | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """Keywords of DigestAuth that it takes to log in."""
        return {} if self.origin is None else {"proxy": True}


#: Starts a server, which runs until the block is left. It asks for its peers first.
Start = Callable[[], AbstractContextManager[Site]]


def installed(pattern: str) -> str:
    """A file of the servers' own environment, or a missing peer."""
    found = sorted(ENVIRONMENT.glob(pattern))
    if os.environ.get(PATH_ONLY) or not found:
        missing_peer("the environment .venv-servers is not there (make servers)")
    return str(found[0])


@contextmanager
def child(
    command: Callable[[int, Path], Sequence[str]], python_path: str | None = None, **targets: Any
) -> Iterator[Site]:
    """A server that is one process, made from its port and a folder of its own.

    The folder holds `users`, an htdigest file, and `site`, where servers of files find a page.
    """
    port = free_port()
    with server_root() as root:
        (root / "site").mkdir()
        (root / "site" / "page").write_text("in\n")
        (root / "users").write_text(htdigest_line(USER, REALM, PASSWORD))
        env = {**os.environ, "TMPDIR": str(root)}
        if python_path is not None:
            env["PYTHONPATH"] = python_path
        with running(command(port, root), root / "output.log", env) as process:
            wait_until_listening(process, port, root / "output.log")
            yield Site(port, **targets)
