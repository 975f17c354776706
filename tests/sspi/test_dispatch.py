"""The function table of the security package and its Sp* members."""

from __future__ import annotations

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus, dispatch
from tests.sspi.refusals import refused
from tests.sspi.wiring import DATA, PADDING, PRIVACY, TOKEN, HTTPPair, SASLPair, buffers


def test_the_function_table():
    """SpUserModeInitialize gives one table; its members stand in the order of ntsecpkg.h and are the Sp* functions."""
    version, (table,) = dispatch.SpUserModeInitialize(dispatch.SECPKG_INTERFACE_VERSION)
    assert version == 0x00010000
    assert [getattr(table, field).__name__ for field in type(table).__dataclass_fields__] == [
        "SpInstanceInit", "SpInitUserModeContext", "SpMakeSignature", "SpVerifySignature", "SpSealMessage",
        "SpUnsealMessage", "SpGetContextToken", "SpQueryContextAttributes", "SpCompleteAuthToken", "SpDeleteContext",
        "SpFormatCredentials", "SpMarshallSupplementalCreds", "SpExportSecurityContext", "SpImportSecurityContext",
    ]  # fmt: skip


def test_a_conversation_through_the_table():
    """Sign, verify, seal and unseal by the functions of the table alone."""
    (table,) = dispatch.SpUserModeInitialize(0x00010000).tables
    pair = SASLPair(client_flags=PRIVACY).login()
    signing = buffers((TOKEN, 16), (DATA, b"m"))
    assert table.make_signature(pair.client, 0, signing, 0) == 0
    assert table.verify_signature(pair.server, signing, 0) == 0
    sealing = buffers((DATA, b"m"), (PADDING, 24))
    assert table.seal_message(pair.server, 0, sealing, 0) == 0
    assert table.unseal_message(pair.client, sealing, 0) == 0
    assert sealing[0].data == b"m"
    assert table.delete_user_mode_context(pair.client) == 0


@pytest.mark.parametrize("flag", [0x80000000, 0x10000000], ids=["READONLY", "READONLY_WITH_CHECKSUM"])
def test_seal_message_wants_one_data_buffer(flag):
    """No DATA, two of them, or one that may not be written: STATUS_INVALID_PARAMETER, nothing spent."""
    pair = SASLPair(client_flags=PRIVACY).login()
    readonly = sspi.SecBufferDesc([sspi.SecBuffer(bytearray(b"m"), DATA, flag), *buffers((PADDING, 24))])
    for message in (buffers((PADDING, 24)), buffers((DATA, b"m"), (DATA, 24), (PADDING, 24)), readonly):
        with refused(NtStatus.STATUS_INVALID_PARAMETER):
            dispatch.SpSealMessage(pair.client, 0, message, 0)
    sealing = buffers((DATA, b"m"), (PADDING, 24))
    dispatch.SpSealMessage(pair.client, 0, sealing, 0)
    assert dispatch.SpUnsealMessage(pair.server, sealing, 0) == 0


def test_seal_message_on_contexts_without_a_layer():
    """HTTP, qop=auth, closed and empty: STATUS_INVALID_HANDLE."""
    closed = SASLPair(client_flags=PRIVACY).login().client
    sspi.delete_security_context(closed)
    for context in (HTTPPair().login().client, SASLPair().login().client, closed, sspi.CtxtHandle()):
        with refused(NtStatus.STATUS_INVALID_HANDLE):
            dispatch.SpSealMessage(context, 0, buffers((DATA, b"m"), (PADDING, 24)), 0)
