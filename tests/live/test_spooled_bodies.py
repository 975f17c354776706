"""A long upload under uvicorn: it waits in a file, reaches the app whole, and no file is left of any that ended."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from digest_http_client_auth import DigestAuth
from tests.live.peers import HOST, free_port, python_peer, running, wait_until_listening

pytestmark = [
    pytest.mark.live,
    pytest.mark.once,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc (Linux)"),
]

BODY = b"".join(b"line %d\n" % number for number in range(300_000))


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The app under uvicorn."""
    python_peer("uvicorn")
    number, log = free_port(), tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with running([sys.executable, "-P", "-m", "tests.live.spooling_app", str(number)], log, environment) as process:
        wait_until_listening(process, number, log)
        yield number
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


def test_uploads(port: int) -> None:
    """Of known and of unknown length, cut off in the middle, changed on the way, and too long."""
    url = f"http://{HOST}:{port}"

    class Changed(DigestAuth):
        """Signs one body and lets another be sent."""

        def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            flow = super().sync_auth_flow(request)
            signed = next(flow)
            with suppress(StopIteration):
                while True:
                    if "authorization" in signed.headers:
                        signed.stream = httpx.ByteStream(BODY[:-1] + b"!")
                    signed = flow.send((yield signed))

    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        auth = DigestAuth("alice", "s3cret", verify="required")
        digest = hashlib.sha256(BODY).hexdigest()
        fields: list[str] = []
        for content in (BODY, iter([BODY[:1000], BODY[1000:]])):
            answer = client.post("/up", content=content, auth=auth)
            assert (answer.status_code, answer.text) == (200, f"{len(BODY)} {digest} True 1")
            fields.append(answer.request.headers["authorization"])
        assert client.post("/up", content=BODY, auth=Changed("alice", "s3cret")).status_code == 401
        assert client.post("/up", content=BODY + BODY, auth=DigestAuth("alice", "s3cret")).status_code == 413
        with socket.create_connection((HOST, port), timeout=60) as wire:
            lines = [
                "POST /up HTTP/1.1",
                f"Host: {HOST}",
                f"Content-Length: {len(BODY)}",
                f"Authorization: {fields[0]}",
            ]
            wire.sendall("\r\n".join([*lines, "", ""]).encode() + BODY[:2_000_000])
            assert reaches(client, "1")
        assert reaches(client, "0")


def reaches(client: httpx.Client, files: str) -> bool:
    """Whether the server comes to have that many files open: what was sent may be on its way still."""
    return any(client.get("/files").text == files for _ in range(1000))
