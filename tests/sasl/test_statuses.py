"""The SSPI status of each error."""

from __future__ import annotations

import pytest

from digest_http.errors import (
    ContextExpired,
    LogonDenied,
    MalformedField,
    MessageAltered,
    MessageTooLarge,
    OutOfSequence,
    QopNotSupported,
    SourceUnavailable,
    WrongPrincipal,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MalformedField, 0x80090308),
        (QopNotSupported, 0x8009030A),
        (LogonDenied, 0x8009030C),
        (MessageAltered, 0x8009030F),
        (OutOfSequence, 0x80090310),
        (ContextExpired, 0x80090317),
        (MessageTooLarge, 0x80090321),
        (WrongPrincipal, 0x80090322),
        (SourceUnavailable, 0x80090311),
    ],
)
def test_each_error_has_its_sspi_status(error, status):
    """The codes of winerror.h, one for each meaning."""
    assert error.sspi_status == status
    assert error("text").reason == error.default_reason
