"""SecBuffer, SecBufferDesc and the HTTP layout."""

import pytest

from digest_http.buffers import HTTPMessage, SecBuffer, SecBufferDesc, SecBufferFlags, SecBufferType
from digest_http.errors import MalformedField
from digest_http.sspi_status import SEC_E_INVALID_TOKEN

LAYOUT = [
    SecBufferType.SECBUFFER_TOKEN,
    SecBufferType.SECBUFFER_PKG_PARAMS,
    SecBufferType.SECBUFFER_PKG_PARAMS,
    SecBufferType.SECBUFFER_PKG_PARAMS,
    SecBufferType.SECBUFFER_PADDING,
]
MESSAGE = HTTPMessage(b"token", b"GET", b"/x", b"hentity", b"padding")


def parts(message):
    """All five values."""
    return (message.token, message.method, message.url, message.hentity, message.padding)


def test_constants_are_those_of_sspi_h():
    """The numbers that the layouts are made of, as the Windows SDK has them."""
    assert [int(kind) for kind in LAYOUT] == [2, 3, 3, 3, 9]
    assert (SecBufferType.SECBUFFER_DATA, SecBufferType.SECBUFFER_CHANNEL_BINDINGS) == (1, 14)
    assert [int(kind) for kind in SecBufferType] == list(range(30))
    assert SecBufferFlags.SECBUFFER_ATTRMASK & SecBufferFlags.SECBUFFER_READONLY == 0x80000000
    assert (
        SecBufferFlags.SECBUFFER_READONLY
        | SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM
        | SecBufferFlags.SECBUFFER_RESERVED
    ) == SecBufferFlags.SECBUFFER_ATTRMASK


def test_a_buffer_has_no_flags_unless_given():
    """The flags stand in the upper bits of the type word; a buffer made without them has none."""
    assert SecBuffer(None, SecBufferType.SECBUFFER_TOKEN).buffer_flags == 0
    assert all(buffer.buffer_flags == 0 for buffer in MESSAGE.to_buffers())
    assert SecBuffer(None, 2, SecBufferFlags.SECBUFFER_READONLY).buffer_flags == 0x80000000


@pytest.mark.obeys("sspi-buffers")
def test_layout_order():
    """TOKEN, method, URL, HEntity, PADDING, in this order and of these types."""
    message = MESSAGE.to_buffers()
    assert [buffer.buffer_type for buffer in message] == LAYOUT
    assert [buffer.data for buffer in message] == list(parts(MESSAGE))
    assert [buffer.count for buffer in message] == [5, 3, 2, 7, 7]
    assert message.version == 0


def test_round_trip():
    """Packed and unpacked is the same message, from bytearrays and from memoryviews."""
    assert parts(HTTPMessage.from_buffers(MESSAGE.to_buffers())) == parts(MESSAGE)
    views = SecBufferDesc(
        SecBuffer(memoryview(bytearray(value)), kind) for value, kind in zip(parts(MESSAGE), LAYOUT, strict=True)
    )
    assert parts(HTTPMessage.from_buffers(views)) == parts(MESSAGE)


def test_packing_copies():
    """Writing into a packed buffer does not change the message, nor the other way."""
    message = MESSAGE.to_buffers()
    message[1].dangerous_get_view()[:] = b"PUT"
    assert MESSAGE.method == b"GET"
    assert HTTPMessage.from_buffers(message).method == b"PUT"


def test_what_need_not_be_given():
    """A buffer has no flags, and a message neither HEntity nor padding, unless they are given."""
    assert SecBuffer(bytearray(), SecBufferType.SECBUFFER_DATA).buffer_flags == SecBufferFlags.SECBUFFER_NONE
    read_only = SecBufferFlags.SECBUFFER_READONLY
    assert SecBuffer(bytearray(), SecBufferType.SECBUFFER_DATA, read_only).buffer_flags == read_only
    assert parts(HTTPMessage(b"token", b"GET", b"/x")) == (b"token", b"GET", b"/x", b"", b"")


def test_empty_buffers():
    """A buffer without memory counts as empty."""
    message = SecBufferDesc(SecBuffer(None, kind) for kind in LAYOUT)
    assert message[0].count == 0
    assert parts(HTTPMessage.from_buffers(message)) == (b"", b"", b"", b"", b"")


@pytest.mark.parametrize("missing", range(1, 6))
def test_missing_buffers(missing):
    """Fewer than five buffers are SEC_E_INVALID_TOKEN."""
    buffers = list(MESSAGE.to_buffers())[: 5 - missing]
    with pytest.raises(MalformedField, match="5 buffers") as caught:
        HTTPMessage.from_buffers(SecBufferDesc(buffers))
    assert caught.value.reason == "buffers"
    assert caught.value.sspi_status == SEC_E_INVALID_TOKEN


@pytest.mark.parametrize("index", range(5))
def test_wrong_types(index):
    """A buffer of another type in its place is SEC_E_INVALID_TOKEN, and the text says which."""
    buffers = list(MESSAGE.to_buffers())
    buffers[index] = SecBuffer(bytearray(), SecBufferType.SECBUFFER_DATA)
    message = SecBufferDesc(buffers)
    with pytest.raises(MalformedField, match=f"buffer {index} ") as caught:
        HTTPMessage.from_buffers(message)
    assert caught.value.reason == "buffers"


def test_more_buffers_than_the_layout_has():
    """What stands behind the layout is left alone."""
    message = SecBufferDesc([*MESSAGE.to_buffers(), SecBuffer(bytearray(), SecBufferType.SECBUFFER_EMPTY)])
    assert len(message) == 6
    assert parts(HTTPMessage.from_buffers(message)) == parts(MESSAGE)


def test_repr_shows_sizes_not_octets():
    """A TOKEN or DATA buffer may hold what a log must not."""
    message = HTTPMessage(b"s3cret", b"GET", b"/x", b"5ec4e7", b"p4dd1n6")
    shown = repr(message) + repr(message.to_buffers()) + repr(SecBuffer(bytearray(b"s3cret"), 29))
    for secret in ("s3cret", "5ec4e7", "p4dd1n6"):
        assert secret not in shown
    assert "SECBUFFER_TOKEN of 6 octets" in shown
    assert "<SecBuffer SECBUFFER_CERTIFICATE_REQUEST_CONTEXT of 6 octets>" in shown
    assert "GET" in shown


@pytest.mark.parametrize("data", [b"octets", memoryview(b"octets")], ids=["bytes", "view"])
def test_memory_that_cannot_be_written_is_refused(data):
    """A buffer is written in place, so its memory must allow it."""
    with pytest.raises(BufferError) as caught:
        SecBuffer(data, SecBufferType.SECBUFFER_DATA)
    assert str(caught.value) == "a SecBuffer is over memory that can be written: pass bytearray(data)"


def test_what_does_not_fit_is_not_written():
    """Neither into too small a buffer nor into one that is READONLY; the count stays too."""
    for buffer in (SecBuffer(bytearray(b"abc"), 1), SecBuffer(bytearray(b"abc"), 1, SecBufferFlags.SECBUFFER_READONLY)):
        with pytest.raises(BufferError, match=f"fit into {buffer.room}"):
            buffer.store(b"four")
        assert (buffer.data, buffer.count) == (b"abc", 3)


def test_a_buffer_is_what_it_was_made_as():
    """Type and flags are of their enums and cannot be changed; a number that is no type, or no buffer, is refused."""
    buffer = SecBuffer(bytearray(b"abc"), 0x80000002)
    assert (type(buffer.buffer_type), type(buffer.buffer_flags)) == (SecBufferType, SecBufferFlags)
    assert str(buffer) == "SECBUFFER_TOKEN|SECBUFFER_READONLY"
    for name in ("buffer_type", "buffer_flags", "count", "data"):
        with pytest.raises(AttributeError):
            setattr(buffer, name, 1)
    with pytest.raises(ValueError, match="77"):
        SecBuffer(bytearray(), 77)
    for wrong in (None, buffer, [None], [b"octets"], 5):
        with pytest.raises(TypeError):
            SecBufferDesc(wrong)  # type: ignore[arg-type]  # that it is refused
    with pytest.raises(TypeError) as caught:
        SecBufferDesc([buffer, None])  # type: ignore[list-item]  # that it is refused
    assert str(caught.value) == "buffers must be a list of SecBuffer"


def test_what_each_call_asks_of_a_buffer():
    """The number of its type, -1 where the caller forbids writing; RESERVED forbids nothing."""
    flags = SecBufferFlags
    for flag, number in (
        (0, 2),
        (flags.SECBUFFER_RESERVED, 2),
        (flags.SECBUFFER_READONLY, -1),
        (flags.SECBUFFER_READONLY_WITH_CHECKSUM, -1),
    ):
        assert SecBuffer(bytearray(b"abc"), SecBufferType.SECBUFFER_TOKEN, flag).writable_type == number


def test_unpacking_without_what_will_be_written():
    """All but the octets of PADDING, which stay the caller's; the errors are the same."""
    packed = HTTPMessage(b"t", b"GET", b"/", b"h", b"room").to_buffers()
    unpacked = HTTPMessage.inputs(packed)
    assert (unpacked.token, unpacked.method, unpacked.url, unpacked.hentity) == (b"t", b"GET", b"/", b"h")
    assert (unpacked.padding, packed[4].data) == (b"", b"room")
    assert packed.array == tuple(packed)
    for wrong in (packed.array[:4], (*packed.array[:4], packed[0]), (packed[4], *packed.array[1:])):
        texts = set()
        for unpack in (HTTPMessage.inputs, HTTPMessage.from_buffers):
            with pytest.raises(MalformedField) as caught:
                unpack(SecBufferDesc(wrong))
            texts.add(str(caught.value))
        assert len(texts) == 1


def test_a_message_to_sign_has_room_for_its_parameters():
    """Without a token PADDING has memory, more for a long target; with one, or with octets of its own, as it is."""
    rooms = [HTTPMessage(b"", b"GET", url).to_buffers()[4].room for url in (b"/", b"/" * 5000)]
    assert rooms == [4098, 14096]
    assert HTTPMessage(b"token", b"GET", b"/").to_buffers()[4].room == 0
    assert HTTPMessage(b"", b"GET", b"/", b"", b"padding").to_buffers()[4].data == b"padding"


def test_writing():
    """Octets go to the start of the caller's memory. The count says how many; the rest of the memory stays."""
    memory = bytearray(b"abcd")
    buffer = SecBuffer(memory, SecBufferType.SECBUFFER_TOKEN)
    buffer.store(b"xy")
    assert (bytes(memory), buffer.count, buffer.data) == (b"xycd", 2, b"xy")
    assert buffer.octets_of(SecBufferType.SECBUFFER_TOKEN) == bytes(buffer.dangerous_get_view()) == b"xy"
    assert buffer.octets_of(SecBufferType.SECBUFFER_DATA) is None
    buffer.store(memoryview(b"full"))  # what has just room enough
    assert (bytes(memory), buffer.count, buffer.data) == (b"full", 4, b"full")
    assert buffer.octets_of(SecBufferType.SECBUFFER_TOKEN) == b"full"
    buffer.store(b"")
    assert (buffer.count, buffer.data, buffer.room) == (0, b"", 4)


@pytest.mark.parametrize("flags", [
    SecBufferFlags.SECBUFFER_NONE, SecBufferFlags.SECBUFFER_RESERVED, SecBufferFlags.SECBUFFER_READONLY,
    SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM,
])  # fmt: skip
def test_which_flags_forbid_writing(flags):
    """Either kind of READONLY, and no other flag. Such a buffer has no room, but what it holds can be read."""
    buffer = SecBuffer(bytearray(b"abc"), SecBufferType.SECBUFFER_DATA, flags)
    forbidden = flags in (SecBufferFlags.SECBUFFER_READONLY, SecBufferFlags.SECBUFFER_READONLY_WITH_CHECKSUM)
    assert buffer.readonly is forbidden
    assert (buffer.room, buffer.data) == (0 if forbidden else 3, b"abc")


def test_other_memory():
    """A buffer that is pointed elsewhere has the octets and the count of that memory, and writes there."""
    buffer = SecBuffer(None, SecBufferType.SECBUFFER_DATA)
    memory = bytearray(b"abc")
    buffer.attach(memoryview(memory))
    assert (buffer.data, buffer.count, buffer.room) == (b"abc", 3, 3)
    buffer.store(b"xyz")
    assert memory == b"xyz"
