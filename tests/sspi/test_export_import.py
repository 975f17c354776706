"""export_security_context and import_security_context: a context moves to another handle."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.sspi import ContextExport, NtStatus, dispatch
from tests.sspi.refusals import refused
from tests.sspi.wiring import DATA, PADDING, PRIVACY, HTTPPair, SASLPair, buffers, http_message


def test_export_and_import():
    """An imported handle goes on where the other was: nc rises, and the blob is good once."""
    pair = HTTPPair().login()
    pair.sign()
    blob = sspi.export_security_context(pair.client)
    assert len(blob) == 32
    again = sspi.import_security_context("wdigest", blob)
    message = http_message()
    sspi.make_signature(again, 0, message, 0)
    assert b"nc=00000003" in message[4].data
    with refused(NtStatus.SEC_E_UNKNOWN_CREDENTIALS):
        sspi.import_security_context("WDigest", blob)


def test_export_that_deletes_the_old():
    """DELETE_OLD leaves the old handle empty; running ciphers move with the context."""
    pair = SASLPair(client_flags=PRIVACY).login()
    blob = sspi.export_security_context(pair.client, ContextExport.SECPKG_CONTEXT_EXPORT_DELETE_OLD)
    with refused(NtStatus.SEC_E_INVALID_HANDLE):
        sspi.make_signature(pair.client, 0, buffers(), 0)
    moved = sspi.CtxtHandle()
    dispatch.SpInitUserModeContext(moved, blob)
    array = buffers((DATA, b"m"), (PADDING, 24))
    sspi.encrypt_message(moved, 0, array, 0)
    assert sspi.decrypt_message(pair.server, array, 0) == 0


@pytest.mark.parametrize("flag", [ContextExport.SECPKG_CONTEXT_EXPORT_RESET_NEW, 4, 8])
def test_exports_that_cannot_be(flag):
    """RESET_NEW, TO_KERNEL, and flags that do not exist."""
    with refused(NtStatus.SEC_E_UNSUPPORTED_FUNCTION):
        sspi.export_security_context(HTTPPair().login().client, flag)
