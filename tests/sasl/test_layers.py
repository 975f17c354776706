"""Records between two ends: every size, every fault, threads, limits and memory."""

from __future__ import annotations

import threading
import tracemalloc
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import (
    ContextExpired,
    DigestError,
    MalformedField,
    MessageAltered,
    MessageTooLarge,
    OutOfSequence,
)
from digest_http.sasl import confidentiality, integrity, keys
from digest_http.sasl.ciphers import CIPHERS

MEBI = 1 << 20
SESSION = bytes(range(16))
LAYERS = ("auth-int", *CIPHERS)


def halves(layer: str, limit: int | None = None) -> tuple[integrity.Signer, integrity.Verifier]:
    """A sender and its receiver."""
    key = keys.integrity_keys(SESSION)[0]
    if layer == "auth-int":
        return integrity.Signer(key, limit), integrity.Verifier(key, limit)
    spec = CIPHERS[layer]
    sealing = keys.sealing_keys(SESSION, spec.key_octets)[0]
    return confidentiality.Sealer(key, limit, spec, sealing), confidentiality.Unsealer(key, limit, spec, sealing)


def test_messages_of_any_length_both_ways(pair, layer):
    """State runs on over many records; both directions are independent."""
    both = pair(layer).login()
    for length in (*range(34), 255, 256, 1000, 4096, 65512):
        message = bytes(length % 251 for _ in range(length))
        for sender, receiver in both.ends():
            record = sender.wrap(message)
            assert receiver.unwrap(record) == message
            assert len(record) - length in range(16, 25)
            assert layer == "auth-int" or length < 8 or message not in record


def test_a_record_is_never_repeated(pair, layer):
    """The same message twice is two different records."""
    both = pair(layer).login()
    assert both.client.wrap(b"message!") != both.client.wrap(b"message!")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda octets: memoryview(array("B", octets))])
def test_any_buffer_is_taken(pair, layer, kind):
    """bytes, bytearray and memoryview, in and out; what comes back is bytes."""
    both = pair(layer).login()
    message = b"0123456789"
    record = both.client.wrap(kind(message))
    assert type(record) is bytes
    clear = both.server.unwrap(kind(record))
    assert type(clear) is bytes
    assert clear == message


def test_views_with_gaps_and_of_other_items(pair, layer):
    """A view with gaps is copied; a view of numbers is their octets."""
    both = pair(layer).login()
    assert both.server.unwrap(both.client.wrap(memoryview(b"a-b-c-")[::2])) == b"abc"
    assert both.server.unwrap(both.client.wrap(memoryview(array("H", [0x4141, 0x4242])))) == b"AABB"


def test_text_is_a_type_error_and_costs_nothing(pair, layer):
    """A programming error is Python's own, and no record is lost by it."""
    both = pair(layer).login()
    with pytest.raises(TypeError):
        both.client.wrap("text")
    assert both.server.unwrap(both.client.wrap(b"next")) == b"next"


# --- faults ---


def spoil(record: bytes, position: int) -> bytes:
    """The record with one bit turned."""
    changed = bytearray(record)
    changed[position] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda record: spoil(record, 0), MessageAltered),
        (lambda record: spoil(record, -7), MessageAltered),
        (lambda record: spoil(record, -16), MessageAltered),
        (lambda record: spoil(record, -5), MalformedField),
        (lambda record: spoil(record, -6), MalformedField),
        (lambda record: spoil(record, -1), OutOfSequence),
        (lambda record: spoil(record, -4), OutOfSequence),
        (lambda _record: b"", MalformedField),
        (lambda record: record[-15:], MalformedField),
        (lambda record: record[8:], MessageAltered),
        (lambda record: record + record, MessageAltered),
    ],
)
def test_a_faulty_record_ends_the_context(pair, layer, change, error):
    """Its error says what was wrong; afterwards nothing works, and never an empty result."""
    both = pair(layer).login()
    record = both.client.wrap(b"0123456789abcdef")
    faulty = change(record)
    # Two records joined are not whole blocks of DES: its number of octets is wrong before its MAC is.
    expected = (
        MalformedField if len(faulty) == 2 * len(record) and CIPHERS.get(layer, CIPHERS["rc4"]).block > 1 else error
    )
    with pytest.raises(expected):
        both.server.unwrap(faulty)
    assert not both.server.complete
    for call in (lambda: both.server.unwrap(record), lambda: both.server.wrap(b"")):
        with pytest.raises(ContextExpired):
            call()


@pytest.mark.parametrize("operation", ["unwrap", "unseal_in_place"])
def test_a_replayed_record(pair, layer, operation):
    """A record counts once."""
    both = pair(layer).login()
    record = both.client.wrap(b"one")
    assert both.server.unwrap(record) == b"one"
    with pytest.raises(OutOfSequence):
        getattr(both.server, operation)(bytearray(record))
    assert not both.server.complete


@pytest.mark.parametrize("operation", ["unwrap", "unseal_in_place"])
def test_a_dropped_record(pair, layer, operation):
    """The next one is not taken in its place."""
    both = pair(layer).login()
    both.client.wrap(b"one")
    with pytest.raises(OutOfSequence):
        getattr(both.server, operation)(bytearray(both.client.wrap(b"two")))
    assert not both.server.complete


def test_an_altered_record_in_place(pair, layer):
    """As unwrap has it."""
    both = pair(layer).login()
    with pytest.raises(MessageAltered):
        both.server.unseal_in_place(bytearray(spoil(both.client.wrap(b"message"), 0)))
    assert not both.server.complete


def test_an_own_record_sent_back_is_refused(pair, layer):
    """Each direction has keys of its own."""
    both = pair(layer).login()
    with pytest.raises(MessageAltered):
        both.client.unwrap(both.client.wrap(b"message"))


@pytest.mark.parametrize("layer", ["3des", "des"])
@pytest.mark.parametrize("padding", [b"\x00", b"\x09" * 9, b"\x01\x02", b"\x02\x01\x02", b"\x07" * 6, b"\xff"])
def test_wrong_padding_is_the_same_error_as_a_wrong_mac(layer, padding):
    """No oracle: one class, one text, for padding under a right MAC and for a wrong MAC."""
    sender, receiver = halves(layer)
    assert isinstance(sender, confidentiality.Sealer)
    message = b"m" * ((-10 - len(padding)) % 8)
    mac = sender._mac(bytes(4), message)  # noqa: SLF001  # a record that no honest sender makes
    record = sender._update(message + padding + mac) + b"\x00\x01" + bytes(4)  # noqa: SLF001  # as above
    with pytest.raises(MessageAltered) as by_padding:
        receiver.unwrap(record)
    sender, receiver = halves(layer)
    with pytest.raises(MessageAltered) as by_mac:
        receiver.unwrap(spoil(sender.wrap(b"m"), 0))
    assert str(by_padding.value) == str(by_mac.value)


@pytest.mark.parametrize("layer", ["3des", "des"])
def test_padding_is_never_left_out(layer):
    """A message that fills its blocks and ends in a zero is not a message with no padding."""
    sender, receiver = halves(layer)
    assert isinstance(sender, confidentiality.Sealer)
    message = b"mmmmm\x00"
    mac = sender._mac(bytes(4), message)  # noqa: SLF001  # a record that no honest sender makes
    record = sender._update(message + mac) + b"\x00\x01" + bytes(4)  # noqa: SLF001  # as above
    with pytest.raises(MessageAltered):
        receiver.unwrap(record)


@pytest.mark.parametrize("layer", ["3des", "des"])
def test_padding_of_every_length(layer):
    """One to eight octets, never none."""
    sender, receiver = halves(layer)
    seen = set()
    for length in range(8):
        record = sender.wrap(bytes(length))
        seen.add(len(record) - 16 - length)
        assert receiver.unwrap(record) == bytes(length)
    assert seen == set(range(1, 9))


@pytest.mark.parametrize("layer", LAYERS)
def test_the_counter_does_not_start_over(layer):
    """After 2**32 records both directions refuse."""
    sender, receiver = halves(layer)
    sender._next = receiver._next = 0xFFFFFFFF  # noqa: SLF001  # four thousand million records take too long
    assert receiver.unwrap(sender.wrap(b"last")) == b"last"
    for call in (lambda: sender.wrap(b""), lambda: receiver.unwrap(bytes(16)), lambda: sender.sign(b"")):
        with pytest.raises(ContextExpired):
            call()
    assert "4294967296" in repr(sender)


# --- the limits of maxbuf ---


def test_a_message_over_the_peers_maxbuf(pair, layer):
    """Refused before anything is consumed; the next one goes through."""
    both = pair(layer, server={"maxbuf": 100}).login()
    limit = both.client.max_message
    assert limit == 100 - (24 if layer in ("3des", "des") else 16)
    with pytest.raises(MessageTooLarge):
        both.client.wrap(bytes(limit + 1))
    record = both.client.wrap(bytes(limit))
    assert len(record) <= 100
    assert both.server.unwrap(record) == bytes(limit)


@pytest.mark.parametrize("operation", ["unwrap", "unseal_in_place"])
def test_a_record_over_our_own_maxbuf(pair, layer, operation):
    """Refused before it is deciphered, and the context ends."""
    both = pair(layer, client={"enforce_maxbuf": False}, server={"maxbuf": 100}).login()
    record = bytearray(both.client.wrap(bytes(200)))
    with pytest.raises(MessageTooLarge):
        getattr(both.server, operation)(record)
    assert not both.server.complete


def test_long_messages_in_parts(pair, layer):
    """Each part fits the peer's maxbuf; an empty message is one part."""
    both = pair(layer, server={"maxbuf": 100}).login()
    message = bytes(range(256)) * 4
    records = list(both.client.wrap_parts(memoryview(message)))
    assert max(map(len, records)) <= 100
    assert b"".join(map(both.server.unwrap, records)) == message
    assert [both.server.unwrap(record) for record in both.client.wrap_parts(b"")] == [b""]


def test_parts_without_a_limit(pair):
    """One record, whatever its length."""
    both = pair("rc4", client={"enforce_maxbuf": False}, server={"enforce_maxbuf": False}).login()
    assert both.client.max_message is None
    (record,) = both.client.wrap_parts(bytes(200_000))
    assert both.server.unwrap(record) == bytes(200_000)


def test_parts_stop_when_the_context_ends(pair):
    """A generator left over from a live context seals nothing."""
    both = pair("rc4", server={"maxbuf": 100}).login()
    parts = both.client.wrap_parts(bytes(500))
    next(parts)
    both.client.close()
    with pytest.raises(ContextExpired):
        next(parts)


@pytest.mark.parametrize(("layer", "maxbuf"), [("auth-int", 16), ("3des", 24)])
def test_a_maxbuf_that_leaves_no_room(pair, layer, maxbuf):
    """Refused at once, not at the first message."""
    both = pair(layer, server={"maxbuf": maxbuf + 1}).login()
    assert both.client.max_message == 1
    if maxbuf > 16:  # 16 itself is refused as a setting
        both = pair(layer, server={"maxbuf": maxbuf})
        with pytest.raises(MessageTooLarge):
            both.client.step(both.server.step())


# --- signing without sealing, sealing in place ---


def test_signing_shares_the_counters(pair, layer):
    """A signature is 16 octets and takes a sequence number like a record."""
    both = pair(layer).login()
    for sender, receiver in both.ends():
        signature = sender.sign(b"in clear")
        assert len(signature) == 16
        receiver.verify(memoryview(b"in clear"), bytearray(signature))
        assert receiver.unwrap(sender.wrap(b"sealed")) == b"sealed"


@pytest.mark.parametrize(
    ("message", "change", "error"),
    [
        (b"other", lambda signature: signature, MessageAltered),
        (b"clear", lambda signature: spoil(signature, 0), MessageAltered),
        (b"clear", lambda signature: spoil(signature, -1), OutOfSequence),
        (b"clear", lambda signature: spoil(signature, -5), MalformedField),
        (b"clear", lambda signature: signature[1:], MalformedField),
    ],
)
def test_a_wrong_signature_ends_the_context(pair, layer, message, change, error):
    """As a faulty record does."""
    both = pair(layer).login()
    with pytest.raises(error):
        both.server.verify(message, change(both.client.sign(b"clear")))
    assert not both.server.complete


def test_two_pieces_and_in_place_are_one_record(pair, layer):
    """Body and trailer joined open as a record; the body is as long as the message."""
    both = pair(layer).login()
    for length in (*range(20), 65509, 65512):
        message = bytes(index % 253 for index in range(length))
        body, trailer = both.client.seal(message)
        assert len(body) == length
        assert both.server.unwrap(body + trailer) == message
        buffer = bytearray(message)
        trailer = both.client.seal_in_place(memoryview(buffer))
        record = buffer + trailer
        assert record[: both.server.unseal_in_place(record)] == message


def test_sealing_in_place_keeps_to_the_limit(pair, layer):
    """The message is untouched when it is too long."""
    both = pair(layer, server={"maxbuf": 100}).login()
    buffer = bytearray(b"m" * 100)
    with pytest.raises(MessageTooLarge):
        both.client.seal_in_place(buffer)
    assert buffer == b"m" * 100
    assert both.server.unwrap(both.client.wrap(b"next")) == b"next"


@pytest.mark.parametrize("layer", LAYERS)
def test_large_buffers_in_place(layer):
    """Over several chunks, with an odd end."""
    sender, receiver = halves(layer)
    message = bytes(range(256)) * 1024 + b"odd"
    buffer = bytearray(message)
    buffer += sender.seal_in_place(buffer)
    assert buffer[: receiver.unseal_in_place(buffer)] == message


# --- threads, size and memory ---


def test_one_thread_wraps_while_another_unwraps(pair, layer):
    """The directions share nothing."""
    both = pair(layer).login()
    messages = [bytes([index % 256]) * (index * 37 % 5000) for index in range(300)]
    inbound = [both.server.wrap(message) for message in messages]
    results: dict[str, list[bytes]] = {}

    def work(name, call, items):
        results[name] = [call(item) for item in items]

    threads = [
        threading.Thread(target=work, args=("out", both.client.wrap, messages)),
        threading.Thread(target=work, args=("in", both.client.unwrap, inbound)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["in"] == messages
    assert [both.server.unwrap(record) for record in results["out"]] == messages


@pytest.mark.parametrize("layer", ["auth-int", "rc4", "3des"])
def test_sixteen_mebibytes_and_their_memory(pair, layer):
    """Whole when limits are off; at most one copy beyond input and output, each way."""
    both = pair(layer, client={"enforce_maxbuf": False}, server={"enforce_maxbuf": False}).login()
    message = bytes(16 * MEBI)
    tracemalloc.start()
    try:
        record = both.client.wrap(memoryview(message))
        wrap_peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        clear = both.server.unwrap(memoryview(record))
        unwrap_peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert clear == message
    # The output is one, the copy is the other.
    assert wrap_peak < 33 * MEBI
    assert unwrap_peak < 33 * MEBI


def test_sixteen_mebibytes_in_parts(pair):
    """Within the limits, by wrap_parts."""
    both = pair("rc4").login()
    message = bytes(16 * MEBI)
    assert b"".join(map(both.server.unwrap, both.client.wrap_parts(message))) == message


def test_in_place_needs_no_second_buffer(pair):
    """16 MiB sealed and opened with under 1 MiB beside it."""
    both = pair("3des", client={"enforce_maxbuf": False}, server={"enforce_maxbuf": False}).login()
    buffer = bytearray(16 * MEBI + 24)
    view = memoryview(buffer)
    tracemalloc.start()
    try:
        trailer = both.client.seal_in_place(view[: 16 * MEBI])
        view[16 * MEBI : 16 * MEBI + len(trailer)] = trailer
        length = both.server.unseal_in_place(view[: 16 * MEBI + len(trailer)])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length == 16 * MEBI
    assert not any(view[: 1 << 16])
    assert peak < MEBI


# --- anything at all ---


@given(layer=st.sampled_from(LAYERS), record=st.binary(max_size=64))
def test_any_record_is_an_error_of_ours(layer, record):
    """Random octets never pass and never raise anything else."""
    for operation in ("unwrap", "unseal_in_place"):
        with pytest.raises(DigestError):
            getattr(halves(layer)[1], operation)(bytearray(record))


@given(layer=st.sampled_from(LAYERS), body=st.binary(max_size=64))
def test_any_record_in_sequence_is_an_error_of_ours(layer, body):
    """The same with a right trailer, so that deciphering is reached."""
    with pytest.raises(DigestError):
        halves(layer)[1].unwrap(body + b"\x00\x01" + bytes(4))


@given(layer=st.sampled_from(LAYERS), messages=st.lists(st.binary(max_size=100), max_size=8))
def test_any_messages_come_back(layer, messages):
    """What goes in comes out, in order, by any of the operations."""
    sender, receiver = halves(layer)
    for index, message in enumerate(messages):
        if index % 2:
            assert receiver.unwrap(sender.wrap(message)) == message
        else:
            record = bytearray(b"".join(sender.seal(message)))
            assert record[: receiver.unseal_in_place(record)] == message
