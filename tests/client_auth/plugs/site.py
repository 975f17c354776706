"""The strict server of the client's tests on a real socket, with what plugs meet besides: redirects, encoded bodies."""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from tests.client_auth.strict_server import StrictServer

HOST = "127.0.0.1"

#: One answer: status, field lines, body.
Answer = tuple[int, list[tuple[str, str]], bytes]
#: Looks at a request first: method, target, fields, body. None: it is the strict server's.
Rule = Callable[[str, str, dict[str, str], bytes], Answer | None]


class Site:
    """The server of one test. `strict` has what came; `connections` is how many there were."""

    def __init__(self, strict: StrictServer, rule: Rule | None) -> None:
        self.strict = strict
        self.rule = rule
        self.connections = 0
        #: Field lines of each request, lower-case names.
        self.fields: list[dict[str, str]] = []
        self.port = 0

    @property
    def url(self) -> str:
        """The URL of its root, without the slash."""
        return f"http://{HOST}:{self.port}"

    @property
    def targets(self) -> list[str]:
        """The targets that were asked for."""
        return [target for target, _, _ in self.strict.requests]

    def answer(self, method: str, target: str, fields: dict[str, str], body: bytes) -> Answer:
        """Redirects at /to/URL, encoded bodies at /gzip, everything else as the strict server has it."""
        answered = self.rule(method, target, fields, body) if self.rule is not None else None
        if answered is not None:
            self.strict.requests.append((target, None, body))
            return answered
        packed = target.startswith("/gzip")
        if packed and fields.get("accept-encoding") == "identity":
            packed = False
            self.strict.page = _unpacked(self.strict.page or b"")
        status, headers, content = self.strict.answer(method, target, fields, body)
        if status == HTTPStatus.OK and target.startswith("/to/"):
            return 307, [*headers, ("Location", unquote(target.removeprefix("/to/")))], content
        if status == HTTPStatus.OK and packed:
            headers = [*headers, ("Content-Encoding", "gzip")]
        return status, headers, content


def zipped(text: bytes) -> bytes:
    """A body as it is transferred under Content-Encoding: gzip."""
    return gzip.compress(text, mtime=0)


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


@contextmanager
def running(rule: Rule | None = None, **strict: Any) -> Iterator[Site]:
    """A site in threads of its own. The keywords are StrictServer's."""
    site = Site(StrictServer(**strict), rule)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave in one segment each; without this the second waits for the first's acknowledgement.
        disable_nagle_algorithm = True

        def setup(self) -> None:
            site.connections += 1
            super().setup()

        def answer(self) -> None:
            fields = {name.lower(): value for name, value in self.headers.items()}
            site.fields.append(fields)
            # As it came: `path` has lost a leading slash, if there were two.
            target = self.requestline.split(" ")[1]
            status, headers, content = site.answer(self.command, target, fields, self.body(fields))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PROPFIND = answer  # noqa: N815  # as http.server calls them

        def body(self, fields: dict[str, str]) -> bytes:
            if "chunked" not in fields.get("transfer-encoding", ""):
                return self.rfile.read(int(fields.get("content-length", "0")))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name that it has there
            """Say nothing."""

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """A client that closes its connection is no error."""

    server = Server((HOST, 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
