"""Delegation tokens of Hadoop: the file that HADOOP_TOKEN_FILE_LOCATION names, and the login that a token is.

A token logs in with DIGEST-MD5: the name is base64 of its identifier, the password base64 of its password. Containers
of YARN, Spark and Oozie get their tokens in such a file. Both forms are read, Writable (0) and Protobuf (1), as
org.apache.hadoop.security.Credentials writes them.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from digest_http.errors import ConfigurationError, MalformedField
from digest_http.sasl.client import DigestMD5Client
from digest_http.secrecy import HoldsSecrets

__all__ = ["HadoopToken", "parse_tokens", "read_tokens"]

_VARIABLE: Final = "HADOOP_TOKEN_FILE_LOCATION"
_MAGIC: Final = b"HDTS"
_WRITABLE, _PROTOBUF = 0, 1

_MOST_OCTETS: Final = 16 << 20
"""A file of tokens has some kilobytes. What is longer is some other file."""


@dataclass(frozen=True, slots=True)
class HadoopToken(HoldsSecrets):
    """One token. `kind` is for instance "HDFS_DELEGATION_TOKEN", `service` what it is for, often "host:port" or ""."""

    alias: str
    kind: str
    service: str
    identifier: bytes = field(repr=False)
    password: bytes = field(repr=False)

    @property
    def username(self) -> str:
        """The name that the token logs in with."""
        return base64.b64encode(self.identifier).decode("ascii")

    def client(self, **settings: Any) -> DigestMD5Client:  # noqa: ANN401  # DigestMD5Client's own, checked there
        """A login with this token, to the service "null" on the host "default" unless the settings say otherwise."""
        given: dict[str, Any] = {"service": "null", "host": "default", "enforce_maxbuf": False} | settings
        return DigestMD5Client(self.username, self.secret(), **given)

    def secret(self) -> str:
        """The password that the token logs in with."""
        return base64.b64encode(self.password).decode("ascii")


def read_tokens(path: str | os.PathLike[str] | None = None) -> list[HadoopToken]:
    """The tokens of a file; without a path, of the one that HADOOP_TOKEN_FILE_LOCATION names.

    Raises ConfigurationError if nothing names a file, OSError if it cannot be read, MalformedField if it is no such
    file or is cut short.
    """
    path = path if path is not None else os.environ.get(_VARIABLE)
    if not path:
        raise ConfigurationError(f"give the path of a token file, or set {_VARIABLE}")
    with Path(path).open("rb") as file:
        octets = file.read(_MOST_OCTETS + 1)
    if len(octets) > _MOST_OCTETS:
        raise MalformedField(f"a token file has at most {_MOST_OCTETS} octets", reason="length")
    return parse_tokens(octets)


def parse_tokens(octets: bytes) -> list[HadoopToken]:
    """The tokens in the octets of such a file, in its order; secret keys beside them are passed over."""
    if octets[:4] != _MAGIC or octets[4:5] not in {b"\x00", b"\x01"}:
        raise MalformedField("not a token file: it begins with HDTS and the version 0 or 1", reason="magic")
    reader = _Octets(octets[5:])
    if octets[4] == _WRITABLE:
        return _writable(reader)
    tokens: list[HadoopToken] = []
    for number, entry in _fields(_Octets(reader.take(reader.varint()))):
        if number == 1:
            pair = dict(_fields(_Octets(_octets(entry))))
            token = dict(_fields(_Octets(_octets(pair.get(2, b"")))))
            alias, kind, service = (
                _text(_octets(part)) for part in (pair.get(1, b""), token.get(3, b""), token.get(4, b""))
            )
            secrets = _octets(token.get(1, b"")), _octets(token.get(2, b""))
            tokens.append(HadoopToken(alias, kind, service, *secrets))
    return tokens


def _writable(reader: _Octets) -> list[HadoopToken]:
    tokens: list[HadoopToken] = []
    for _ in range(reader.vint()):
        alias = _text(reader.sized())
        identifier, password = reader.sized(), reader.sized()
        kind, service = _text(reader.sized()), _text(reader.sized())
        tokens.append(HadoopToken(alias, kind, service, identifier, password))
    return tokens


class _Octets:
    """Octets read from the front. Every call raises MalformedField where they end too early."""

    def __init__(self, octets: bytes) -> None:
        self._octets: Final = octets
        self._position = 0

    def __bool__(self) -> bool:
        return self._position < len(self._octets)

    def take(self, count: int) -> bytes:
        """So many."""
        end = self._position + count
        if count < 0 or end > len(self._octets):
            raise MalformedField("the token file is cut short, or a length in it is wrong", reason="length")
        taken, self._position = self._octets[self._position : end], end
        return taken

    def vint(self) -> int:
        """WritableUtils.readVInt: one octet from -112 to 127, or the count of octets and then the number."""
        first = int.from_bytes(self.take(1), "big", signed=True)
        if first >= -112:  # noqa: PLR2004  # as said
            return first
        # From -113 down to -120 for one to eight octets; what is below is a negative number, which no length is.
        return int.from_bytes(self.take(-112 - first if first >= -120 else -1), "big")  # noqa: PLR2004  # as said

    def sized(self) -> bytes:
        """A vint and so many octets."""
        return self.take(self.vint())

    def varint(self) -> int:
        """Protobuf's: seven bits an octet, the lowest first."""
        value = shift = 0
        while True:
            octet = self.take(1)[0]
            value |= (octet & 0x7F) << shift
            if not octet & 0x80:
                return value
            shift += 7
            if shift > 63:  # noqa: PLR2004  # ten octets are the most
                raise MalformedField("a number in the token file is too long", reason="length")


def _fields(reader: _Octets) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a Protobuf message; those of other forms than numbers and octets are unknown here."""
    while reader:
        key = reader.varint()
        number, form = key >> 3, key & 7
        if form == 0:
            yield number, reader.varint()
        elif form == 2:  # noqa: PLR2004  # length-delimited
            yield number, reader.take(reader.varint())
        else:
            raise MalformedField("the token file has a field of an unknown form", reason="form")


def _octets(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise MalformedField("the token file has a number where octets belong", reason="form")
    return value


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedField("a name in the token file is not UTF-8", reason="charset") from None
