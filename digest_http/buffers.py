"""SecBuffer, SecBufferDesc and the message layouts (Microsoft: "SecBuffer structure", "MakeSignature (Digest)").

The HTTP layout is the one message type of the HTTP side. Whoever packs a request, the ASGI middleware, the httpx
flow or a caller of the SSPI names, packs these five buffers, so a packed request means the same everywhere. What
`HTTPMessage.to_buffers` makes is what the SSPI names take, and the other way round:

  #  type        signing (client)                        verifying (server)
  0  TOKEN       empty                                   the Authorization value without its scheme word
  1  PKG_PARAMS  method                                  method
  2  PKG_PARAMS  request target                          request target
  3  PKG_PARAMS  HEntity: hex H(body); empty for auth    HEntity
  4  PADDING     receives the Authorization parameters   receives the Authentication-Info parameters

Each request makes one message, so this file may be compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .errors import MalformedField
from .grammar import token as token_pattern
from .sec_buffers import SECBUFFER_VERSION, SecBuffer, SecBufferDesc, SecBufferFlags, SecBufferType

__all__ = ["SECBUFFER_VERSION", "HTTPMessage", "SecBuffer", "SecBufferDesc", "SecBufferFlags", "SecBufferType"]


class HTTPMessage:
    """The HTTP layout, unpacked: one attribute a buffer, in buffer order; all octets.

    `to_buffers` and `from_buffers` are the layout; the hot paths read the attributes and build no SecBuffer.
    """

    __slots__ = ("hentity", "method", "padding", "token", "url")

    def __init__(self, token: bytes, method: bytes, url: bytes, hentity: bytes = b"", padding: bytes = b"") -> None:
        self.token = token
        self.method = method
        self.url = url
        self.hentity = hentity
        self.padding = padding

    def check_method(self) -> None:
        """Raise MalformedField unless the method is a token (RFC 9110 §9.1).

        A2 is method ":" uri. An empty method would make a request's digest the server's proof, which has none; a
        colon in it would move the border between the two.
        """
        if _method.fullmatch(self.method) is None:
            raise MalformedField("the method is not a token", reason="method")

    def to_buffers(self) -> SecBufferDesc:
        """Pack into five new buffers; inputs are copied into bytearrays, as SSPI callers expect to write to them.

        A message without a token is one to sign: its PADDING is given room for the parameters, unless it has octets.
        """
        room = _ROOM + 2 * len(self.url) if not self.token else 0
        octets = (self.token, self.method, self.url, self.hentity, self.padding or bytes(room))
        return SecBufferDesc(
            SecBuffer(bytearray(value), kind) for value, kind in zip(octets, _HTTP_LAYOUT, strict=True)
        )

    @classmethod
    def from_buffers(cls, message: SecBufferDesc) -> HTTPMessage:
        """Unpack five buffers. Raises MalformedField (SEC_E_INVALID_TOKEN) for a missing buffer or a wrong type."""
        unpacked = cls.inputs(message)
        unpacked.padding = message.array[4].data
        return unpacked

    @classmethod
    def inputs(cls, message: SecBufferDesc) -> HTTPMessage:
        """The same but for the octets of PADDING, which whoever signs or verifies writes and does not read."""
        array = message.array
        if len(array) < len(_HTTP_LAYOUT):
            raise MalformedField(
                f"the HTTP layout has {len(_HTTP_LAYOUT)} buffers, TOKEN, method, URL, HEntity and PADDING, "
                f"not {len(array)}",
                reason="buffers",
            )
        token, method, url, hentity = (
            array[0].octets_of(_TOKEN),
            array[1].octets_of(_PKG_PARAMS),
            array[2].octets_of(_PKG_PARAMS),
            array[3].octets_of(_PKG_PARAMS),
        )
        if token is None or method is None or url is None or hentity is None or array[4].buffer_type is not _PADDING:
            raise _misfit(array)
        return cls(token, method, url, hentity)

    def __repr__(self) -> str:
        return f"<HTTPMessage {self.method!r} {self.url!r}>"


#: A digest response is shorter than this (RFC 2617 sets no limit, RFC 2831 §2.1.2 this one), but for the target, each
#: character of which may be escaped.
_ROOM: Final = 4096

_method: Final = re.compile(token_pattern)

_TOKEN: Final = SecBufferType.SECBUFFER_TOKEN
_PKG_PARAMS: Final = SecBufferType.SECBUFFER_PKG_PARAMS
_PADDING: Final = SecBufferType.SECBUFFER_PADDING
_HTTP_LAYOUT: Final = (_TOKEN, _PKG_PARAMS, _PKG_PARAMS, _PKG_PARAMS, _PADDING)


def _misfit(array: Iterable[SecBuffer]) -> MalformedField:
    """The error for an array that has enough buffers, one of them of a wrong type."""
    place, buffer, kind = next(
        (place, buffer, kind)
        for place, (buffer, kind) in enumerate(zip(array, _HTTP_LAYOUT, strict=False))
        if buffer.buffer_type is not kind
    )
    return MalformedField(
        f"buffer {place} of the HTTP layout is {kind.name}, not type {int(buffer.buffer_type)}", reason="buffers"
    )
