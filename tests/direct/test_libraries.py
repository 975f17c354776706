"""urllib.request and websockets: the page's code against servers that compute for themselves."""

from __future__ import annotations

import http.server
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from digest_http.httpauth import DigestClient
from tests.client_auth.strict_server import StrictServer
from tests.direct.page_programs import page_program
from tests.live.peers import HOST, python_peer

pytestmark = pytest.mark.live


@contextmanager
def served(server: StrictServer, moved: str = "") -> Iterator[str]:
    """The strict server on a socket of its own; /moved leads to `moved`. Gives its origin."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            """Let the strict server answer."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields = {name.lower(): value for name, value in self.headers.items()}
            status, sent, content = server.answer(self.command, self.path, fields, body)
            if status == 200 and self.path == "/moved":
                status, sent = 302, [("Location", moved)]
            self.send_response(status)
            for name, value in [*sent, ("Content-Length", str(len(content)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = answer  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer((HOST, 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://{HOST}:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


def opener_for(origin: str, password: str = "s3cret") -> Any:
    """An opener with the page's handler, through no proxy."""
    handler = page_program("urllib_handler.py").DigestHandler(origin, DigestClient("alice", password, qop=["auth"]))
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_urllib_opens_pages_and_sends_bodies(algorithm: str) -> None:
    """One 401, then everything is signed in advance, bodies and all."""
    server = StrictServer(algorithms=(algorithm,))
    with served(server) as origin:
        opener = opener_for(origin)
        for method, data in (("GET", None), ("PUT", b"body"), ("GET", None)):
            with opener.open(urllib.request.Request(f"{origin}/x?y=1", data, method=method)) as response:
                assert response.read() == b"hello alice"
    assert server.statuses == [401, 200, 200, 200]
    assert [body for _, body in server.accepted] == [b"", b"body", b""]


def test_urllib_with_a_wrong_password() -> None:
    """An HTTPError after one try."""
    server = StrictServer()
    with served(server) as origin, pytest.raises(urllib.error.HTTPError) as refused:
        opener_for(origin, "wrong").open(f"{origin}/x")
    with refused.value:
        assert refused.value.code == 401
    assert server.statuses == [401, 401]


def test_urllib_takes_nothing_along_to_another_server() -> None:
    """A redirect to one that asks as well: it is told nothing."""
    ours, other = StrictServer(), StrictServer()
    with served(other) as elsewhere, served(ours, moved=f"{elsewhere}/x") as origin:
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener_for(origin).open(f"{origin}/moved")
        refused.value.close()
    assert ours.statuses == [401, 200]
    assert other.signed == []


@pytest.mark.parametrize(("password", "let_in"), [("s3cret", True), ("wrong", False)])
def test_a_websocket_handshake(password: str, let_in: bool) -> None:
    """It is signed after one 401, and the next one in advance."""
    server_module = python_peer("websockets.sync.server")
    exceptions = python_peer("websockets.exceptions")
    server = StrictServer()

    def process_request(connection: Any, request: Any) -> Any:
        fields = {name.lower(): value for name, value in request.headers.raw_items()}
        status, sent, _ = server.answer("GET", request.path, fields, b"")
        if status == 200:
            return None
        response = connection.respond(status, "")
        for name, value in sent:
            response.headers[name] = value
        return response

    def echo(connection: Any) -> None:
        for message in connection:
            connection.send(message)

    with server_module.serve(echo, HOST, 0, process_request=process_request) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        try:
            port = listening.socket.getsockname()[1]
            client = DigestClient("alice", password)
            connect_signed = page_program("websocket.py").connect_signed
            if not let_in:
                with pytest.raises(exceptions.InvalidStatus):
                    connect_signed(f"ws://{HOST}:{port}/feed?a=1", "/feed?a=1", client)
                assert server.statuses == [401, 401]
                return
            for _ in range(2):
                with connect_signed(f"ws://{HOST}:{port}/feed?a=1", "/feed?a=1", client) as connection:
                    connection.send("hello")
                    assert connection.recv() == "hello"
            assert server.statuses == [401, 200, 200]
        finally:
            listening.shutdown()
            thread.join()
