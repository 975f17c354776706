"""Stores and servers that a test may break."""

from __future__ import annotations

import pytest

from tests.stores_shared.redis_servers import RedisServer


@pytest.fixture
def redis_server(tmp_path):
    """A Redis that runs until the test ends, or is killed by it."""
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "redis"])
def shared_store(request, tmp_path):
    """The URL of each store that several workers may share."""
    if request.param == "redis":
        return request.getfixturevalue("redis_server").url
    return f"sqlite:///{tmp_path / 'nonces.db'}"
