"""A store in Redis under trio cannot work: it is said at the start, or at the first request at the latest."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import anyio
import pytest

from digest_http.errors import ConfigurationError
from digest_http_middleware import DigestAuthMiddleware
from tests.attacks.driver import REALM, USERS, Echo, Server
from tests.attacks.signing import Signer
from tests.fleet.told_app import hello
from tests.live.peers import HOST, free_port, python_peer

NOWHERE = f"redis://{HOST}:1/0"
KEYS = "0123456789abcdef" * 4


def test_requests(caplog):
    """Without lifespan: challenges go out, a signed request is answered 503, and the log says what to do."""

    async def scenario():
        server = Server(store=NOWHERE, keys=KEYS)
        challenge = await server.send()
        assert challenge.status == 401
        signer = Signer(challenge.challenges[0])
        return (await server.send(authorization=signer.sign())).status

    with caplog.at_level(logging.ERROR):
        assert anyio.run(scenario, backend="trio") == 503
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ConfigurationError)
    assert "asyncio only" in str(record.exc_info[1])


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_lifespan(backend):
    """The start fails under trio, before the app behind is asked; under asyncio even a server that is down is none."""
    layer = DigestAuthMiddleware(hello, users=USERS, realm=REALM, store=NOWHERE, keys=KEYS)
    sent = []

    async def scenario():
        incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive():
            return incoming.pop(0)

        async def send(message):
            sent.append(message)

        await layer({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    anyio.run(scenario, backend=backend)
    if backend == "trio":
        (failed,) = sent
        assert failed["type"] == "lifespan.startup.failed"
        assert "asyncio only" in failed["message"]
    else:
        assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_store_that_needs_no_refresh():
    """The memory store has nothing to learn: lifespan goes to the app behind as it came, under trio too."""
    echo = Echo()

    async def scenario():
        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            raise AssertionError(message)

        await DigestAuthMiddleware(echo, users=USERS, realm=REALM)({"type": "lifespan"}, receive, send)

    anyio.run(scenario, backend="trio")
    assert [scope["type"] for scope in echo.scopes] == ["lifespan"]


@pytest.mark.live
def test_hypercorn_does_not_start():
    """Its worker for trio ends with the reason in its log."""
    python_peer("hypercorn")
    path = os.pathsep.join(path for path in sys.path if path)
    words = ["hypercorn", "tests.fleet.told_app:app", "-k", "trio", "-b", f"{HOST}:{free_port()}"]
    ended = subprocess.run(
        [sys.executable, "-m", *words],
        env={**os.environ, "PYTHONPATH": path, "POLICY": json.dumps({"store": NOWHERE, "keys": KEYS})},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert b"asyncio only" in ended.stdout + ended.stderr
