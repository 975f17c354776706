"""Every arrangement of buffers, against the model of the pages in arrays.py. `pair` has each layer once."""

from __future__ import annotations

from typing import Any

import pytest

from digest_http import sspi
from digest_http.sspi import NtStatus, SecBufferDesc, WindowsError
from tests.sspi.arrays import CHECKSUM, READONLY, Part, arrangements, contents, filled, sealing, signing
from tests.sspi.records import seal, unseal
from tests.sspi.refusals import refused
from tests.sspi.wiring import DATA, PADDING, STREAM, STREAM_TRAILER, TOKEN, buffers


def outcome(call: Any, *arguments: Any) -> NtStatus | None:
    """The code of a call."""
    try:
        call(*arguments)
    except WindowsError as error:
        return error.status
    return NtStatus.SEC_E_OK


def block_of(pair: Any) -> int:
    """The padding unit of the layer."""
    return 8 if pair.client.digest_context.mechanism.cipher == "3des" else 1


def record_of(array: SecBufferDesc, arrangement: tuple[Part, ...]) -> bytes:
    """The buffers that carry no flag and are not EMPTY, joined."""
    return b"".join(buffer.data for buffer, part in zip(array, arrangement, strict=True) if part.live and part.kind)


@pytest.mark.once
@pytest.mark.obeys("sspi-seal")
def test_sealing_every_arrangement(pair):
    """What encrypt_message makes of an array is one record of the DATA in it, and decrypt_message takes it back.

    The same array is made twice: one record is opened by RFC 2831's own layer, one in the buffers that it was made in.
    An array that is refused, and a buffer that takes no part, stays as it was; no record is missing afterwards.
    """
    block = block_of(pair)
    for arrangement in arrangements():
        code, message = sealing(arrangement, block)
        array, twin = filled(arrangement), filled(arrangement)
        before = contents(array)
        assert outcome(sspi.encrypt_message, pair.client, 0, array, 0) is code, arrangement
        if code is not NtStatus.SEC_E_OK:
            assert contents(array) == before, arrangement
            continue
        plain = b"".join(before[place][0] for place in message)
        assert pair.server.digest_context.mechanism.unwrap(record_of(array, arrangement)) == plain, arrangement
        sspi.encrypt_message(pair.client, 0, twin, 0)
        sspi.decrypt_message(pair.server, twin, 0)
        for place, part in enumerate(arrangement):
            if place in message:
                assert twin[place].data == before[place][0], arrangement
            elif not part.live or not part.kind:
                assert contents(array)[place] == contents(twin)[place] == before[place], arrangement


def test_signing_every_arrangement(pair):
    """The signature is that of the DATA without a flag, nothing else is written, and the same array verifies."""
    for arrangement in arrangements():
        code, message = signing(arrangement)
        array = filled(arrangement)
        before = contents(array)
        assert outcome(sspi.make_signature, pair.client, 0, array, 0) is code, arrangement
        if code is not NtStatus.SEC_E_OK:
            assert contents(array) == before, arrangement
            continue
        token = next(place for place, part in enumerate(arrangement) if part.kind == TOKEN)
        assert array[token].count == 16
        assert [entry for place, entry in enumerate(contents(array)) if place != token] == [
            entry for place, entry in enumerate(before) if place != token
        ]
        after = contents(array)
        assert sspi.verify_signature(pair.server, array, 0) == 0, arrangement
        assert contents(array) == after
        plain = b"".join(before[place][0] for place in message)
        sspi.make_signature(pair.client, 0, array, 0)
        pair.server.digest_context.mechanism.verify(plain, array[token].data)


@pytest.mark.parametrize(
    "cut",
    [
        (DATA, STREAM_TRAILER), (TOKEN, DATA), (PADDING, DATA, DATA), (DATA, DATA, DATA), (DATA, TOKEN, DATA, PADDING),
        (DATA | READONLY, DATA, DATA | CHECKSUM, DATA, TOKEN | READONLY),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 40])
def test_a_record_cut_anywhere_is_one_record(pair, cut, size):
    """However a record is spread over buffers, DATA receives its message; too little room uses nothing up."""
    plain = bytes(range(size))
    for first in range(0, size + 16, 5):
        record = seal(pair.client, plain)
        live = [index for index, word in enumerate(cut) if not word & (READONLY | CHECKSUM)]
        pieces: dict[int, bytes] = dict.fromkeys(range(len(cut)), b"flagged")
        rest = record
        for index in live[:-1]:
            pieces[index], rest = rest[:first], rest[first:]
        pieces[live[-1]] = rest
        array = buffers(*((word, pieces[index]) for index, word in enumerate(cut)))
        before = contents(array)
        room = sum(len(pieces[index]) for index in live if cut[index] == DATA)
        code = outcome(sspi.decrypt_message, pair.server, array, 0)
        if room < size:
            assert code is NtStatus.SEC_E_BUFFER_TOO_SMALL
            assert contents(array) == before
            assert unseal(pair.server, record) == plain
            continue
        assert code is NtStatus.SEC_E_OK
        assert b"".join(array[index].data for index in live if cut[index] == DATA) == plain
        assert all(array[index].data == b"flagged" for index in range(len(cut)) if index not in live)


@pytest.mark.parametrize("follow", ["the same", "the next", "a signature"])
def test_a_message_that_did_not_fit_is_not_passed_over(pair, follow):
    """The same record again is taken; anything else in its place is SEC_E_OUT_OF_SEQUENCE and ends the context.

    With 3des it is known only once the record is deciphered how long its message is.
    """
    record = seal(pair.client, bytes(7))
    for _ in range(2):
        with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
            sspi.decrypt_message(pair.server, buffers((TOKEN, record[:-6]), (DATA, record[-6:])), 0)
    if follow == "the same":
        assert unseal(pair.server, record) == bytes(7)
        assert unseal(pair.server, seal(pair.client, b"next")) == b"next"
        return
    if follow == "the next":
        array, call = buffers((STREAM, seal(pair.client, b"next")), (DATA, None)), sspi.decrypt_message
    else:
        array, call = buffers((TOKEN, 16), (DATA, b"x")), sspi.verify_signature
        sspi.make_signature(pair.client, 0, array, 0)
    with refused(NtStatus.SEC_E_OUT_OF_SEQUENCE):
        call(pair.server, array, 0)
    assert repr(pair.server) == "<CtxtHandle SASLServerContext: closed>"


@pytest.mark.obeys("sspi-seal")
@pytest.mark.parametrize("layout", [(STREAM, DATA), (DATA,), (TOKEN, DATA, PADDING), (DATA, DATA, STREAM_TRAILER)])
def test_a_wrong_record_leaves_the_buffers(pair, layout):
    """An altered record is left as it came; the context has ended, and its repr and every function say so."""
    record = seal(pair.client, bytes(10))
    wrong = b"\xff" * 9 + record[9:]
    parts = [(kind, wrong[12 * index : 12 * index + 12]) for index, kind in enumerate(layout[:-1])]
    array = buffers(*parts, (layout[-1], wrong[12 * len(parts) :]))
    if layout == (STREAM, DATA):
        array = buffers((STREAM, wrong), (DATA, None))
    elif layout == (DATA,):
        array = buffers((DATA, wrong))
    before = contents(array)
    with refused(NtStatus.SEC_E_MESSAGE_ALTERED):
        sspi.decrypt_message(pair.server, array, 0)
    assert contents(array) == before
    assert repr(pair.server) == "<CtxtHandle SASLServerContext: closed>"
    for call in (
        lambda: unseal(pair.server, record),
        lambda: seal(pair.server, b"x"),
        lambda: sspi.export_security_context(pair.server),
        lambda: sspi.query_context_attributes(pair.server, sspi.SecPkgContextSizes),
    ):
        with refused(NtStatus.SEC_E_CONTEXT_EXPIRED):
            call()
    sspi.delete_security_context(pair.server)


def test_a_record_over_our_maxbuf_is_refused_unread(pair):
    """It is longer than the peer was told to make them: SEC_E_BUFFER_TOO_SMALL, and the context lives."""
    array = buffers((STREAM, bytes(65537)), (DATA, None))
    with refused(NtStatus.SEC_E_BUFFER_TOO_SMALL):
        sspi.decrypt_message(pair.server, array, 0)
    assert array[0].data == bytes(65537)
    assert unseal(pair.server, seal(pair.client, b"m")) == b"m"


def test_a_stream_that_may_not_be_written(pair):
    """The message of a READONLY STREAM is in memory of our own; one DATA is pointed at it, no more."""
    record = seal(pair.client, b"message")
    with refused(NtStatus.SEC_E_INVALID_TOKEN):
        sspi.decrypt_message(pair.server, buffers((STREAM, record), (DATA, None), (DATA, None)), 0)
    array = buffers((STREAM | READONLY, record), (DATA | READONLY, b"header"), (DATA, None))
    sspi.decrypt_message(pair.server, array, 0)
    assert [buffer.data for buffer in array] == [record, b"header", b"message"]


def test_memory_that_is_longer_than_its_count(pair):
    """A buffer that a call has shortened keeps its memory: it seals its count, and receives what it has room for."""
    array = buffers((DATA, seal(pair.client, b"message")), (PADDING, 24))
    sspi.decrypt_message(pair.server, SecBufferDesc([array[0]]), 0)
    used, padding = array[0], array[1]
    assert (used.data, used.count < used.room) == (b"message", True)
    for text in (b"12345", b"1234567890"):
        # The second time PADDING has a count of less than its room, too.
        both = SecBufferDesc([used, buffers((DATA, text))[0], padding])
        sspi.encrypt_message(pair.client, 0, both, 0)
        sspi.decrypt_message(pair.server, both, 0)
        assert [both[0].data, both[1].data] == [b"message", text]
    record = seal(pair.client, bytes(20))
    used.dangerous_get_view()[:] = record[-7:]
    sspi.decrypt_message(pair.server, SecBufferDesc([buffers((TOKEN, record[:-7]))[0], used]), 0)
    assert used.data == bytes(20)
