"""Servers for the Redis store."""

from __future__ import annotations

import pytest

from tests.stores_shared.redis_servers import KINDS, RedisServer


@pytest.fixture(params=KINDS)
def kind(request):
    """Redis, then Valkey."""
    return request.param


@pytest.fixture
def server(tmp_path, kind):
    """A server that a test may kill."""
    server = RedisServer(tmp_path, kind=kind)
    server.start()
    yield server
    server.stop()
