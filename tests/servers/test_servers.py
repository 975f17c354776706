"""Each client plug with each server that a package index has: what comes of it is known, to the single request.

Each server is started once for all plugs; the tests read what came of the trials. The table in docs/servers.md is
theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.servers.faces.listed import FACES, face
from tests.servers.listed import SERVERS, Server
from tests.servers.trials import Outcome, tried
from tests.servers.wire import Wires, laid
from tests.support.kept_tables import keep

# All servers share one run, which takes about a minute on two processors.
pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]

#: Servers that run at a time: while one starts, another is asked.
AT_ONCE = 3
PAGE = Path(__file__).parents[2] / "docs" / "servers.md"
HEADS = ["server", "offers", "20 in a row", "50 at once", "bodies", "redirect", "wrong password", "why"]

Outcomes = dict[str, Future[dict[str, Outcome]]]


def outcomes_of(server: Server, wires: Wires) -> dict[str, Outcome]:
    """Start a server, and make each plug go through the trials."""
    faces = {plug: face(plug) for plug in FACES}
    found = {}
    with server.start() as site:
        for plug in FACES:
            with wires.to(site.port) as wire:
                found[plug] = tried(faces[plug], site, wire, server.settings)
    return found


@pytest.fixture(scope="module")
def outcomes(request) -> Iterator[Outcomes]:
    """What came of each server that some test of this run asks for."""
    wanted = {item.callspec.params["server"].name for item in request.session.items if is_about_a_server(item)}
    with laid() as wires, ThreadPoolExecutor(AT_ONCE) as pool:
        yield {each.name: pool.submit(outcomes_of, each, wires) for each in SERVERS if each.name in wanted}


def is_about_a_server(item: pytest.Item) -> bool:
    """Whether it is a test of this file with a server as its parameter."""
    return item.path == Path(__file__) and "server" in getattr(getattr(item, "callspec", None), "params", {})


each_server = pytest.mark.parametrize("server", SERVERS, ids=lambda each: each.name)


@each_server
@pytest.mark.parametrize("plug", FACES)
def test_what_comes_of_a_server_is_known(outcomes, server, plug):
    """Calls in a row and at once, bodies, a redirect, a wrong password."""
    found: dict[str, object] = asdict(outcomes[server.name].result()[plug])
    del found["twice"]
    assert found == server.expected(plug)


@each_server
def test_no_count_goes_out_twice(outcomes, server):
    """A nonce and a count are sent together once only, be it that fifty calls learn the nonce at the same time."""
    assert {plug: found.twice for plug, found in outcomes[server.name].result().items()} == dict.fromkeys(FACES, 0)


def cell(values: dict[str, str]) -> str:
    """What came of most plugs, and who differs."""
    common = max(values.values(), key=list(values.values()).count)
    others: dict[str, list[str]] = {}
    for plug, value in values.items():
        if value != common:
            others.setdefault(value, []).append(plug)
    told = "; ".join(f"{', '.join(plugs)}: {value}" for value, plugs in others.items())
    return f"{common} ({told})" if told else common


def test_the_page_tells_what_was_tried(outcomes):
    """docs/servers.md has the table of this very run; SERVERS_PAGE=write renews it."""
    rows = []
    for server in SERVERS:
        found = {plug: asdict(outcome) for plug, outcome in outcomes[server.name].result().items()}
        columns = ("offers", "in_a_row", "at_once", "bodies", "redirect", "wrong")
        cells = [cell({plug: outcome[column] for plug, outcome in found.items()}) for column in columns]
        rows.append([server.name, *cells, server.why])
    keep(PAGE, "servers", HEADS, rows)
