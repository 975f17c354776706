"""`Expect: 100-continue` (RFC 9110 §10.1.1): a server that refuses before the body was sent is sent it once only."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from digest_http.errors import BodyNotReplayable
from digest_http_client_auth.aiohttp import DigestAuth

from .aiohttp_wire import auth
from .strict_server import StrictServer

pytestmark = pytest.mark.live

BODY = bytes(range(256)) * 2048


class Patient(socketserver.ThreadingTCPServer):
    """Asks for a body with 100 once the credentials are right, and refuses without having read it if they are not."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *, stays: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.strict = StrictServer()
        #: Whether a connection stays open after a refusal.
        self.stays = stays
        #: What came after each head, before the next one: bodies, and what was sent without having been asked for.
        self.bodies: list[int] = []

    def handle_error(self, *_: Any) -> None:
        """A client that closes its connection is no error."""


class _Handler(socketserver.StreamRequestHandler):
    server: Patient

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, target, _ = line.decode().split(" ", 2)
            fields: dict[str, str] = {}
            while field := self.rfile.readline().strip():
                name, _, value = field.decode().partition(":")
                fields[name.lower()] = value.strip()
            assert method == "HEAD" or fields.get("expect") == "100-continue"
            status, sent, page = self.server.strict.answer(method, target, fields, b"")
            if status == 200:
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.server.bodies.append(len(self._body(fields)))
            else:
                self.server.bodies.append(0)
            lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in sent)]
            closes = status != 200 and not self.server.stays
            lines += ["Connection: close"] * closes + [f"Content-Length: {len(page)}", "", ""]
            self.wfile.write("\r\n".join(lines).encode() + (b"" if method == "HEAD" else page))
            if closes:
                return

    def _body(self, fields: dict[str, str]) -> bytes:
        if "content-length" in fields:
            return self.rfile.read(int(fields["content-length"]))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found


@contextmanager
def patient(*, stays: bool) -> Iterator[Patient]:
    """The server, in threads of its own."""
    with Patient(stays=stays) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def put(server: Patient, body: Any, digest: Any) -> tuple[int, bytes]:
    """One upload."""

    async def main() -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=20)
        url = f"http://127.0.0.1:{server.server_address[1]}/a"
        async with (
            aiohttp.ClientSession(middlewares=(digest,), timeout=timeout) as session,
            session.put(url, data=body(), expect100=True) as answer,
        ):
            return answer.status, await answer.read()

    return asyncio.run(main())


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("kind", ["octets", "file"])
def test_the_body_is_sent_once(kind: str, stays: bool, tmp_path: Path) -> None:
    """Nothing of it goes out with the request that is refused."""
    (tmp_path / "file").write_bytes(BODY)
    with patient(stays=stays) as server:
        digest = auth()
        for _ in range(2):
            body = (tmp_path / "file").open("rb") if kind == "file" else None
            assert put(server, lambda body=body: body or BODY, digest) == (200, b"hello alice")
        assert server.strict.statuses == [401, 200, 200]
        assert server.bodies == [0, len(BODY), len(BODY)]


async def _once() -> Any:
    yield BODY


@pytest.mark.parametrize("stays", [True, False])
def test_what_comes_once(stays: bool) -> None:
    """aiohttp does not tell whether a generator was begun, so it is not sent again; with a probe it is sent once."""
    with patient(stays=stays) as server, pytest.raises(BodyNotReplayable):
        put(server, _once, auth())
    with patient(stays=stays) as server:
        assert put(server, _once, auth(probe=True)) == (200, b"hello alice")
        assert server.bodies == [0, len(BODY)]


def test_a_wrong_password() -> None:
    """The refusal is the caller's, and the body stays where it is."""
    with patient(stays=True) as server:
        assert put(server, lambda: BODY, DigestAuth("alice", "other")) == (401, b"who are you?")
        assert server.bodies == [0, 0]
