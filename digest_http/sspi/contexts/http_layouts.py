"""The HTTP layouts of initialize_ and accept_security_context, unpacked.

  #  initialize (ISC)                       accept and complete (ASC)
  0  TOKEN       the challenge              TOKEN       empty, or the Authorization value without its scheme word
  1  PKG_PARAMS  method                     PKG_PARAMS  method
  2  PKG_PARAMS  HEntity                    PKG_PARAMS  the request target; may be empty
  3  TARGET_HOST       service name         PKG_PARAMS  HEntity
  4  CHANNEL_BINDINGS  blob                 PKG_PARAMS  realm, UTF-16LE; may be empty
  5                                         CHANNEL_BINDINGS  blob

HEntity is H(entity-body) in hex, needed with auth-int only. Its place is not the same as in MakeSignature, whose layout
is in the kernel (digest_http.buffers). PKG_PARAMS are found by their order, the other buffers by their type.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from digest_http.buffers import HTTPMessage
from digest_http.sspi.values.buffers import SecBufferDesc, SecBufferType, find
from digest_http.sspi.values.status import NtStatus, failure

__all__ = ["AcceptInput", "InitializeInput", "read_accept", "read_initialize"]

_PKG_PARAMS: Final = SecBufferType.SECBUFFER_PKG_PARAMS
_LEAST_OF_INITIALIZE: Final = 1
_LEAST_OF_ACCEPT: Final = 3


class InitializeInput(NamedTuple):
    """The input of initialize_security_context (ISC), as octets. The last two are None if the buffer is missing."""

    token: bytes
    method: bytes
    hentity: bytes
    target_host: bytes | None
    bindings: bytes | None


class AcceptInput(NamedTuple):
    """The input of accept_security_context (ASC). An absent URL is empty in `message`; an absent `realm` is None."""

    message: HTTPMessage
    realm: str | None
    bindings: bytes | None


def read_initialize(message: SecBufferDesc | None) -> InitializeInput:
    """Unpack the array. Raises SEC_E_INVALID_TOKEN without TOKEN, challenge or method."""
    token, parameters = _parts(message)
    if not token or len(parameters) < _LEAST_OF_INITIALIZE or not parameters[0]:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return InitializeInput(
        token,
        parameters[0],
        parameters[1] if len(parameters) > 1 else b"",
        _optional(message, SecBufferType.SECBUFFER_TARGET_HOST),
        _optional(message, SecBufferType.SECBUFFER_CHANNEL_BINDINGS),
    )


def read_accept(message: SecBufferDesc | None) -> AcceptInput:
    """Unpack the array. Raises SEC_E_INVALID_TOKEN for a response without its method, target and HEntity buffers."""
    token, parameters = _parts(message)
    if token and (len(parameters) < _LEAST_OF_ACCEPT or not parameters[0]):
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    method, url, hentity, realm = (*parameters, b"", b"", b"", b"")[:4]
    return AcceptInput(
        HTTPMessage(token, method, url, hentity),
        _realm(realm),
        _optional(message, SecBufferType.SECBUFFER_CHANNEL_BINDINGS),
    )


def _parts(message: SecBufferDesc | None) -> tuple[bytes, list[bytes]]:
    if message is None or not len(message) or message[0].buffer_type != SecBufferType.SECBUFFER_TOKEN:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return message[0].data, [buffer.data for buffer in message if buffer.buffer_type == _PKG_PARAMS]


def _optional(message: SecBufferDesc | None, kind: SecBufferType) -> bytes | None:
    buffer = find(message, kind)
    return buffer.data if buffer is not None and buffer.count else None


def _realm(octets: bytes) -> str | None:
    """The realm: "AcceptSecurityContext (Digest)" requires Unicode text with only ASCII characters."""
    try:
        text = octets.decode("utf-16-le").rstrip("\x00")
    except UnicodeDecodeError:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN) from None
    if not text.isascii():
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return text or None
