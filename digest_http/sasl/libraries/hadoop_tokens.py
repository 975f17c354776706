"""Delegation tokens of Hadoop: the file that HADOOP_TOKEN_FILE_LOCATION names, and the login that a token is.

A token logs in with DIGEST-MD5: the name is base64 of its identifier, the password base64 of its password. Containers
of YARN, Spark and Oozie get their tokens in such a file. Both forms are read, Writable (0) and Protobuf (1), as
org.apache.hadoop.security.Credentials writes them.

DIGEST-MD5 is Historic (RFC 6331). Users have Kerberos; tokens have no other mechanism, and no SCRAM: keep their lives
short.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from digest_http.errors import ConfigurationError, MalformedField
from digest_http.sasl.client import DigestMD5Client
from digest_http.secrecy import HoldsSecrets

from .protobuf import OctetReader, Value, fields, last_fields, octets_of

__all__ = ["HadoopToken", "parse_tokens", "read_tokens"]

_VARIABLE: Final = "HADOOP_TOKEN_FILE_LOCATION"
_MAGIC: Final = b"HDTS"
_WRITABLE: Final = 0
_FILE: Final = "token file"
"""What errors call it."""

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
    if octets[4] == _WRITABLE:
        return _writable(_Writables(octets[5:], _FILE))
    tokens: list[HadoopToken] = []
    for number, entry in fields(OctetReader(octets[5:], _FILE).delimited(), _FILE):
        if number == 1:
            pair = last_fields(_octets(entry), _FILE)
            token = last_fields(_octets(pair.get(2, b"")), _FILE)
            alias, kind, service = (
                _text(_octets(part)) for part in (pair.get(1, b""), token.get(3, b""), token.get(4, b""))
            )
            secrets = _octets(token.get(1, b"")), _octets(token.get(2, b""))
            tokens.append(HadoopToken(alias, kind, service, *secrets))
    return tokens


def _writable(reader: _Writables) -> list[HadoopToken]:
    tokens: list[HadoopToken] = []
    for _ in range(reader.vint()):
        alias = _text(reader.sized())
        identifier, password = reader.sized(), reader.sized()
        kind, service = _text(reader.sized()), _text(reader.sized())
        tokens.append(HadoopToken(alias, kind, service, identifier, password))
    return tokens


class _Writables(OctetReader):
    """Octets as Hadoop's Writables have them."""

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


def _octets(value: Value) -> bytes:
    return octets_of(value, _FILE)


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedField("a name in the token file is not UTF-8", reason="charset") from None
