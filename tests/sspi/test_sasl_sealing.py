"""encrypt_message and decrypt_message on DIGEST-MD5 contexts."""

from __future__ import annotations

import threading

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus, SecBuffer, SecBufferDesc, SecBufferFlags
from tests.sspi.records import seal, unseal
from tests.sspi.refusals import refused
from tests.sspi.wiring import DATA, PADDING, PRIVACY, TOKEN, SASLPair, buffers


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 8, 13, 14, 4096, 65000])
@pytest.mark.parametrize("memory", [bytearray, lambda octets: memoryview(bytearray(octets))], ids=["bytearray", "view"])
def test_sealing_in_place(pair, size, memory):
    """The caller's memory holds the ciphertext, then again the message; PADDING gets 16 octets, up to 24 with 3des."""
    plain = bytes(number % 251 for number in range(size))
    sealed = pair.client.digest_context.mechanism.qop == "auth-conf"
    for sender, receiver in pair.ends():
        octets = memory(plain)
        array = SecBufferDesc([SecBuffer(octets, DATA), SecBuffer(bytearray(24), PADDING)])
        sspi.encrypt_message(sender, 0, array, 0)
        assert bytes(octets) == array[0].data
        assert size < 8 or (bytes(octets) == plain) is not sealed
        assert 16 <= array[1].count <= 24
        qop = sspi.decrypt_message(receiver, array, 0)
        assert bytes(octets) == array[0].data == plain
        assert qop == (0 if sealed else sspi.QopFlags.SECQOP_WRAP_NO_ENCRYPT)


@pytest.mark.parametrize(
    "layout",
    [
        ((DATA, None), (PADDING, 24)),
        ((DATA, None), (DATA, 24)),
        ((DATA, None), (TOKEN, 24)),
        ((TOKEN, 0), (DATA, None), (PADDING, 24)),
        ((TOKEN, 24), (DATA, None), (PADDING, 8)),
        ((TOKEN, 7), (DATA, None), (PADDING, 24)),
        ((TOKEN, 5), (DATA, None), (TOKEN, 4), (PADDING, 24)),
    ],
)
def test_joined_buffers_are_the_record(pair, layout):
    """In each layout the buffers one after the other are RFC 2831's record, and can be unsealed as one."""
    array = buffers(*((kind, b"the message" if size is None else size) for kind, size in layout))
    sspi.encrypt_message(pair.client, 0, array, 0)
    record = b"".join(buffer.data for buffer in array)
    assert len(record) <= 11 + 24
    assert pair.server.digest_context.mechanism.unwrap(record) == b"the message"


def test_readonly_buffers_are_left_alone(pair):
    """A READONLY DATA buffer is neither enciphered nor written into; one that may be written is found behind it."""
    header = SecBuffer(bytearray(b"header"), DATA, SecBufferFlags.SECBUFFER_READONLY)
    body, trailer = SecBuffer(bytearray(b"message"), DATA), SecBuffer(bytearray(24), PADDING)
    sspi.encrypt_message(pair.client, 0, SecBufferDesc([header, body, trailer]), 0)
    assert header.data == b"header"
    assert unseal(pair.server, body.data + trailer.data) == b"message"


def test_a_record_that_was_not_made_is_not_counted(pair):
    """Too little room, no DATA, READONLY DATA only, another qop, too long a message: no sequence number is spent."""
    readonly = SecBuffer(bytearray(b"m"), DATA, SecBufferFlags.SECBUFFER_READONLY)
    longest = sspi.query_context_attributes(pair.client, sspi.SecPkgContextStreamSizes).maximum_message
    for message, code in (
        (buffers((DATA, b"m"), (PADDING, 15)), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((DATA, b"m")), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((DATA, longest + 1), (PADDING, 24)), NtStatus.SEC_E_BUFFER_TOO_SMALL),
        (buffers((PADDING, 24)), NtStatus.SEC_E_INVALID_TOKEN),
        (SecBufferDesc([readonly, SecBuffer(bytearray(24), PADDING)]), NtStatus.SEC_E_INVALID_TOKEN),
    ):
        with refused(code):
            sspi.encrypt_message(pair.client, 0, message, 0)
    with refused(NtStatus.SEC_E_QOP_NOT_SUPPORTED):
        sspi.encrypt_message(pair.client, 7, buffers((DATA, b"m"), (PADDING, 24)), 0)
    assert unseal(pair.server, seal(pair.client, b"m")) == b"m"
    assert unseal(pair.server, seal(pair.client, bytes(longest))) == bytes(longest)


def test_a_short_record_waits_for_the_rest(pair):
    """SEC_E_INCOMPLETE_MESSAGE leaves the context alive; the whole record then passes."""
    record = seal(pair.client, b"")
    for end in (0, 10, 15):
        with refused(NtStatus.SEC_E_INCOMPLETE_MESSAGE):
            unseal(pair.server, record[:end])
    assert unseal(pair.server, record) == b""


def test_the_receiver_may_have_one_buffer(pair):
    """A whole record in DATA becomes the message in place, with its count."""
    octets = bytearray(seal(pair.client, b"message"))
    array = SecBufferDesc([SecBuffer(octets, DATA)])
    sspi.decrypt_message(pair.server, array, 0)
    assert array[0].data == octets[:7] == b"message"


def test_a_small_receiver_is_told_before_the_record_is_used_up(pair):
    """SEC_E_BUFFER_TOO_SMALL where the message cannot fit, and the same record passes with more room."""
    record = seal(pair.client, bytes(100))
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.decrypt_message(pair.server, buffers((TOKEN, record), (DATA, 0)), 0)
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.decrypt_message(
            pair.server, buffers((TOKEN, record[:60]), (DATA, record[60:90]), (PADDING, record[90:])), 0
        )
    assert unseal(pair.server, record) == bytes(100)


def test_a_readonly_receiver_is_too_small(pair):
    """Nothing is written into a READONLY buffer, and the record is not used up."""
    record = seal(pair.client, b"message")
    readonly = SecBufferDesc([SecBuffer(bytearray(record), DATA, SecBufferFlags.SECBUFFER_READONLY)])
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.decrypt_message(pair.server, readonly, 0)
    assert unseal(pair.server, record) == b"message"


def test_one_thread_encrypts_while_another_decrypts():
    """Both directions of one context at full speed in two threads: every record arrives."""
    pair = SASLPair(client_flags=PRIVACY).login()
    incoming = [seal(pair.server, b"to the client %d" % number) for number in range(300)]
    received: list[bytes] = []
    sent: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: received.extend(unseal(pair.client, record) for record in incoming)),
        threading.Thread(target=lambda: sent.extend(seal(pair.client, b"to the server %d" % n) for n in range(300))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert received == [b"to the client %d" % number for number in range(300)]
    assert [unseal(pair.server, record) for record in sent] == [b"to the server %d" % number for number in range(300)]


def test_sequence_numbers_of_the_caller_are_not_looked_at(pair):
    """sspilib counts its calls; the records are counted here."""
    array = buffers((DATA, b"m"), (PADDING, 24))
    sspi.encrypt_message(pair.client, 0, array, 41)
    assert sspi.decrypt_message(pair.server, array, 7) in (0, sspi.QopFlags.SECQOP_WRAP_NO_ENCRYPT)
