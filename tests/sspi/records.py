"""One message sealed into a record, and a record unsealed, in the documented layouts."""

from __future__ import annotations

from digest_http import sspi
from tests.sspi.wiring import DATA, PADDING, STREAM, buffers


def seal(context, message: bytes) -> bytes:
    """encrypt_message in the documented layout, ready to send."""
    array = buffers((DATA, message), (PADDING, 24))
    sspi.encrypt_message(context, 0, array, 0)
    return array[0].data + array[1].data


def unseal(context, record: bytes) -> bytes:
    """decrypt_message of a whole record."""
    array = buffers((STREAM, record), (DATA, None))
    sspi.decrypt_message(context, array, 0)
    return array[1].data
