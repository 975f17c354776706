"""Find buffers in an array, and put tokens into it. The buffers themselves are in the kernel (digest_http.buffers)."""

from __future__ import annotations

from digest_http.buffers import SecBuffer, SecBufferDesc, SecBufferFlags, SecBufferType

from .status import NtStatus, failure

__all__ = ["SecBuffer", "SecBufferDesc", "SecBufferFlags", "SecBufferType", "emit", "find", "require", "room_for_token"]


def find(message: SecBufferDesc | None, kind: SecBufferType) -> SecBuffer | None:
    """The first buffer of a type, or None."""
    return next((buffer for buffer in message or () if buffer.buffer_type == kind), None)


def require(message: SecBufferDesc | None, kind: SecBufferType) -> SecBuffer:
    """The first buffer of a type. Raises SEC_E_INVALID_TOKEN if there is none."""
    buffer = find(message, kind)
    if buffer is None:
        raise failure(NtStatus.SEC_E_INVALID_TOKEN)
    return buffer


def room_for_token(message: SecBufferDesc | None, *, allocate: bool) -> int | None:
    """The octets of the longest token that fits; None for any length. Raises SEC_E_INVALID_TOKEN without a TOKEN."""
    buffer = require(message, SecBufferType.SECBUFFER_TOKEN)
    return None if allocate and not buffer.readonly else buffer.room


def emit(message: SecBufferDesc | None, token: bytes, *, allocate: bool) -> None:
    """Put a token into the TOKEN buffer of an output; `allocate`: in new memory.

    Raises SEC_E_INVALID_TOKEN if there is a token and no TOKEN buffer, SEC_E_BUFFER_TOO_SMALL if it does not fit.
    """
    buffer = find(message, SecBufferType.SECBUFFER_TOKEN)
    if not token and (buffer is None or buffer.readonly):
        return
    buffer = require(message, SecBufferType.SECBUFFER_TOKEN)
    if allocate and not buffer.readonly:
        buffer.attach(memoryview(bytearray(token)))
    elif len(token) > buffer.room:
        raise failure(NtStatus.SEC_E_BUFFER_TOO_SMALL)
    else:
        buffer.store(token)
