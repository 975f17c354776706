"""SIP: the page's REGISTER against sipp, which asks as a proxy (407) and as a registrar (401) and checks for itself."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from hashlib import md5
from pathlib import Path

import pytest

from digest_http.httpauth import DigestClient
from tests.direct.page_programs import page_program
from tests.live.peers import HOST, START_SECONDS, program, running

pytestmark = pytest.mark.live

SCENARIO = Path(__file__).with_name("registrar.xml")

Register = Callable[[str, str], tuple[int, str]]


@pytest.fixture
def register(tmp_path: Path) -> Register:
    """Register once, with more parameters of the challenge and a password; the status, and what sipp received."""

    def registered(challenge: str, password: str) -> tuple[int, str]:
        scenario = tmp_path / "registrar.xml"
        scenario.write_text(SCENARIO.read_text(encoding="utf-8").replace("@CHALLENGE@", challenge), encoding="utf-8")
        port = free_udp_port()
        command = [
            program("sipp", package="sip-tester"), "-sf", str(scenario), "-i", HOST, "-p", str(port), "-m", "1",
            "-nostdin", "-timeout", "20s", "-trace_msg", "-message_file", str(tmp_path / "messages"),
        ]  # fmt: skip
        with running(command, tmp_path / "log", env={"TERM": "dumb"}):
            wait_until_bound(port)
            clients = [DigestClient("alice", secret, prefer="server-order") for secret in (password, "pr0xy")]
            status = page_program("sip.py").register((HOST, port), "example.org", "alice", *clients)
        return status, (tmp_path / "messages").read_text(encoding="utf-8")

    return registered


def free_udp_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_bound(port: int) -> None:
    """Return once somebody has the port, as the system's table of UDP sockets has it."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if f":{port:04X} " in Path("/proc/net/udp").read_text(encoding="ascii"):
            return
        time.sleep(0.02)
    raise AssertionError("sipp did not start")


@pytest.mark.obeys("8760-topmost")
@pytest.mark.parametrize("challenge", [
    "", ", algorithm=MD5", ", algorithm=md5, stale=FALSE", ', algorithm=MD5, qop="auth"', ', qop="auth,auth-int"',
    ', opaque=""',
    # RFC 8760 §2.4: the topmost that is supported. sipp checks MD5 only.
    ", algorithm=MD5, qop=auth\nWWW-Authenticate: Digest realm=example.org, nonce=r2, algorithm=SHA-256, qop=auth",
], ids=range(7))  # fmt: skip
def test_registered_through_a_proxy(register: Register, challenge: str) -> None:
    """Both are answered, each with its own password, and the proxy's count goes on."""
    status, messages = register(challenge, "s3cret")
    assert status == 200
    fields = re.findall(r"^Proxy-Authorization: Digest (.*)$", messages, re.MULTILINE)
    assert len(fields) == 2
    for field in fields:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', field))
        a1, a2 = (md5(text.encode()).hexdigest() for text in ("alice:proxy.example:pr0xy", "REGISTER:sip:example.org"))
        hashed = f"{a1}:p1:{given['nc']}:{given['cnonce']}:auth:{a2}"
        assert given["response"] == md5(hashed.encode()).hexdigest()


def test_a_wrong_password(register: Register) -> None:
    """sipp says 403, which is the caller's."""
    assert register(', qop="auth"', "wrong")[0] == 403
