"""Signing and sealing ("MakeSignature (Digest)", "VerifySignature (Digest)", "EncryptMessage", "DecryptMessage").

The layouts and codes of each are in docs/sspi-functions.md. On HTTP contexts `qop` and `seq_no` must be 0. On SASL
contexts `seq_no` is not looked at: the records are counted here, and sspilib's classes pass a count of their own.
"""

from __future__ import annotations

from .contexts.context import CtxtHandle, context_of
from .values.arguments import checked
from .values.buffers import SecBufferDesc
from .values.constants import QopFlags

__all__ = ["decrypt_message", "encrypt_message", "make_signature", "verify_signature"]


@checked
def make_signature(context: CtxtHandle, qop: QopFlags | int, message: SecBufferDesc, seq_no: int) -> None:
    """Sign a message. HTTP: PADDING receives the next Authorization value. SASL: TOKEN receives the signature."""
    context_of(context).make_signature(int(qop), message, seq_no)


@checked
def verify_signature(context: CtxtHandle, message: SecBufferDesc, seq_no: int) -> int:
    """Check a signature; returns 0. HTTP: the server checks the next request, whose nc is the last plus one."""
    return context_of(context).verify_signature(message, seq_no)


@checked
def encrypt_message(context: CtxtHandle, qop: QopFlags | int, message: SecBufferDesc, seq_no: int) -> None:
    """Turn a message into a record, in place. SASL only."""
    context_of(context).encrypt_message(int(qop), message, seq_no)


@checked
def decrypt_message(context: CtxtHandle, message: SecBufferDesc, seq_no: int) -> int:
    """Turn a record into its message, in place; returns 0 if it was sealed, SECQOP_WRAP_NO_ENCRYPT if only signed."""
    return context_of(context).decrypt_message(message, seq_no)
