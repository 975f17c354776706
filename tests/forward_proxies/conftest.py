"""Two servers for all tests, and each client."""

from __future__ import annotations

import gc
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
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Each client."""
    found: Client = request.param
    yield found
    if found.spare_tunnels:
        # Here, where nobody minds, and not in the middle of another test.
        gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A library that opens a connection more than it needs may be at it when its session is closed, and leaves it."""
    for item in items:
        found = item.callspec.params.get("client") if hasattr(item, "callspec") else None
        if isinstance(found, Client) and found.spare_tunnels:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <(socket|ssl):ResourceWarning"))
