"""`make demo`: the walk through the demo app, and that its outcome is true."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from demo_app.walkthrough import walk
from tests.demo_app.serving import served


def test_demo_once_walks_through_and_ends() -> None:
    """With ONCE=1 the demo shows every step with its real fields and ends with status 0."""
    environment = {**os.environ, "ONCE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "160"}
    ran = subprocess.run(
        [sys.executable, "-m", "demo_app"], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert ran.stderr == ""
    assert ran.returncode == 0
    for shown in ("nc=00000001", "nc=00000002", "nextnonce=", "qop=auth-int", "stale=true", "rspauth="):
        assert shown in ran.stdout


async def careless(request: Request) -> Response:
    """A server that challenges once and believes every header after that."""
    if "authorization" not in request.headers:
        challenge = 'Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=SHA-256'
        return Response(status_code=401, headers={"WWW-Authenticate": challenge})
    return JSONResponse({"nc": 1, "octets": 0}, headers={"Authentication-Info": "qop=auth"})


@pytest.fixture
def careless_url() -> Iterator[str]:
    """The base URL of the careless server, under a real uvicorn."""
    with served(Starlette(routes=[Route("/{path:path}", careless, methods=["GET", "POST"])])) as url:
        yield url


def test_walk_tells_the_truth_about_a_careless_server(careless_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a server that accepts replays the walk does not say that all is well."""
    monkeypatch.setattr("demo_app.walkthrough.DigestAuth", lenient)
    steps = {step.title: step.passed for step in walk(careless_url)}
    assert steps["A stranger is challenged"]
    assert not steps["The same header again"]
    assert not steps["A wrong password"]
    assert not steps["The body changed on the way"]
    assert not steps["Late in a nonce's life"]


def lenient(username: str, password: str, *, verify: str = "off") -> httpx.Auth:
    """Our client without the proof, which the careless server cannot give."""
    from digest_http_client_auth import DigestAuth  # noqa: PLC0415 - the name in the walk is patched with this function

    assert verify in {"off", "required"}
    return DigestAuth(username, password, verify="off")
