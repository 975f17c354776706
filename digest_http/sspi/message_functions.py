"""Signing and sealing ("MakeSignature (Digest)", "VerifySignature (Digest)", "EncryptMessage", "DecryptMessage").

The layouts and codes of each are in docs/sspi-functions.md. On HTTP contexts `qop` and `seq_no` must be 0. On SASL
contexts `seq_no` is ignored: the records are counted here, and sspilib's classes pass their own count.

An argument of a wrong type raises TypeError. The functions check the types themselves; `types_of` then finds the wrong
argument and makes the error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .contexts.context import CtxtHandle, context_of
from .values.arguments import types_of
from .values.buffers import SecBufferDesc
from .values.constants import QopFlags

__all__ = ["decrypt_message", "encrypt_message", "make_signature", "verify_signature"]

#: isinstance() under another type: type checkers trust the annotations, and would call the checks below useless.
_is: Final[Callable[[object, type], bool]] = isinstance


def make_signature(context: CtxtHandle, qop: QopFlags | int, message: SecBufferDesc, seq_no: int) -> None:
    """Sign a message. SASL: TOKEN receives the signature, 16 octets.

    HTTP: PADDING receives parameters of a field, without a scheme: on the client those of the next Authorization, on
    the server those of Authentication-Info for the last request.
    """
    if not (_is(context, CtxtHandle) and _is(message, SecBufferDesc) and _is(qop, int) and _is(seq_no, int)):
        _of_make_signature(context, qop, message, seq_no)
    context_of(context).make_signature(qop, message, seq_no)


def verify_signature(context: CtxtHandle, message: SecBufferDesc, seq_no: int) -> int:
    """Check a signature; returns 0. SASL: TOKEN is the signature.

    HTTP: the server checks the next request, whose nc must be the last one plus 1. The client checks the server's
    proof: TOKEN is the value of Authentication-Info.
    """
    if not (_is(context, CtxtHandle) and _is(message, SecBufferDesc) and _is(seq_no, int)):
        _of_verify_signature(context, message, seq_no)
    return context_of(context).verify_signature(message, seq_no)


def encrypt_message(context: CtxtHandle, qop: QopFlags | int, message: SecBufferDesc, seq_no: int) -> None:
    """Turn a message into a record, in place. SASL only: on HTTP contexts it raises SEC_E_QOP_NOT_SUPPORTED."""
    if not (_is(context, CtxtHandle) and _is(message, SecBufferDesc) and _is(qop, int) and _is(seq_no, int)):
        _of_encrypt_message(context, qop, message, seq_no)
    context_of(context).encrypt_message(qop, message, seq_no)


def decrypt_message(context: CtxtHandle, message: SecBufferDesc, seq_no: int) -> int:
    """Turn a record into its message, in place; returns 0 if it was sealed, SECQOP_WRAP_NO_ENCRYPT if only signed.

    SASL only: on HTTP contexts it raises SEC_E_QOP_NOT_SUPPORTED.
    """
    if not (_is(context, CtxtHandle) and _is(message, SecBufferDesc) and _is(seq_no, int)):
        _of_decrypt_message(context, message, seq_no)
    return context_of(context).decrypt_message(message, seq_no)


_of_make_signature = types_of(make_signature)
_of_verify_signature = types_of(verify_signature)
_of_encrypt_message = types_of(encrypt_message)
_of_decrypt_message = types_of(decrypt_message)
