"""RTSP: the page's client against gst-rtsp-server."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest_http.httpauth import DigestClient
from tests.direct.page_programs import page_program
from tests.live.peers import HOST, missing_peer, program

pytestmark = pytest.mark.live

SERVER = Path(__file__).with_name("rtsp_server.py")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a running server."""
    # Not the interpreter of the tests: the bindings are Debian's.
    python = program("/usr/bin/python3", package="python3-gi")
    looked = subprocess.run(
        [python, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"], capture_output=True, check=False
    )
    if looked.returncode:
        missing_peer("gst-rtsp-server is not installed (Debian packages gir1.2-gst-rtsp-server-1.0, python3-gi)")
    with subprocess.Popen(
        [python, str(SERVER), "alice", "s3cret"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as server:
        try:
            assert server.stdout is not None
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def test_a_session(port: int) -> None:
    """DESCRIBE is asked for credentials once; all that follows is signed in advance, whatever method and target."""
    url = f"rtsp://{HOST}:{port}/stream"
    camera = page_program("rtsp.py").RTSP(HOST, port, DigestClient("alice", "s3cret"))
    with camera.socket:
        assert camera.request("DESCRIBE", url) == 200
        assert camera.sent == 2
        assert camera.request("DESCRIBE", url) == 200
        assert camera.request("OPTIONS", "*") == 200
        assert camera.sent == 4


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("mallory", "s3cret")])
def test_a_wrong_login(port: int, name: str, password: str) -> None:
    """It ends with the server's refusal after one try."""
    camera = page_program("rtsp.py").RTSP(HOST, port, DigestClient(name, password))
    with camera.socket:
        assert camera.request("DESCRIBE", f"rtsp://{HOST}:{port}/stream") == 401
        assert camera.sent == 2


def test_a_client_that_does_not_answer_without_qop(port: int) -> None:
    """The server offers none, so with allow_rfc2069=False nothing is signed."""
    camera = page_program("rtsp.py").RTSP(HOST, port, DigestClient("alice", "s3cret", allow_rfc2069=False))
    with camera.socket:
        assert camera.request("DESCRIBE", f"rtsp://{HOST}:{port}/stream") == 401
        assert camera.sent == 1
