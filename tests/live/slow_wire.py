"""Requests whose body waits behind their head for as long as a test likes: over a bare socket, or through a relay."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from tests.live.peers import HOST

SECONDS = 20.0


class RawUpload:
    """A POST over a connection of its own: the head goes out at once, the body when it is asked for."""

    def __init__(self, port: int, target: str, authorization: bytes, body: bytes) -> None:
        self._body = body
        self._connection = socket.create_connection((HOST, port), timeout=SECONDS)
        head = (
            b"POST %b HTTP/1.1\r\nHost: %b:%d\r\nConnection: close\r\nContent-Length: %d\r\nAuthorization: %b\r\n\r\n"
        )
        half = len(body) // 2
        self._connection.sendall(head % (target.encode(), HOST.encode(), port, len(body), authorization) + body[:half])
        self._rest = body[half:]

    def finish(self) -> int:
        """Send the rest; the status of the answer."""
        with self._connection, self._connection.makefile("rb") as answer:
            self._connection.sendall(self._rest)
            return int(answer.readline().split()[1])


class Relay:
    """Between a client and a port of this machine: what follows the head of a request with a body is held back."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server((HOST, 0))
        self._ends: list[socket.socket] = []
        self._threads: list[Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.holds = Event()
        """Set when the first body is held back."""
        self.release = Event()
        """To be set when the bodies may go on."""

    def run(self) -> None:
        """Serve until the listener is closed."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self._target))
            self._ends += [client, server]
            for source, sink in ((client, server), (server, client)):
                thread = Thread(target=self._forward, args=(source, sink), kwargs={"hold": source is client})
                self._threads.append(thread)
                thread.start()

    def _forward(self, source: socket.socket, sink: socket.socket, *, hold: bool) -> None:
        with suppress(OSError):
            while octets := source.recv(65536):
                head, end, rest = octets.partition(b"\r\n\r\n")
                # A request that is not signed yet is answered with a challenge: its body may go on.
                if hold and head.startswith(b"POST ") and b"authorization:" in head.lower():
                    sink.sendall(head + end)
                    self.holds.set()
                    self.release.wait(SECONDS)
                    sink.sendall(rest)
                else:
                    sink.sendall(octets)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections, and end those that there are."""
        self.release.set()
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(SECONDS)
        for end in (self._listener, *self._ends):
            end.close()


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    """A relay in a thread of its own while the block runs."""
    running = Relay(port)
    thread = Thread(target=running.run)
    thread.start()
    try:
        yield running
    finally:
        running.close()
        thread.join(SECONDS)
