"""Two servers for all tests, and each client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.forward_proxies.clients import CLIENTS, Client
from tests.forward_proxies.running import Site, Sites, sites


@pytest.fixture(scope="session")
def both_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """A server for http and one for https."""
    with sites(tmp_path_factory.mktemp("sites")) as found:
        yield found


@pytest.fixture(params=["http", "https"])
def site(request: pytest.FixtureRequest, both_sites: Sites) -> Site:
    """Each of them, as if it had just been started."""
    for one in both_sites.all():
        one.digest = None
        one.seen.clear()
        one.bodies.clear()
    return both_sites.plain if request.param == "http" else both_sites.tls


@pytest.fixture(params=list(CLIENTS.values()), ids=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Client:
    """Each client."""
    found: Client = request.param
    return found
