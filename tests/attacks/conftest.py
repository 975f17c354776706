"""The server under attack."""

import pytest

from tests.attacks.driver import Server


@pytest.fixture(params=["fresh", "knows its clients"])
def server(request):
    """A server with the defaults, also one that has learnt how the clients of these attacks spell their headers."""
    server = Server()
    if request.param == "knows its clients":
        for algorithm in ("SHA-256", "MD5"):
            for body in (None, b""):
                assert server.get(server.signer(algorithm=algorithm), body=body).status == 200
        server.app.scopes.clear()
        server.app.bodies.clear()
    return server
