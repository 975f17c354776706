"""A small proxy that wants Digest and tells what it was asked: http requests and CONNECT, in this process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from urllib.parse import urlsplit

from tests.client_auth.strict_server import StrictServer
from tests.live.peers import HOST

__all__ = ["Proxy", "proxy", "read_body"]


@dataclass
class Proxy:
    """What it wants, and what it was asked: (method, whether there were credentials, status)."""

    wants: StrictServer
    url: str = ""
    asked: list[tuple[str, bool, int]] = field(default_factory=list)
    #: Answer every request with this status, in place of a check.
    always: int | None = None
    #: Connections that were made to it.
    connections: int = 0

    @property
    def statuses(self) -> list[int]:
        """Its answers, 200 for what it passed on."""
        return [status for _, _, status in self.asked]


def _judged(
    proxy: Proxy, method: str, target: str, fields: dict[str, str], body: bytes
) -> tuple[int, list[tuple[str, str]]]:
    theirs = {"authorization": fields["proxy-authorization"]} if "proxy-authorization" in fields else {}
    status, sent, _ = proxy.wants.answer(method, target, theirs, body)
    status = proxy.always or (407 if status == 401 else status)
    proxy.asked.append((method, bool(theirs), status))
    names = {"WWW-Authenticate": "Proxy-Authenticate", "Authentication-Info": "Proxy-Authentication-Info"}
    return status, [(names.get(name, name), value) for name, value in sent]


def read_body(stream: BufferedIOBase, fields: dict[str, str]) -> bytes:
    """The body of a request, from its connection."""
    if "chunked" not in fields.get("transfer-encoding", ""):
        return stream.read(int(fields.get("content-length", 0)))
    found = b""
    while size := int(stream.readline(), 16):
        found += stream.read(size)
        stream.readline()
    stream.readline()
    return found


def _handler_for(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            proxy.connections += 1

        def do_CONNECT(self) -> None:  # as the library calls it
            fields = {name.lower(): value for name, value in self.headers.items()}
            status, sent = _judged(proxy, "CONNECT", self.path, fields, b"")
            if status != 200:
                self._say(status, sent, b"no way")
                return
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as beyond:
                self.send_response(200)
                for name, value in sent:
                    self.send_header(name, value)
                self.end_headers()
                back = threading.Thread(target=_pump, args=(beyond, self.connection), daemon=True)
                back.start()
                _pump(self.connection, beyond)
                back.join()
            self.close_connection = True

        def pass_on(self) -> None:
            fields = {name.lower(): value for name, value in self.headers.items()}
            url = urlsplit(self.path)
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
            body = read_body(self.rfile, fields)
            status, sent = _judged(proxy, self.command, target, fields, body)
            if status != 200:
                self._say(status, sent, b"no way")
                return
            hop = {"proxy-authorization", "transfer-encoding", "content-length"}
            onward = {name: value for name, value in fields.items() if name not in hop}
            beyond = HTTPConnection(url.hostname or "", url.port)
            beyond.request(self.command, target, body, onward)
            answer = beyond.getresponse()
            content = answer.read()
            passed = [pair for pair in answer.getheaders() if pair[0].lower() != "content-length"]
            self._say(answer.status, [*passed, *sent], content)
            beyond.close()

        do_GET = do_PUT = pass_on  # noqa: N815  # as the library calls them

        def _say(self, status: int, fields: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in (*fields, ("Content-Length", str(len(content)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while octets := source.recv(65536):
            target.sendall(octets)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy(**wants: object) -> Iterator[Proxy]:
    """A fresh proxy on the loopback address; `wants` are settings of its StrictServer."""
    made = Proxy(StrictServer(users={"bob": "pr0xy"}, realm="way out", **wants))  # type: ignore[arg-type]  # its fields
    server = ThreadingHTTPServer((HOST, 0), _handler_for(made))
    server.daemon_threads = True
    made.url = f"http://{HOST}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
