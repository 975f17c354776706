"""Each framework of WSGI on the servers that people run, over sockets; docs/frameworks.md has the table of this run."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.frameworks.on_wire import OnWire
from tests.frameworks.visits import COLUMNS
from tests.frameworks.wsgi_sites import MAKERS
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening
from tests.support.kept_tables import keep

pytestmark = pytest.mark.live

PAGE = Path(__file__).parents[2] / "docs" / "frameworks.md"
ROOT = Path(__file__).parents[2]
APP = "tests.frameworks.wsgi_served:app"
# A worker that is not ready in time would be killed.
GUNICORN = ["gunicorn", "--workers=2", "--timeout=300", "--bind={}"]
#: Seconds in which a loaded machine has imported five frameworks, three times.
PATIENCE = 240
#: The modules that are run, and their words.
SERVERS = {
    "gunicorn": GUNICORN,
    "gunicorn --preload": [*GUNICORN, "--preload", "--threads=4"],
    "cheroot": ["cheroot", "--bind", "{}"],
}
#: Falcon's is tried without a server, beside its other kind.
NAMES = [name for name in MAKERS if not name.startswith("Falcon")]
ASKED = {name: ask for name, ask in COLUMNS.items() if name != "websocket"}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """All servers, while they run. gunicorn's two workers count in one file."""
    folder = tmp_path_factory.mktemp("servers")
    for module in ("gunicorn", "cheroot"):
        python_peer(module)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in [str(ROOT), *sys.path] if path),
        "DIGEST_HTTP_KEYS": "k" * 40,
    }
    with ExitStack() as stack:
        started = {}
        for number, (name, words) in enumerate(SERVERS.items()):
            port, log = free_port(), folder / f"{number}.log"
            command = [sys.executable, "-m", *(word.format(f"{HOST}:{port}") for word in words), APP]
            # gunicorn has a socket of its own below its home.
            home = folder / str(number)
            home.mkdir()
            own = {"SITE_STORE": f"sqlite:///{home}/nonces.db", "HOME": str(home)}
            started[name] = stack.enter_context(running(command, log, {**environment, **own})), port, log
        for process, port, log in started.values():
            wait_until_listening(process, port, log, PATIENCE)
        yield {name: port for name, (_, port, _) in started.items()}


@pytest.fixture(scope="module")
def seen(ports: dict[str, int]) -> dict[tuple[str, str], dict[str, bool | None]]:
    """What each framework did on each server."""

    async def look(name: str, port: int) -> dict[str, bool | None]:
        return {column: await does(OnWire(name, port)) for column, does in ASKED.items()}

    async def look_all() -> dict[tuple[str, str], dict[str, bool | None]]:
        # The servers beside each other: two processors have work for both.
        every = {name: await asyncio.gather(*(look(name, port) for port in ports.values())) for name in NAMES}
        return {(name, server): row for name, found in every.items() for server, row in zip(ports, found, strict=True)}

    return asyncio.run(look_all())


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_login_must_do(seen: dict[tuple[str, str], dict[str, bool | None]], name: str, server: str) -> None:
    """All of it, as without a server."""
    assert seen[name, server] == dict.fromkeys(ASKED, True)


def test_the_page_tells_what_was_tried(seen: dict[tuple[str, str], dict[str, bool | None]]) -> None:
    """docs/frameworks.md has this very table; FRAMEWORKS_PAGE=write renews it."""
    words = {True: "yes", False: "NO"}
    rows = [[name, server, *(words[row[column] is True] for column in ASKED)] for (name, server), row in seen.items()]
    keep(PAGE, "servers of WSGI", ["", "server", *ASKED], rows)
