"""The servers of docs/guard.md, and programs that nobody here wrote: curl, ffprobe as a player, sipp as a phone."""

from __future__ import annotations

import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.direct.page_programs import page_program
from tests.live.peers import HOST, program

pytestmark = pytest.mark.live


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    """The port of a server that runs in a thread."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("password", "status"), [("s3cret", "200"), ("wrong", "401")])
def test_curl(password: str, status: str) -> None:
    """It is let in with the right password alone."""
    protected = page_program("http_guard.py", "guard.md").Protected
    with serving(ThreadingHTTPServer((HOST, 0), protected)) as port:
        ran = subprocess.run(
            [program("curl", package="curl"), "-s", "--noproxy", "*", "--digest", "-u", f"alice:{password}",
             "-w", "%{http_code}", f"http://{HOST}:{port}/page"],
            capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
    assert ran.stdout.endswith(status)
    assert ("Hello alice" in ran.stdout) == (status == "200")


@pytest.mark.parametrize(("password", "let_in"), [("s3cret", True), ("wrong", False)])
def test_a_player(password: str, *, let_in: bool) -> None:
    """ffprobe gets the description of the stream, which has no media; with a wrong password it is told 401."""
    camera = page_program("rtsp_guard.py", "guard.md")
    with serving(camera.CameraServer((HOST, 0), camera.Camera)) as port:
        ran = subprocess.run(
            [program("ffprobe", package="ffmpeg"), "-v", "debug", f"rtsp://alice:{password}@{HOST}:{port}/stream"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    assert ("401" in ran.stderr) != let_in
    assert ("s='nothing'" in ran.stderr or "s=nothing" in ran.stderr) == let_in


SCENARIO = Path(__file__).with_name("register.xml")


@pytest.mark.parametrize(("password", "status"), [("s3cret", "200"), ("wrong", "401")])
def test_a_phone(tmp_path: Path, password: str, status: str) -> None:
    """sipp registers; with a wrong password it is told 401 again."""
    registrar = page_program("sip_guard.py", "guard.md")
    scenario = tmp_path / "register.xml"
    text = SCENARIO.read_text(encoding="utf-8").replace("@PASSWORD@", password).replace("@STATUS@", status)
    scenario.write_text(text, encoding="utf-8")
    with serving(registrar.RegistrarServer((HOST, 0), registrar.Registrar)) as port:
        ran = subprocess.run(
            [program("sipp", package="sip-tester"), f"{HOST}:{port}", "-sf", str(scenario), "-i", HOST, "-m", "1",
             "-nostdin", "-timeout", "60s", "-timeout_error"],
            capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path, env={"TERM": "dumb"},
        )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
