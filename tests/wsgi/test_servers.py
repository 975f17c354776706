"""A Flask app behind the WSGI plug on servers that people run, asked by curl."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from tests.live.peers import HOST, program, running
from tests.wsgi.served import protected

pytestmark = pytest.mark.live


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *_arguments):
        """See BaseHTTPRequestHandler."""


@pytest.fixture(scope="module")
def wsgiref() -> Iterator[str]:
    """Python's own server, in a thread."""
    server = make_server(HOST, 0, protected(), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://{HOST}:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
