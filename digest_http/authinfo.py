"""Authentication-Info and Proxy-Authentication-Info <-> value (RFC 7615, RFC 7616 §3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import MalformedField
from .grammar import nc_value
from .params import parse_parameters, serialize

__all__ = ["AuthenticationInfo"]


@dataclass(frozen=True, slots=True)
class AuthenticationInfo:
    """What a server says after success. Octets, unescaped; None means the parameter was absent."""

    rspauth: bytes | None = field(default=None, repr=False)  # as good as a response to one who guesses passwords
    cnonce: bytes | None = None
    nc: bytes | None = None
    qop: bytes | None = None
    nextnonce: bytes | None = None

    @classmethod
    def parse(cls, octets: bytes) -> AuthenticationInfo:
        """Read a field value. Raises MalformedField or FieldTooLarge."""
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
