"""Delegation tokens of Hadoop: the file that HADOOP_TOKEN_FILE_LOCATION names, and the login with a token.

A token logs in with DIGEST-MD5: the user name is base64 of its identifier, the password is base64 of its password.
Containers of YARN, Spark and Oozie get their tokens in such a file. Both formats are read, Writable (0) and Protobuf
(1), as org.apache.hadoop.security.Credentials writes them.

DIGEST-MD5 is Historic (RFC 6331). Users have Kerberos. Tokens have no other mechanism, not even SCRAM: let them expire
soon.
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
"""Its name in errors."""

_MOST_OCTETS: Final = 16 << 20
"""A file of tokens has a few kilobytes. A longer file is not a token file."""


@dataclass(frozen=True, slots=True)
class HadoopToken(HoldsSecrets):
    """One token. `identifier` and `password` are raw octets; the password is a secret.

    `kind` is for instance "HDFS_DELEGATION_TOKEN". `service` says where the token is valid, often "host:port" or "".
    """

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
        """A client for this token: service "null", host "default", no enforced maxbuf, unless `settings` has others."""
        given: dict[str, Any] = {"service": "null", "host": "default", "enforce_maxbuf": False} | settings
        return DigestMD5Client(self.username, self.secret(), **given)

    def secret(self) -> str:
        """The password that the token logs in with."""
        return base64.b64encode(self.password).decode("ascii")


def read_tokens(path: str | os.PathLike[str] | None = None) -> list[HadoopToken]:
    """The tokens of a file; without a path, of the file that HADOOP_TOKEN_FILE_LOCATION names.

    Raises ConfigurationError if neither names a file, OSError if the file cannot be read, MalformedField if it is not a
    token file, is cut short, or has more than 16 MiB.
    """
    path = path if path is not None else os.environ.get(_VARIABLE)
    if not path:
        raise ConfigurationError(f"give the path of a token file, or set {_VARIABLE}")
    with Path(path).open("rb") as file:
        octets = file.read(_MOST_OCTETS + 1)
    if len(octets) > _MOST_OCTETS:
        raise MalformedField(f"not a token file: it has more than {_MOST_OCTETS} octets", reason="length")
    return parse_tokens(octets)


def parse_tokens(octets: bytes) -> list[HadoopToken]:
    """The tokens in the octets of a token file, in order. The secret keys in the file are skipped.

    Raises MalformedField.
    """
    if octets[:4] != _MAGIC or octets[4:5] not in {b"\x00", b"\x01"}:
        raise MalformedField(
            "not a token file: a token file begins with HDTS and the version 0 or 1; check the path", reason="magic"
        )
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
    """Reads octets in the format of Hadoop's Writables."""

    def vint(self) -> int:
        """As WritableUtils.readVInt: one octet from -112 to 127, or the count of octets and then the number."""
        first = int.from_bytes(self.take(1), "big", signed=True)
        if first >= -112:  # noqa: PLR2004  # as said
            return first
        # -113 to -120 announce one to eight octets. Below that the number is negative, and no length is negative.
        return int.from_bytes(self.take(-112 - first if first >= -120 else -1), "big")  # noqa: PLR2004  # as said

    def sized(self) -> bytes:
        """A vint, then as many octets, which are returned."""
        return self.take(self.vint())


def _octets(value: Value) -> bytes:
    return octets_of(value, _FILE)


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedField("a name in the token file is not UTF-8", reason="charset") from None
