"""A real uvicorn in a process of its own, and a client of plain sockets.

The listening socket is made here and handed to the server, so that its port is known and a first request waits in the
backlog until the server is there: nothing is polled.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.attacks.signing import Signer, parameters

SECONDS = 30.0


class Listener:
    """A port of the loopback address, and the uvicorn processes that answer on it for now."""

    def __init__(self, http_implementation: str, log: Path) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        # Accepted connections inherit it; a server that is handed a descriptor does not set it.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.socket.getsockname()[1]
        self.http = http_implementation
        self.log = log
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def host(self) -> bytes:
        """What belongs into Host."""
        return b"127.0.0.1:%d" % self.port

    @property
    def pid(self) -> int:
        """The server's process."""
        (process,) = self.processes
        return process.pid

    def start(self, **policy: Any) -> None:
        """Start a server with a policy; started again, one more process answers on the same port."""
        command = [sys.executable, "-W", "error", "-m", "uvicorn", "tests.attacks.served:app", "--http", self.http]
        command += ["--fd", str(self.socket.fileno()), "--log-level", "warning", "--no-access-log"]
        # A connection that waits while a busy machine signs must not be closed: uvicorn's own limit is 5 seconds.
        command += ["--timeout-keep-alive", "60"]
        paths = os.pathsep.join(path for path in sys.path if path)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                pass_fds=[self.socket.fileno()],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": paths, "POLICY": json.dumps(policy)},
            )
        self.processes.append(process)

    def stop(self) -> None:
        """End the servers; the port stays ours."""
        for process in self.processes:
            process.terminate()
        while self.processes:
            self.processes.pop().wait(SECONDS)

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def request(
        self,
        method: bytes = b"GET",
        target: bytes = b"/x",
        authorization: bytes | None = None,
        *,
        body: bytes = b"",
        headers: tuple[bytes, ...] = (),
        connection: socket.socket | None = None,
    ) -> Answer:
        """One request, on a connection of its own unless one is given."""
        octets = self.octets(method, target, authorization, body=body, headers=headers)
        own = connection or self.connect()
        try:
            own.sendall(octets)
            return Answer(own, method.decode())
        finally:
            if connection is None:
                own.close()

    def status(self, authorization: bytes) -> int:
        """The status alone.

        A server that refuses a request without having read it all closes on unread octets, and the kernel then resets
        the connection behind the answer.
        """
        with self.connect() as own:
            own.sendall(self.octets(authorization=authorization))
            response = http.client.HTTPResponse(own)
            response.begin()
            response.close()
            return response.status

    def octets(
        self,
        method: bytes = b"GET",
        target: bytes = b"/x",
        authorization: bytes | None = None,
        *,
        body: bytes = b"",
        headers: tuple[bytes, ...] = (),
    ) -> bytes:
        """A request as it goes over the wire."""
        lines = [b"%b %b HTTP/1.1" % (method, target), b"Host: " + self.host, *headers]
        if body:
            lines.append(b"Content-Length: %d" % len(body))
        if authorization is not None:
            lines.append(b"Authorization: " + authorization)
        return b"\r\n".join([*lines, b"", body])

    def signer(self, username: str = "alice", password: str = "s3cret") -> Signer:
        """Get a challenge."""
        return Signer(self.request().challenge, username, password)


class Answer:
    """A response as it came over the wire."""

    def __init__(self, connection: socket.socket, method: str) -> None:
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        self.status = response.status
        self.fields = response.getheaders()
        self.body = response.read() if response.status != http.HTTPStatus.SWITCHING_PROTOCOLS else b""
        response.close()

    def values(self, name: str) -> list[bytes]:
        """Every value of one field."""
        return [value.encode("latin-1") for field, value in self.fields if field.lower() == name]

    @property
    def challenge(self) -> dict[str, str]:
        """The first challenge."""
        return parameters(self.values("www-authenticate")[0])

    @property
    def stale(self) -> bool:
        """Whether the challenge says stale=true."""
        return self.challenge.get("stale") == "true"

    @property
    def info(self) -> dict[str, str]:
        """The parameters of Authentication-Info; empty if there is none."""
        found = self.values("authentication-info")
        assert len(found) <= 1
        return parameters(found[0]) if found else {}


@contextmanager
def listening(http_implementation: str, folder: Path) -> Iterator[Listener]:
    """A listener whose server, if one was started, ends with the block and must have had nothing to complain about."""
    listener = Listener(http_implementation, folder / "uvicorn.log")
    try:
        yield listener
    finally:
        listener.stop()
        listener.socket.close()
    complaints = listener.log.read_text(errors="replace") if listener.log.exists() else ""
    assert "Traceback" not in complaints, complaints
