"""NtStatus and WindowsError: each code with its sentence, and errors below translated into codes."""

from __future__ import annotations

import pickle
import re
from collections import Counter
from pathlib import Path

import pytest

import digest_http
from digest_http.errors import DigestError, FieldTooLarge
from digest_http.httpauth.verdict import Verdict
from digest_http.sspi import NtStatus, WindowsError
from digest_http.sspi.values.status import failure, translated
from tests.sspi.refusals import refused


def test_codes_and_their_sentences():
    """Each code has a name, a number and a sentence; the error is an OSError with the signed number."""
    for status in NtStatus:
        error = failure(status)
        assert error.status is status
        assert error.winerror == (status if status < 0x80000000 else status - (1 << 32))
        assert error.errno == error.winerror
        assert f"{status.name} (0x{status:08X})." in str(error)
        assert str(error).endswith(".")
    unknown = WindowsError(5)
    assert unknown.status is None
    assert "an unknown code (0x00000005)." in str(unknown)


def test_each_number_is_written_once():
    """The codes that several rooms carry stand in sspi_status.py, all others in NtStatus."""
    package = Path(digest_http.__file__).parent
    found = [
        number
        for path in package.rglob("*.py")
        for number in re.findall(r"0x80090[0-9A-F]{3}", path.read_text("utf-8"))
    ]
    # SEC_E_NOT_SUPPORTED is a second name.
    assert [number for number, times in Counter(found).items() if times > 1] == ["0x80090302"]


def test_errors_are_pickled_whole():
    """A process pool carries them."""
    error = pickle.loads(pickle.dumps(failure(NtStatus.SEC_E_LOGON_DENIED)))  # noqa: S301 - our own octets
    assert (error.status, str(error)) == (NtStatus.SEC_E_LOGON_DENIED, str(failure(NtStatus.SEC_E_LOGON_DENIED)))


def test_codes_of_the_rooms_below_are_known():
    """Every code that an error or a verdict carries is an NtStatus, so each can be raised by name."""

    def kinds(kind):
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in kinds(child))]

    for kind in kinds(DigestError):
        assert NtStatus(kind.sspi_status)
    for verdict in Verdict:
        assert verdict.sspi_status == NtStatus(verdict.sspi_status)


def test_what_is_translated():
    """Errors below become codes with themselves as the cause; running out of memory is one; others stay themselves."""

    def fail(error: Exception) -> None:
        with translated:
            raise error

    with refused(NtStatus.SEC_E_INVALID_TOKEN) as caught:
        fail(FieldTooLarge("too long"))
    assert isinstance(caught.value.__cause__, FieldTooLarge)
    with refused(NtStatus.SEC_E_INSUFFICIENT_MEMORY):
        fail(MemoryError())
    with pytest.raises(ZeroDivisionError):
        fail(ZeroDivisionError())
