"""Authorization and Proxy-Authorization: credentials <-> value (RFC 7616 §3.4).

The token here is what SSPI calls TOKEN: the field value without its scheme word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from .encoding import decode_ext_value, encode_ext_value, nfc, octets_to_text
from .errors import MalformedField, caused
from .grammar import nc_value
from .params import parse_parameters, serialize

__all__ = ["Credentials", "split_scheme"]


_SCHEME: Final = b"digest"


def split_scheme(value: bytes) -> bytes | None:
    """The TOKEN of a Digest field value: what follows the scheme word, or None for another scheme."""
    if value.startswith(b"Digest "):  # as nearly everybody spells it
        return value[7:]
    # The scheme is compared without regard to case (RFC 9110 §11.1) and ended by a blank; a tab is let through.
    scheme, token = value[: len(_SCHEME)], value[len(_SCHEME) :]
    if scheme.lower() != _SCHEME or (token and token[0] not in b" \t"):
        return None
    return token[1:]


class Credentials(NamedTuple):
    """The parameters of one Authorization field: unescaped octets as received, hashed as received.

    `qop` and `nc` are empty octets exactly when the peer used the RFC 2069 form (no qop).
    `algorithm` is None when absent, which means MD5. `username` is the clear name or, with `userhash`, its hash;
    `username_ext` is the text of username*, None when that was not sent.
    """

    username: bytes
    realm: bytes
    nonce: bytes
    uri: bytes
    response: bytes
    algorithm: bytes | None = None
    qop: bytes = b""
    nc: bytes = b""
    cnonce: bytes = b""
    opaque: bytes | None = None
    userhash: bool = False
    username_ext: str | None = None

    @classmethod
    def parse(cls, token: bytes) -> Credentials:
        """Read a TOKEN. Raises MalformedField or FieldTooLarge; never anything else, for any octets."""
        fields = parse_parameters(token)
        get = fields.get
        qop, nc, cnonce = get(b"qop"), get(b"nc"), get(b"cnonce")
        if qop is None:
            # RFC 2617 §3.2.2: cnonce and nc must not stand without qop. A server that took them for the RFC 2069 form
            # would let a man in the middle strip the counter.
            if nc is not None:
                raise MalformedField("nc without qop", reason="qop")
            qop = nc = b""
            cnonce = cnonce or b""
        else:
            if not qop:
                raise MalformedField("qop is empty", reason="qop")
            # By pattern, not by int(): that would take "+1", "0x1", "1_0" and digits of other scripts.
            if nc is None or nc_value.fullmatch(nc) is None:
                raise MalformedField("nc is not eight hex digits", reason="nc")
            if nc == b"00000000":
                raise MalformedField("nc counts from 00000001", reason="nc")
            if cnonce is None:
                raise MalformedField("cnonce is missing", reason="missing")
        # A colon separates what is hashed. With one in cnonce the answer of one algorithm or qop could be read as the
        # session key of another (docs/security.md). Clients send hex or base64, which have none.
        if b":" in cnonce:
            raise MalformedField("cnonce holds a colon", reason="cnonce")
        try:
            return cls(
                b"" if b"username*" in fields else fields[b"username"],
                fields[b"realm"],
                fields[b"nonce"],
                fields[b"uri"],
                fields[b"response"],
                get(b"algorithm"),
                qop,
                nc,
                cnonce,
                get(b"opaque"),
                b"userhash" in fields and _flag(fields[b"userhash"]),
                _extended_name(fields) if b"username*" in fields else None,
            )
        except KeyError as missing:
            text = f"{missing.args[0].decode()} is missing"
            raise caused(MalformedField(text, reason="missing"), None) from None

    @property
    def name(self) -> str:
        """The user name as text in Normalization Form C, the form in which sources keep names."""
        return nfc(self.name_as_sent)

    @property
    def name_as_sent(self) -> str:
        """The user name as text: username* if that was sent, else username decoded as UTF-8 or ISO 8859-1."""
        return octets_to_text(self.username) if self.username_ext is None else self.username_ext

    @property
    def nc_number(self) -> int:
        """nc as a number, 1 to 0xFFFFFFFF; 0 in the RFC 2069 form."""
        return int(self.nc, 16) if self.nc else 0

    def serialize(self, *, quote_all: bool = False) -> bytes:
        """Write the TOKEN. `quote_all` also quotes qop and algorithm, which old Windows servers insist on.

        Raises MalformedField if a value holds a control character.
        """
        return serialize(self.parameters(quote_all=quote_all))

    def parameters(self, *, quote_all: bool = False) -> Iterator[tuple[bytes, bytes, bool]]:
        """What `serialize` writes, in its order: (name, value, whether it is quoted)."""
        if self.username_ext is not None:
            yield b"username*", encode_ext_value(self.username_ext), False
        else:
            yield b"username", self.username, True
        yield b"realm", self.realm, True
        yield b"nonce", self.nonce, True
        yield b"uri", self.uri, True
        # RFC 7616 §3.4: algorithm, qop, nc and userhash are bare, all others quoted.
        if self.algorithm is not None:
            yield b"algorithm", self.algorithm, quote_all
        yield b"response", self.response, True
        if self.opaque is not None:
            yield b"opaque", self.opaque, True
        if self.qop:
            yield b"qop", self.qop, quote_all
            yield b"nc", self.nc, False
        if self.qop or self.cnonce:
            yield b"cnonce", self.cnonce, True
        if self.userhash:
            yield b"userhash", b"true", False

    def __repr__(self) -> str:
        # Not the response: with a weak password it is as good as the password to one who can guess.
        return f"<Credentials of {self.name!a} for {self.uri!r} nc={self.nc.decode()}>"


def _flag(value: bytes) -> bool:
    value = value.lower()
    if value not in (b"true", b"false"):
        raise MalformedField("userhash is neither true nor false", reason="userhash")
    return value == b"true"


def _extended_name(fields: dict[bytes, bytes]) -> str:
    # RFC 7616 §3.4: exactly one of username and username*; the extended form carries the clear name only.
    if b"username" in fields:
        raise MalformedField("both username and username* are given", reason="username*")
    if fields.get(b"userhash", b"false").lower() != b"false":
        raise MalformedField("userhash goes with username, not with username*", reason="userhash")
    return decode_ext_value(fields[b"username*"])
