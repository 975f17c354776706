"""Arrays of SecBuffers written in short, and what Microsoft's pages say of each.

The model below is written from the pages alone: "EncryptMessage (Digest)", "DecryptMessage (Digest)", "MakeSignature
(Digest)", "VerifySignature (Digest)", "Signing a Message" and "SecBuffer". It knows no code of the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from digest_http.sspi import NtStatus, SecBuffer, SecBufferDesc, SecBufferFlags
from tests.sspi.wiring import DATA, EMPTY, PADDING, STREAM_HEADER, STREAM_TRAILER, TOKEN

READONLY = int(SecBufferFlags.SECBUFFER_READONLY)
CHECKSUM = int(SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM)


class Part(NamedTuple):
    """One buffer: type and flags in one word as in C, and octets."""

    word: int
    size: int

    @property
    def kind(self) -> int:
        """The type without its flags."""
        return self.word & 0x0FFFFFFF

    @property
    def live(self) -> bool:
        """Whether a function may process it: both pages that name a flag say that such a buffer is not."""
        return not self.word & (READONLY | CHECKSUM)


PARTS = (
    Part(DATA, 0), Part(DATA, 6), Part(DATA, 33), Part(DATA | READONLY, 9), Part(DATA | CHECKSUM, 30),
    Part(TOKEN, 0), Part(TOKEN, 7), Part(TOKEN, 24), Part(TOKEN | READONLY, 24), Part(TOKEN | CHECKSUM, 24),
    Part(PADDING, 8), Part(PADDING, 24), Part(PADDING | READONLY, 24),
    Part(STREAM_HEADER, 0), Part(STREAM_HEADER, 24), Part(STREAM_TRAILER, 24), Part(EMPTY, 0), Part(EMPTY, 24),
)  # fmt: skip
NAMED = (
    (Part(STREAM_HEADER, 0), Part(DATA, 33), Part(STREAM_TRAILER, 24), Part(EMPTY, 0)),
    (Part(DATA | CHECKSUM, 9), Part(DATA, 33), Part(DATA | CHECKSUM, 6), Part(TOKEN, 24)),
    (Part(TOKEN, 24), Part(DATA, 6), Part(DATA | READONLY, 9), Part(DATA, 33), Part(PADDING, 8)),
    (Part(DATA, 6), Part(DATA, 33), Part(DATA, 33), Part(DATA, 33)),
    (Part(PADDING, 8), Part(DATA, 6), Part(TOKEN, 7), Part(DATA, 33), Part(STREAM_TRAILER, 24)),
)
SURROUNDING = (TOKEN, PADDING, STREAM_HEADER, STREAM_TRAILER)


def arrangements() -> list[tuple[Part, ...]]:
    """All arrays of up to three of PARTS, in every order, and longer ones that have a name somewhere."""
    return [array for length in (0, 1, 2, 3) for array in product(PARTS, repeat=length)] + list(NAMED)


def filled(array: Sequence[Part]) -> SecBufferDesc:
    """The array with octets by which every buffer can be told."""
    return SecBufferDesc(
        SecBuffer(bytearray((37 * index + offset) % 251 for offset in range(part.size)), part.word)
        for index, part in enumerate(array)
    )


def contents(array: SecBufferDesc) -> list[tuple[bytes, int]]:
    """(All octets of the caller's memory, how many count) of each buffer."""
    return [(bytes(buffer._memory), buffer.count) for buffer in array]  # noqa: SLF001 - what lies behind the count


def trailer(length: int, block: int) -> int:
    """RFC 2831 §2.3 and §2.4: a MAC of 10 octets, padding to whole blocks, and 6 octets."""
    padding = 0 if block == 1 else block - (length + 10) % block
    return 10 + padding + 6


def sealing(array: Sequence[Part], block: int) -> tuple[NtStatus, list[int]]:
    """What encrypt_message answers, and the places of the message's buffers."""
    message = [place for place, part in enumerate(array) if part.live and part.kind == DATA]
    places = [place for place, part in enumerate(array) if part.live and part.kind in SURROUNDING]
    if not message:
        return NtStatus.SEC_E_INVALID_TOKEN, []
    if not places and len(message) == 2:
        # A second DATA may hold the signature.
        places = [message.pop()]
    length = sum(array[place].size for place in message)
    if sum(array[place].size for place in places) < trailer(length, block):
        return NtStatus.SEC_E_BUFFER_TOO_SMALL, []
    return NtStatus.SEC_E_OK, message


def signing(array: Sequence[Part]) -> tuple[NtStatus, list[int]]:
    """What make_signature answers, and the places of the message's buffers."""
    message = [place for place, part in enumerate(array) if part.live and part.kind == DATA]
    token = next((part for part in array if part.kind == TOKEN), None)
    if token is None or not message:
        return NtStatus.SEC_E_INVALID_TOKEN, []
    if not token.live or token.size < 16:
        return NtStatus.SEC_E_BUFFER_TOO_SMALL, []
    return NtStatus.SEC_E_OK, message
