"""Servers for the commands that speak HTTP: real sockets on the loopback address, answers written by hand."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: (status, header fields, body) for (method, target, fields by lower-case name, body).
Answer = Callable[[str, str, dict[str, str], bytes], tuple[int, Sequence[tuple[str, str]], bytes]]


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on a free port until the block is left; the URL without a path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields = {name.lower(): value for name, value in self.headers.items()}
            status, headers, content = answer(self.command, self.path, fields, body)
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            if "Content-Length" not in dict(headers):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                try:
                    self.wfile.write(content)
                except OSError:  # a probe does not read bodies
                    self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a handshake that a test means to fail
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
