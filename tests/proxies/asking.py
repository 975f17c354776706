"""Requests over one kept connection, octet by octet as given."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from tests.attacks.signing import Signer, parameters
from tests.live.peers import HOST
from tests.proxies.upstream import BARE

__all__ = ["Answer", "Asker"]

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `challenge` is the first one of a 401."""

    status: int
    body: bytes
    challenge: bytes = b""


class Asker:
    """A client of one proxy. It asks for any target, signed if it is told a door."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None
        self._signers: dict[str, Signer] = {}
        self._counts: dict[str, int] = {}

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def bare(self, target: str) -> Answer:
        """The answer without the middleware."""
        return self._ask(target, BARE)

    def signed(self, target: str, door: str, uri: str | None = None) -> Answer:
        """The answer to the target with credentials for `uri`, which is the target itself unless given."""
        if door not in self._signers:
            answer = self._ask("/svc/", door)
            assert answer.status == 401, (answer, door)
            self._signers[door], self._counts[door] = Signer(parameters(answer.challenge)), 0
        self._counts[door] += 1
        uri = target if uri is None else uri
        value = self._signers[door].sign("GET", uri, self._counts[door])
        # The signer writes what fits in ISO 8859-1; on the wire targets are in UTF-8.
        return self._ask(target, door, value.replace(uri.encode("latin-1"), uri.encode()))

    def _ask(self, target: str, door: str, authorization: bytes = b"") -> Answer:
        head = b"GET " + target.encode() + b" HTTP/1.1\r\nHost: h.example\r\nX-Door: " + door.encode() + b"\r\n"
        if authorization:
            head += b"Authorization: " + authorization + b"\r\n"
        # A proxy may close a connection and not say so: then it is asked again on a new one.
        for fresh in (False, True):
            if fresh or self._connection is None:
                self.close()
                self._connection = socket.create_connection((HOST, self._port), timeout=SECONDS)
            try:
                self._connection.sendall(head + b"\r\n")
                answer, keep = _answer(self._connection)
            except (ConnectionError, EOFError):
                if fresh:
                    raise
                continue
            if not keep:
                self.close()
            return answer
        raise AssertionError


def _answer(connection: socket.socket) -> tuple[Answer, bool]:
    with connection.makefile("rb") as reader:
        line = reader.readline()
        if not line:
            raise EOFError
        fields: dict[bytes, bytes] = {}
        while (field := reader.readline().rstrip(b"\r\n")) != b"":
            name, _, value = field.partition(b":")
            fields.setdefault(name.lower(), value.strip())
        body = reader.read(int(fields.get(b"content-length", b"0")))
    keep = b"content-length" in fields and fields.get(b"connection", b"").lower() != b"close"
    return Answer(int(line.split()[1]), body, fields.get(b"www-authenticate", b"")), keep
