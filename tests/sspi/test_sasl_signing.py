"""make_signature and verify_signature on DIGEST-MD5 contexts."""

from __future__ import annotations

from digest_http import sspi
from digest_http.sspi import NtStatus, SecBuffer, SecBufferDesc, SecBufferFlags
from tests.sspi.refusals import refused
from tests.sspi.wiring import DATA, INTEGRITY, PADDING, TOKEN, SASLPair, buffers


def test_the_classic_order_and_the_other(pair):
    """TOKEN, DATA, PADDING as on the Digest page, and DATA, TOKEN as in the general sample: found by type."""
    for sender, receiver in pair.ends():
        for order in (((TOKEN, 16), (DATA, b"m"), (PADDING, b"")), ((DATA, b"m"), (TOKEN, 40))):
            message = buffers(*order)
            sspi.make_signature(sender, 0, message, 0)
            signature = next(buffer for buffer in message if buffer.buffer_type == TOKEN)
            assert signature.count == 16
            assert sspi.verify_signature(receiver, buffers((DATA, b"m"), (TOKEN, signature.data)), 0) == 0


def test_signing_leaves_what_it_is_told_to():
    """Data with either flag is not signed: "Signing a Message" has the one, "MakeSignature (Digest)" the other."""
    pair = SASLPair(client_flags=INTEGRITY).login()
    readonly, skipped = SecBufferFlags.SECBUFFER_READONLY, SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM
    token = SecBuffer(bytearray(16), TOKEN)
    parts = [SecBuffer(bytearray(b"ab"), DATA, readonly), SecBuffer(bytearray(b"--"), DATA, skipped), token,
             SecBuffer(bytearray(b"cd"), DATA)]  # fmt: skip
    sspi.make_signature(pair.client, 0, SecBufferDesc(parts), 0)
    assert [part.data for part in parts if part is not token] == [b"ab", b"--", b"cd"]
    assert sspi.verify_signature(pair.server, buffers((TOKEN, token.data), (DATA, b"cd")), 0) == 0


def test_a_signature_that_was_not_made_is_not_counted(pair):
    """A small or missing TOKEN, or no DATA, spends no sequence number."""
    for message, code in (
        (buffers((TOKEN, 15), (DATA, b"m")), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (SecBufferDesc([SecBuffer(bytearray(16), TOKEN, SecBufferFlags.SECBUFFER_READONLY),
                        SecBuffer(bytearray(b"m"), DATA)]), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((DATA, b"m")), NtStatus.SEC_E_INVALID_TOKEN),
        (buffers((TOKEN, 16)), NtStatus.SEC_E_INVALID_TOKEN),
    ):  # fmt: skip
        with refused(code):
            sspi.make_signature(pair.client, 0, message, 0)
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.make_signature(pair.client, 1, buffers((TOKEN, 16), (DATA, b"m")), 0)
    message = buffers((TOKEN, 16), (DATA, b"m"))
    sspi.make_signature(pair.client, 0, message, 0)
    assert message[0].data.endswith(b"\x00\x01\x00\x00\x00\x00")


def test_replayed_altered_and_misshapen_signatures(pair):
    """Each is told apart, and the first one ends the context."""
    message = buffers((TOKEN, 16), (DATA, b"m"))
    sspi.make_signature(pair.client, 0, message, 0)
    sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sspi.verify_signature(pair.server, message, 0)
    with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
        sspi.verify_signature(pair.client, buffers((TOKEN, b"short"), (DATA, b"m")), 0)


def test_sequence_numbers_that_are_used_up_need_a_new_handshake(pair):
    """SEC_I_RENEGOTIATE from make_signature; on encrypt_message's page it is SEC_E_CONTEXT_EXPIRED."""
    pair.client.digest_context.mechanism._sender._next = 1 << 32  # noqa: SLF001 - four billion records take too long
    with refused(NtStatus.SEC_I_RENEGOTIATE):
        sspi.make_signature(pair.client, 0, buffers((TOKEN, 16), (DATA, b"m")), 0)
    with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
        sspi.encrypt_message(pair.client, 0, buffers((DATA, b"m"), (PADDING, 24)), 0)
