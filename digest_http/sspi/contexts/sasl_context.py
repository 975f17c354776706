"""DIGEST-MD5 behind the SSPI names, over `digest_http.sasl`: the part that client and server share."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from digest_http.errors import DigestError
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sasl.ciphers import CIPHERS
from digest_http.sasl.directives import DEFAULT_MAXBUF
from digest_http.sasl.integrity import SIGNATURE_OCTETS
from digest_http.sspi.values.buffers import SecBufferDesc
from digest_http.sspi.values.constants import QopFlags
from digest_http.sspi.values.context_attributes import (
    SecPkgContextKeyInfo,
    SecPkgContextSizes,
    SecPkgContextStreamSizes,
)
from digest_http.sspi.values.package import MAX_TOKEN
from digest_http.sspi.values.sasl_options import SaslOptions
from digest_http.sspi.values.status import TRANSLATED, NtStatus, Translation, WindowsError, failure

from . import sasl_records
from .context import Context

__all__ = ["SASLContext"]

#: Name and ALG_ID (wincrypt.h) by value of the cipher directive.
_ALG_IDS: Final = {
    "3des": ("3DES", 0x6609),
    "rc4": ("RC4", 0x6801),
    "des": ("DES", 0x6601),
    "rc4-56": ("RC4", 0x6801),
    "rc4-40": ("RC4", 0x6801),
}
_HMAC_BITS: Final = 128
_CALG_HMAC: Final = 0x8009

# An attribute of an Enum class costs as much as a call in Python 3.11.
_UNSEALED: Final = QopFlags.SECQOP_WRAP_NO_ENCRYPT

#: For the records of a layer: a record with a wrong length or type has the same code as an altered record.
_OF_RECORDS: Final = Translation({"length": NtStatus.SEC_E_MESSAGE_ALTERED, "type": NtStatus.SEC_E_MESSAGE_ALTERED})

#: "MakeSignature (Digest)": a new handshake is needed. Here it is after 2**32 records.
_USED_UP: Final = Translation({"expired": NtStatus.SEC_I_RENEGOTIATE})


class SASLContext(Context):
    """One exchange and its layer. The first wrong record ends the context, because later records cannot be trusted."""

    def __init__(self, options: SaslOptions | None) -> None:
        super().__init__()
        self.options = options
        self._mechanism: DigestMD5Client | DigestMD5Server | None = None
        self._undelivered: Final = sasl_records.Undelivered()
        # (The peer's token, our answer, whether it establishes the context), if the caller had no room for the answer.
        self._unsent: tuple[bytes, bytes, bool] | None = None

    @property
    def mechanism(self) -> DigestMD5Client | DigestMD5Server:
        """The exchange. Raises SEC_E_INVALID_HANDLE before it began."""
        if self._mechanism is None:
            raise failure(NtStatus.SEC_E_INVALID_HANDLE)
        return self._mechanism

    def unsent_answer(self, token: bytes) -> bytes | None:
        """The answer to a token that came before, if the caller had no room for the answer then; else None."""
        if self._unsent is None or self._unsent[0] != token:
            return None
        _, answer, self.established = self._unsent
        self._unsent = None
        return answer

    @contextmanager
    def kept_unless_sent(self, token: bytes, answer: bytes) -> Generator[None]:
        """Use this around the delivery of an answer. If it fails, the answer is kept, and the context not established.

        The peer sends no other token, so the same token then gets the same answer.
        """
        try:
            yield
        except WindowsError:
            self._unsent = token, answer, self.established
            self.established = False
            raise

    def make_signature(self, qop: int, message: SecBufferDesc, seq_no: int) -> None:  # noqa: ARG002 - see message_functions
        """TOKEN receives the signature of DATA, 16 octets."""
        if qop:
            raise failure(NtStatus.SEC_E_QOP_NOT_SUPPORTED)
        mechanism, _ = self._layer()
        try:
            sasl_records.sign(mechanism, message)
        except TRANSLATED as error:
            raise _USED_UP.of(error) from error

    def verify_signature(self, message: SecBufferDesc, seq_no: int) -> int:  # noqa: ARG002 - see message_functions
        """Check TOKEN against DATA."""
        mechanism, _ = self._layer()
        try:
            sasl_records.verify(mechanism, message, self._undelivered)
        except TRANSLATED as error:
            raise self._failed(error) from error
        return 0

    def encrypt_message(self, qop: int, message: SecBufferDesc, seq_no: int) -> None:  # noqa: ARG002 - see message_functions
        """Seal DATA, or with auth-int sign it, as one record."""
        mechanism, block = self._layer()
        # The context says whether records are sealed, and a record does not. So this is the same for all records.
        if qop and (qop != _UNSEALED or mechanism.qop == "auth-conf"):
            raise failure(NtStatus.SEC_E_QOP_NOT_SUPPORTED)
        limit = mechanism.max_message if self.options is None else self._limit()
        try:
            sasl_records.encrypt(mechanism, message, block, limit)
        except TRANSLATED as error:
            raise _OF_RECORDS.of(error) from error

    def decrypt_message(self, message: SecBufferDesc, seq_no: int) -> int:  # noqa: ARG002 - see message_functions
        """Unseal a record; returns SECQOP_WRAP_NO_ENCRYPT if it was only signed."""
        mechanism, block = self._layer()
        limit = self.options.receive_size if self.options is not None else DEFAULT_MAXBUF
        try:
            sasl_records.decrypt(mechanism, message, block, limit, self._undelivered)
        except TRANSLATED as error:
            raise self._failed(error) from error
        return 0 if mechanism.qop == "auth-conf" else _UNSEALED

    def _failed(self, error: BaseException) -> WindowsError:
        """The error to raise for a refused record. It also closes the context: the mechanism has ended itself.

        A WindowsError comes from before the mechanism. It is not passed to this function, and does not end the context.
        """
        if isinstance(error, DigestError):
            self.close()
        return _OF_RECORDS.of(error)

    def _layer(self) -> tuple[DigestMD5Client | DigestMD5Server, int]:
        """(The exchange, the padding unit of its layer). Raises SEC_E_QOP_NOT_SUPPORTED if it has none."""
        mechanism = self.mechanism
        if mechanism.qop == "auth":
            raise failure(NtStatus.SEC_E_QOP_NOT_SUPPORTED)
        cipher = mechanism.cipher
        return mechanism, 1 if cipher is None else CIPHERS[cipher].block

    def _block(self) -> int:
        return CIPHERS[self.mechanism.cipher].block if self.mechanism.cipher is not None else 1

    def _trailer(self) -> int:
        """The longest trailer of a record, in octets."""
        block = self._block()
        return SIGNATURE_OCTETS + (block if block > 1 else 0)

    def _limit(self) -> int | None:
        limit = self.mechanism.max_message
        if self.options is None:
            return limit
        # SASL_OPTION_SEND_SIZE is the size of a whole record.
        own = self.options.send_size - self._trailer()
        return own if limit is None else min(limit, own)

    def close(self) -> None:
        """See Context.close; the keys are dropped."""
        super().close()
        self._undelivered.record = self._undelivered.message = b""
        self._unsent = None
        if self._mechanism is not None:
            self._mechanism.close()

    @property
    def username(self) -> str:
        """See Context."""
        return self.mechanism.username or ""

    @property
    def realm(self) -> str:
        """See Context."""
        return self.mechanism.realm or ""

    def session_key(self) -> bytes:
        """See Context."""
        return self.mechanism.session_key()

    def sizes(self) -> SecPkgContextSizes:
        """See Context. cbMaxSignature and cbBlockSize together hold the longest trailer."""
        if not self.established or self.mechanism.qop == "auth":
            return SecPkgContextSizes(max_token=MAX_TOKEN, block_size=1)
        return SecPkgContextSizes(
            max_token=MAX_TOKEN,
            max_signature=SIGNATURE_OCTETS,
            block_size=self._block(),
            security_trailer=self._trailer(),
        )

    def stream_sizes(self) -> SecPkgContextStreamSizes:
        """See Context."""
        if self.mechanism.qop == "auth":
            raise failure(NtStatus.SEC_E_UNSUPPORTED_FUNCTION)
        sizes, limit = self.sizes(), self._limit()
        return SecPkgContextStreamSizes(
            header=0,
            trailer=sizes.security_trailer,
            maximum_message=limit if limit is not None else 0,
            buffers=2,
            block_size=sizes.block_size,
        )

    def key_info(self) -> SecPkgContextKeyInfo:
        """See Context."""
        if self.mechanism.cipher is None:
            return SecPkgContextKeyInfo("HMAC-MD5", "", _HMAC_BITS, _CALG_HMAC, 0)
        name, number = _ALG_IDS[self.mechanism.cipher]
        bits = CIPHERS[self.mechanism.cipher].bits
        return SecPkgContextKeyInfo("HMAC-MD5", name, bits, _CALG_HMAC, number)
