"""LDAP signed and sealed with DIGEST-MD5: bind and search over a plain socket, as little of LDAP as that takes.

RFC 4511 for the messages, RFC 4513 §5.2 for SASL: once the bind has succeeded, everything goes through the layer.
RFC 6331 made this mechanism Historic: take Kerberos or a client's certificate inside TLS where the directory has it.
"""  # noqa: INP001  # a script, not a package

from __future__ import annotations

import socket
from collections.abc import Iterator

from digest_http.sasl import DigestMD5Client, LayeredSocket

_SUCCESS = 0
_SASL_BIND_IN_PROGRESS = 14
_SEARCH_ENTRY, _SEARCH_DONE, _SERVER_CREDENTIALS = 0x64, 0x65, 0x87
_LONG_LENGTH = 0x80  # X.690 §8.1.3.5


class LDAPError(Exception):
    """The server's result code."""


class Connection:
    """One bound connection. `read_size` is how much is read at a time."""

    def __init__(self, address: tuple[str, int], client: DigestMD5Client, *, read_size: int = 65536) -> None:
        self._socket: socket.socket | LayeredSocket = socket.create_connection(address, timeout=30)
        self._client = client
        self._read_size = read_size
        self._clear = b""
        self._number = 0
        try:
            self._bind()
            # From here on through the layer; with qop=auth there is none, and the octets pass as they are.
            self._socket = LayeredSocket(self._socket, client)
        except BaseException:
            self.close()
            raise

    def search(self, base: str, attribute: str) -> Iterator[dict[str, list[bytes]]]:
        """Every entry below `base` that has the attribute, as its values by name; the name itself is "dn"."""
        present = _element(0x87, attribute.encode())
        limits = _integer(0x0A, 2) + _integer(0x0A, 0) + _integer(0x02, 0) + _integer(0x02, 0) + _element(0x01, b"\x00")
        self._send(_element(0x63, _element(0x04, base.encode()) + limits + present + _element(0x30, b"")))
        while True:
            tag, body = self._receive()
            if tag == _SEARCH_DONE:
                _check(body)
                return
            if tag == _SEARCH_ENTRY:
                yield _entry(body)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _bind(self) -> None:
        token = self._client.step()
        while True:
            credentials = _element(0x04, token) if token else b""
            sasl = _element(0xA3, _element(0x04, b"DIGEST-MD5") + credentials)
            self._send(_element(0x60, _integer(0x02, 3) + _element(0x04, b"") + sasl))
            _, body = self._receive()
            code, fields = _result(body)
            if code not in (_SUCCESS, _SASL_BIND_IN_PROGRESS):
                raise LDAPError(f"bind: {code} {fields[1][1].decode()}")
            # serverSaslCreds [7] comes with the last answer too: that is the server's proof.
            token = self._client.step(next((value for tag, value in fields if tag == _SERVER_CREDENTIALS), b""))
            if code == _SUCCESS:
                if not self._client.complete:
                    raise LDAPError("the server did not prove itself")
                return

    def _send(self, operation: bytes) -> None:
        self._number += 1
        self._socket.sendall(_element(0x30, _integer(0x02, self._number) + operation))

    def _receive(self) -> tuple[int, bytes]:
        while (end := _end(self._clear)) is None or end > len(self._clear):
            data = self._socket.recv(self._read_size)
            if not data:
                raise LDAPError("the server closed the connection")
            self._clear += data
        message, self._clear = self._clear[:end], self._clear[end:]
        ((_, body),) = _elements(message)
        return _elements(body)[1]


def _element(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < _LONG_LENGTH:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def _integer(tag: int, value: int) -> bytes:
    return _element(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _head(octets: bytes) -> tuple[int, int] | None:
    """(Where the body begins, where it ends) of the first element, or None while its length is not whole."""
    if len(octets) < 2:  # noqa: PLR2004  # tag and first octet of the length
        return None
    first = octets[1]
    if first < _LONG_LENGTH:
        return 2, 2 + first
    start = 2 + (first & 0x7F)
    if len(octets) < start:
        return None
    return start, start + int.from_bytes(octets[2:start], "big")


def _end(octets: bytes) -> int | None:
    head = _head(octets)
    return head[1] if head else None


def _elements(octets: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    while octets and (head := _head(octets)):
        found.append((octets[0], octets[head[0] : head[1]]))
        octets = octets[head[1] :]
    return found


def _result(body: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    (_, code), *fields = _elements(body)
    return int.from_bytes(code, "big"), fields


def _check(body: bytes) -> None:
    code, fields = _result(body)
    if code != _SUCCESS:
        raise LDAPError(f"search: {code} {fields[1][1].decode()}")


def _entry(body: bytes) -> dict[str, list[bytes]]:
    (_, name), (_, attributes) = _elements(body)
    entry = {"dn": [name]}
    for _, attribute in _elements(attributes):
        (_, kind), (_, values) = _elements(attribute)
        entry[kind.decode()] = [value for _, value in _elements(values)]
    return entry
