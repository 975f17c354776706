"""Each framework of ASGI on each server, over sockets; docs/frameworks.md has the table of this run.

What odd paths come to on these servers: tests/doors.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.frameworks.on_wire import OnWire
from tests.frameworks.sites import SITES
from tests.frameworks.visits import COLUMNS
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening
from tests.support.kept_tables import keep

pytestmark = pytest.mark.live

PAGE = Path(__file__).parents[2] / "docs" / "frameworks.md"
#: Seconds in which a loaded machine has imported seven frameworks, twice.
PATIENCE = 240
SERVERS = ["uvicorn", "hypercorn", "granian", "daphne"]
#: They drop the fields that an app adds to the answer of a handshake.
WITHOUT_PROOF = {"granian", "daphne"}
#: Quart wants to know the scheme of a websocket, which daphne does not tell.
WITHOUT_SOCKETS = {("Quart", "daphne")}
NAMES = [name for name, site in SITES.items() if site.kind == "asgi"]
ASKED = {name: ask for name, ask in COLUMNS.items() if name not in {"roles", "odd paths"}}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """All servers, while they run: three in one process, and daphne."""
    folder = tmp_path_factory.mktemp("servers")
    for module in SERVERS:
        python_peer(module)
    found = {name: free_port() for name in SERVERS}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    three = ["tests.frameworks.asgi_served", *(str(found[name]) for name in SERVERS[:3])]
    daphne = ["daphne", "-b", HOST, "-p", str(found["daphne"]), "-v", "0", "tests.frameworks.asgi_served:app"]
    with ExitStack() as stack:
        started = []
        for words, names in ((three, SERVERS[:3]), (daphne, SERVERS[3:])):
            log = folder / f"{names[0]}.log"
            process = stack.enter_context(running([sys.executable, "-m", *words], log, environment))
            started += [(process, found[name], log) for name in names]
        for process, port, log in started:
            wait_until_listening(process, port, log, PATIENCE)
        yield found


@pytest.fixture(scope="module")
def seen(ports: dict[str, int]) -> dict[str, dict[str, list[str]]]:
    """What did not come to what it must, by framework and server."""

    async def look(name: str, server: str) -> list[str]:
        site = OnWire(
            name,
            ports[server],
            sockets=(name, server) not in WITHOUT_SOCKETS,
            by_route=SITES[name].by_route,
            socket_proof=server not in WITHOUT_PROOF,
        )
        return [column for column, does in ASKED.items() if await does(site) is False]

    async def look_all() -> dict[str, dict[str, list[str]]]:
        # The servers beside each other: two processors have work for both.
        every = {name: await asyncio.gather(*(look(name, server) for server in SERVERS)) for name in NAMES}
        return {name: dict(zip(SERVERS, found, strict=True)) for name, found in every.items()}

    return asyncio.run(look_all())


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("name", NAMES)
def test_what_a_login_must_do(seen: dict[str, dict[str, list[str]]], name: str, server: str) -> None:
    """All of it, as without a server."""
    assert seen[name][server] == []


def test_the_page_tells_what_was_tried(seen: dict[str, dict[str, list[str]]]) -> None:
    """docs/frameworks.md has this very table; FRAMEWORKS_PAGE=write renews it."""
    rows = [[name, *(cell(name, server, row[server]) for server in SERVERS)] for name, row in seen.items()]
    keep(PAGE, "servers of ASGI", ["", *SERVERS], rows)


def cell(name: str, server: str, failed: list[str]) -> str:
    """What stands in the table."""
    if failed:
        return f"not {', '.join(failed)}"
    return "yes, no websocket" if (name, server) in WITHOUT_SOCKETS else "yes"
