"""Scenarios of encrypt_message and decrypt_message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from digest_http import sspi
from digest_http.sspi import CtxtHandle
from tests.sspi.scenarios.contexts import closed_sasl, on_context, sasl
from tests.sspi.scenarios.registry import Scenario, case
from tests.sspi.wiring import DATA, PADDING, STREAM, TOKEN, SASLPair, buffers


def encrypt(context: Any, message: Any = None, qop: int = 0) -> Any:
    """encrypt_message, by default with room enough; returns the record."""
    message = message if message is not None else buffers((DATA, b"hello"), (PADDING, 24))
    sspi.encrypt_message(context, qop, message, 0)
    return b"".join(buffer.data for buffer in message)


def decrypt(context: Any, record: bytes) -> int:
    """decrypt_message of a whole record."""
    return sspi.decrypt_message(context, buffers((STREAM, record), (DATA, None)), 0)


def relayed(change: Callable[[SASLPair, bytes], object]) -> Scenario:
    """A record of the client, and what becomes of it."""

    def scenario() -> object:
        pair = sasl()
        return change(pair, encrypt(pair.client))

    return scenario


ENCRYPT = "encrypt_message"
case(ENCRYPT, "SEC_E_OK", lambda: encrypt(sasl().client))
case(ENCRYPT, "SEC_E_BUFFER_TOO_SMALL", lambda: encrypt(sasl().client, buffers((DATA, b"hello"), (PADDING, 8))))
case(ENCRYPT, "SEC_E_CONTEXT_EXPIRED", lambda: encrypt(closed_sasl()))
case(ENCRYPT, "SEC_E_INVALID_HANDLE", lambda: encrypt(CtxtHandle()))
case(ENCRYPT, "SEC_E_INVALID_TOKEN", lambda: encrypt(sasl().client, buffers((PADDING, 24))))
case(ENCRYPT, "SEC_E_QOP_NOT_SUPPORTED", on_context(lambda pair: encrypt(pair.client)))

DECRYPT = "decrypt_message"
case(DECRYPT, "SEC_E_OK", relayed(lambda pair, record: decrypt(pair.server, record)))
case(DECRYPT, "SEC_E_MESSAGE_ALTERED", relayed(lambda pair, record: decrypt(pair.server, b"\xff" * 8 + record[8:])))
case(DECRYPT, "SEC_E_OUT_OF_SEQUENCE", relayed(lambda pair, _: decrypt(pair.server, encrypt(pair.client))))
case(DECRYPT, "SEC_E_INCOMPLETE_MESSAGE", relayed(lambda pair, record: decrypt(pair.server, record[:10])))
case(DECRYPT, "SEC_E_INVALID_HANDLE", lambda: decrypt(CtxtHandle(), bytes(32)))
case(DECRYPT, "SEC_E_CONTEXT_EXPIRED", lambda: decrypt(closed_sasl(), bytes(32)))
case(
    DECRYPT,
    "SEC_E_INVALID_TOKEN",
    relayed(lambda pair, record: sspi.decrypt_message(pair.server, buffers((STREAM, record)), 0)),
)
case(
    DECRYPT,
    "SEC_E_BUFFER_TOO_SMALL",
    relayed(lambda pair, record: sspi.decrypt_message(pair.server, buffers((TOKEN, record), (DATA, b"")), 0)),
)
case(DECRYPT, "SEC_E_QOP_NOT_SUPPORTED", on_context(lambda pair: decrypt(pair.client, bytes(32))))
