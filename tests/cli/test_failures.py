"""Servers that do not answer, or not in HTTP: one line, exit status 1, no stack trace, and never a hang."""

import json
import random
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from tests.cli.http_server import serving
from tests.cli.probed import run
from tests.cli.weak_servers import says
from tests.client_auth.strict_server import StrictServer
from tests.live.peers import free_port
from tests.stores_shared.tls import certificate


@contextmanager
def sending(octets, *, drip=0.0):
    """A server that reads what comes, sends these octets, and closes; with `drip` one octet in so many seconds."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(65536)
                    if not drip:
                        connection.sendall(octets)
                    for octet in octets if drip else b"":
                        connection.sendall(bytes([octet]))
                        if over.wait(drip):
                            break
                except OSError:
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def failure(*arguments):
    """What a get and a probe without a name say; they say the same."""
    said = []
    for command in ("get", "probe"):
        ran = run(command, *arguments, name=None)
        assert (ran.exit_code, ran.stdout) == (1, "")
        said.append(ran.stderr)
        assert ran.stderr.startswith("Error: ")
        assert ran.stderr.count("\n") == 1
    return said


@pytest.mark.parametrize("command", ["get", "probe"])
def test_nobody_listens(command):
    """The host and the reason."""
    host = f"127.0.0.1:{free_port()}"
    assert f"Error: no connection to {host}: " in run(command, f"http://{host}/", name=None).stderr


def test_a_failure_as_json():
    """A program gets JSON for it as well."""
    url = f"http://127.0.0.1:{free_port()}/"
    ran = run("probe", "--json", url, name=None)
    report = json.loads(ran.stdout)
    assert (ran.exit_code, report.pop("error").partition(":")[0]) == (1, "no connection to 127.0.0.1")
    assert report == {"url": url, "verdict": "failed", "exit_status": 1}


def test_octets_that_drip_do_not_hold_a_probe():
    """The time is for a whole exchange, not for each octet."""
    with sending(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1000, drip=0.1) as url:
        ran = run("probe", url, "--timeout", "1", name=None)
    assert (ran.exit_code, "did not answer within 1 second\n" in ran.stderr) == (1, True)


def test_silence_holds_nobody():
    """A server that takes the connection and says nothing."""
    with sending(b"HTTP", drip=30) as url:
        for line in failure(url, "--timeout", "0.5"):
            assert "did not answer within 0.5 seconds" in line


GARBAGE = {
    "nothing": b"",
    "not HTTP": b"220 mail.example ESMTP\r\n",
    "half a head": b"HTTP/1.1 401 Unauthorized\r\nWWW-Auth",
    "control characters": b"HTTP/1.1 200 OK\r\n\x1b[2J: x\r\n\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000,
    "a status beyond": b"HTTP/1.1 99999 OK\r\n\r\n",
}


@pytest.mark.parametrize("row", GARBAGE)
def test_what_is_no_http(row):
    """Told in one line that steers no terminal."""
    with sending(GARBAGE[row]) as url:
        for line in failure(url):
            assert line.rstrip("\n").isprintable()


@pytest.mark.parametrize("seed", range(12))
def test_any_challenge_at_all(seed):
    """Whatever octets a challenge has, a probe ends with a verdict or a line."""
    draw = random.Random(seed)  # noqa: S311 - the same octets in each run
    alphabet = b'Digest realm="nonce",=\\ \t\x80\xff;qopauthstaleMD5-sess::'
    value = bytes(draw.choice(alphabet) for _ in range(draw.randrange(200)))
    with sending(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Digest " + value + b"\r\n\r\n") as url:
        ran = run("probe", url, "--timeout", "5")
    assert ran.exit_code in {1, 3, 4} or (ran.exit_code == 0 and "Sound" in ran.stdout)


@pytest.fixture
def tls_url(tmp_path):
    """A server whose certificate no authority has signed."""
    pem, key = certificate(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with serving(StrictServer().answer, context) as url:
        yield url


def test_a_certificate_that_is_not_trusted(tls_url, tmp_path):
    """The reason, and the option that names another authority."""
    for line in failure(tls_url):
        assert line.startswith(f"Error: TLS with {tls_url.removeprefix('https://')} failed: self")
        assert line.endswith(". Give --cacert FILE if you trust another authority\n")
    assert run("get", tls_url, "--cacert", str(tmp_path / "certificate.pem")).stdout == "hello alice"


def test_tls_with_a_server_that_has_none():
    """One line, without Python's file names."""
    with serving(says(200)) as url:
        for line in failure(url.replace("http:", "https:")):
            assert " failed: " in line
            assert "_ssl.c" not in line


def test_a_proxy_that_refuses(tls_url):
    """The tunnel's answer is told; a request that the proxy takes passes through it."""
    with serving(says(403)) as proxy:
        for line in failure(tls_url, "--proxy", proxy):
            assert "the proxy refused: " in line
    server = StrictServer()

    def relay(method, target, fields, body):
        return server.answer(method, target.partition("example")[2], fields, body)

    with serving(relay) as proxy:
        assert run("get", "http://home.example/page", "--proxy", proxy).stdout == "hello alice"
        assert run("probe", "http://home.example/page", "--proxy", proxy).exit_code == 0
    assert {target for target, _, _ in server.requests} == {"/page"}
