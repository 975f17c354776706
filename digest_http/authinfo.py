"""Authentication-Info and Proxy-Authentication-Info <-> value (RFC 7615, RFC 7616 §3.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from .errors import MalformedField
from .grammar import nc_value
from .params import parse_parameters, serialize

__all__ = ["AuthenticationInfo"]

# The same octets as in params.py, less the backslash, which needs unescaping. Each length has a bound, so that what
# fits is shorter than the longest field that is read.
_QUOTED: Final = rb'"([\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]{0,256}+)"'
_RSPAUTH: Final = rb"rspauth=" + _QUOTED
_CNONCE: Final = rb"cnonce=" + _QUOTED
_NC: Final = rb"nc=([0-9a-fA-F]{8})"
_QOP: Final = rb"qop=([a-z\-]{1,16}+)"

#: The usual field in its usual orders, each with the groups of rspauth, cnonce, nc and qop. Whatever does not fit to
#: the last octet goes to the general parser: a pattern only takes what that would take, with the same result.
_USUAL: Final = tuple(
    (re.compile(b", ?".join(order)), tuple(order.index(part) + 1 for part in (_RSPAUTH, _CNONCE, _NC, _QOP)))
    for order in (
        (_QOP, _RSPAUTH, _CNONCE, _NC),  # RFC 7616 §3.5; our server
        (_RSPAUTH, _CNONCE, _NC, _QOP),  # Apache httpd
        (_RSPAUTH, _QOP, _NC, _CNONCE),
        (_RSPAUTH, _QOP, _CNONCE, _NC),
    )
)


class AuthenticationInfo(NamedTuple):
    """What a server says after success. Octets, unescaped; None means the parameter was absent."""

    rspauth: bytes | None = None
    cnonce: bytes | None = None
    nc: bytes | None = None
    qop: bytes | None = None
    nextnonce: bytes | None = None

    @classmethod
    def parse(cls, octets: bytes) -> AuthenticationInfo:
        """Read a field value. Raises MalformedField or FieldTooLarge."""
        for pattern, groups in _USUAL:
            usual = pattern.fullmatch(octets)
            if usual is not None:
                return cls(*usual.group(*groups))
        fields = parse_parameters(octets)
        nc = fields.get(b"nc")
        if nc is not None and nc_value.fullmatch(nc) is None:
            raise MalformedField("nc is not eight hex digits", reason="nc")
        return cls(fields.get(b"rspauth"), fields.get(b"cnonce"), nc, fields.get(b"qop"), fields.get(b"nextnonce"))

    def serialize(self) -> bytes:
        """Write the field value. Raises MalformedField for control characters."""
        return serialize(self._parameters())

    def _parameters(self) -> Iterator[tuple[bytes, bytes, bool]]:
        # RFC 7616 §3.5: nextnonce, rspauth and cnonce quoted, qop and nc bare.
        if self.nextnonce is not None:
            yield b"nextnonce", self.nextnonce, True
        if self.qop is not None:
            yield b"qop", self.qop, False
        if self.rspauth is not None:
            yield b"rspauth", self.rspauth, True
        if self.cnonce is not None:
            yield b"cnonce", self.cnonce, True
        if self.nc is not None:
            yield b"nc", self.nc, False

    def __repr__(self) -> str:
        # rspauth is as good as a response to one who guesses passwords.
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields if name != "rspauth")
        return f"AuthenticationInfo({shown})"
