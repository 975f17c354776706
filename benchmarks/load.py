"""A load generator that costs less than the server: blocking sockets, requests and answers as whole octet strings.

Each connection always has one request under way (no pipelining: few clients do that), and the next one leaves as soon
as an answer is complete, so the server never waits for us.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter, process_time

from .signed import FIELDS, TARGET

__all__ = ["Load", "connections", "one_answer", "request", "send_all"]

#: Seconds without an answer after which a run is given up.
PATIENCE = 10.0

LONGEST = 65536


@dataclass(frozen=True)
class Load:
    """What one run gave; `busy` is the share of it in which this process held a processor."""

    seconds: float
    busy: float


def request(authorization: bytes | None) -> bytes:
    """The octets of one request."""
    fields = [*FIELDS] if authorization is None else [*FIELDS, (b"authorization", authorization)]
    lines = [b"GET %b HTTP/1.1" % TARGET, *(b"%b: %b" % field for field in fields)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


@contextmanager
def connections(address: tuple[str, int], number: int) -> Iterator[list[socket.socket]]:
    """That many open connections."""
    with ExitStack() as stack:
        opened: list[socket.socket] = []
        for _ in range(number):
            connection = stack.enter_context(socket.create_connection(address, timeout=PATIENCE))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.append(connection)
        yield opened


def one_answer(connection: socket.socket, octets: bytes) -> bytes:
    """The whole answer to one request."""
    connection.sendall(octets)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = next(
        int(value)
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
        if name.lower() == b"content-length"
    )
    while len(body) < length:
        body += _received(connection)
    return head + b"\r\n\r\n" + body


def send_all(opened: Sequence[socket.socket], requests: Sequence[bytes], length: int) -> Load:
    """Send the requests over the connections in turn. Raises RuntimeError unless each answer is a 200 of `length`."""
    waiting = len(opened)
    begin, held = perf_counter(), process_time()
    for connection, octets in zip(opened, requests, strict=False):
        connection.sendall(octets)
    for number in range(len(requests)):
        connection = opened[number % waiting]
        answer = connection.recv(LONGEST)
        while len(answer) < length:
            answer += _received(connection)
        if len(answer) != length or not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"not the answer that was expected: {answer[:200]!r}")
        if number + waiting < len(requests):
            connection.sendall(requests[number + waiting])
    seconds = perf_counter() - begin
    return Load(seconds, (process_time() - held) / seconds)


def _received(connection: socket.socket) -> bytes:
    octets = connection.recv(LONGEST)
    if not octets:
        raise RuntimeError("the server closed a connection in the middle of a run")
    return octets
