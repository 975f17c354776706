"""What each kind of stream has of its own: a socket's calls, a file's place, asyncio's ways to read."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import threading

import pytest

from digest_http.errors import ConfigurationError, ContextExpired, MalformedField, MessageTooLarge
from digest_http.sasl import Deframer, LayeredFile, LayeredSocket, LayeredStream, frame
from tests.support.forked import held, in_child


@pytest.fixture
def ends(pair):
    """A login with a layer."""
    return pair("auth-int").login()


@pytest.fixture
def sockets():
    """Two connected sockets."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


# --- sockets ---


def test_what_passes_to_the_socket(ends, sockets):
    """Its settings do; whatever reads or writes without the layer does not."""
    stream = LayeredSocket(sockets[0], ends.client)
    stream.settimeout(3)
    assert stream.gettimeout() == sockets[0].gettimeout() == 3
    assert stream.fileno() == sockets[0].fileno()
    assert stream.family == socket.AF_UNIX
    reads_or_writes = (
        "recvfrom",
        "recvmsg",
        "sendmsg",
        "sendto",
        "sendfile",
        "detach",
        "dup",
        "read",
        "write",
        "_sock",
    )
    for name in reads_or_writes:
        with pytest.raises(AttributeError, match="layer"):
            getattr(stream, name)
    public = {name for name in dir(socket.socket) if not name.startswith("_")}
    assert {name for name in public if hasattr(stream, name)} <= public - set(reads_or_writes)


def test_recv_into_and_pending(ends, sockets):
    """Into a buffer, all of it or a part; what is left is counted, since select() does not see it."""
    stream = LayeredSocket(sockets[0], ends.client)
    sockets[1].sendall(frame(ends.server.wrap(b"0123456789")) + b"\x00")
    buffer = bytearray(b"....")
    assert stream.recv_into(buffer, 3) == 3
    assert buffer == b"012."
    assert stream.pending == 8
    assert stream.recv_into(memoryview(buffer)) == 4
    assert buffer == b"3456"
    assert stream.recv(0) == b""
    assert stream.send(b"abc") == 3


@pytest.mark.parametrize("call", ["recv", "send", "sendall", "recv_into"])
def test_flags_are_refused(ends, sockets, call):
    """MSG_PEEK would show octets that were not verified."""
    stream = LayeredSocket(sockets[0], ends.client)
    arguments = {"recv": (1, 2), "recv_into": (bytearray(1), 1, 2)}.get(call, (b"a", 2))
    with pytest.raises(ConfigurationError, match="flags"):
        getattr(stream, call)(*arguments)


def test_a_timeout_while_reading_loses_nothing(ends, sockets):
    """Half a record waits for its rest."""
    stream = LayeredSocket(sockets[0], ends.client)
    stream.settimeout(0.01)
    record = frame(ends.server.wrap(b"late"))
    sockets[1].sendall(record[:9])
    with pytest.raises(TimeoutError):
        stream.recv(10)
    sockets[1].sendall(record[9:])
    assert stream.recv(10) == b"late"


def test_a_write_that_fails_ends_the_stream(ends, sockets):
    """A part of a record may be out: nothing may follow it, and nothing is read any more."""
    stream = LayeredSocket(sockets[0], ends.client)
    stream.settimeout(0.01)
    with pytest.raises(TimeoutError):
        stream.sendall(bytes(8_000_000))
    for call in (lambda: stream.sendall(b"more"), lambda: stream.recv(1)):
        with pytest.raises(ContextExpired):
            call()


def test_threads_that_write_at_once(ends, sockets):
    """Their records go out whole and in the order of their numbers."""
    stream = LayeredSocket(sockets[0], ends.client)
    threads = [threading.Thread(target=lambda: [stream.send(b"x" * 100) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    deframer, got = Deframer(), b""
    while len(got) < 20_000:
        got += b"".join(map(ends.server.unwrap, deframer.feed(sockets[1].recv(65536))))
    for thread in threads:
        thread.join()
    assert got == b"x" * 20_000


def test_makefile(ends, sockets):
    """Binary and buffered; lines come out of records."""
    stream = LayeredSocket(sockets[0], ends.client)
    sockets[1].sendall(frame(ends.server.wrap(b"one\ntw")) + frame(ends.server.wrap(b"o\nthree")))
    with stream.makefile("rb") as reader:
        assert reader.readline() == b"one\n"
        assert reader.readline() == b"two\n"
    with stream.makefile("wb", 100) as writer:
        writer.write(b"abc")
    assert ends.server.unwrap(sockets[1].recv(100)[4:]) == b"abc"
    both = stream.makefile("rwb")
    both.write(b"def")
    both.flush()
    assert ends.server.unwrap(sockets[1].recv(100)[4:]) == b"def"
    for mode, settings in (("r", {}), ("rb", {"encoding": "utf-8"}), ("rb", {"buffering": 0})):
        with pytest.raises(ConfigurationError, match="makefile"):
            stream.makefile(mode, **settings)


def test_with_closes_the_socket(ends, sockets):
    """And drops the keys."""
    with LayeredSocket(sockets[0], ends.client) as stream:
        stream.sendall(b"abc")
    assert ends.client.ended
    assert sockets[0].fileno() == -1


# --- files ---


def test_a_file_reads_no_further_than_its_record(ends):
    """What follows on the file below is somebody else's."""
    below = io.BytesIO(frame(ends.server.wrap(b"one")) + b"\nclear")
    stream = LayeredFile(ends.client, below)
    assert stream.read(100) == b"one"
    assert below.read() == b"\nclear"


def test_files_with_buffers_on_top(ends):
    """BufferedReader and BufferedWriter make many small calls into few records."""
    below = io.BytesIO(b"".join(frame(ends.server.wrap(part)) for part in (b"one\ntw", b"o\n")))
    reader = io.BufferedReader(LayeredFile(ends.client, below))
    assert list(reader) == [b"one\n", b"two\n"]
    out = io.BytesIO()
    writer = io.BufferedWriter(LayeredFile(ends.server, writer=out))
    for _ in range(100):
        writer.write(b"line\n")
    writer.flush()
    assert [ends.client.unwrap(record) for record in Deframer().feed(out.getvalue())] == [b"line\n" * 100]
    writer.close()
    assert not out.closed


def test_one_way_files(ends):
    """A file to read from alone is not written to, and the other way round."""
    reader, writer = LayeredFile(ends.client, io.BytesIO()), LayeredFile(ends.server, None, io.BytesIO())
    assert (reader.readable(), reader.writable(), writer.readable(), writer.writable()) == (True, False, False, True)
    reader.flush()
    with pytest.raises(io.UnsupportedOperation):
        reader.write(b"a")
    with pytest.raises(io.UnsupportedOperation):
        writer.read(1)


def test_a_pipe_that_is_full(ends):
    """It took a part of a record: the stream has failed."""
    near, far = os.pipe()
    os.set_blocking(far, False)
    with os.fdopen(near, "rb"), os.fdopen(far, "wb", buffering=0) as below:
        stream = LayeredFile(ends.client, writer=below)
        with pytest.raises(BlockingIOError):
            stream.write(bytes(1_000_000))
        with pytest.raises(ContextExpired):
            stream.write(b"more")


# --- asyncio ---


def asynchronous(test):
    """Run the test's coroutine with a stream, its far socket and the two logins."""

    def run(ends) -> None:
        async def main() -> None:
            near, far = socket.socketpair()
            with far:
                reader, writer = await asyncio.open_connection(sock=near)
                async with LayeredStream(reader, writer, ends.client) as stream:
                    await test(stream, far, ends.server)
            assert ends.client.ended
            assert writer.is_closing()

        asyncio.run(main())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


def wire(server, *messages: bytes) -> bytes:
    """These messages as records."""
    return b"".join(frame(server.wrap(message)) for message in messages)


@asynchronous
async def test_readexactly(stream, far, server):
    """Over the edges of records; a short stream is EOFError, and what came is still there."""
    far.sendall(wire(server, b"abc", b"def", b"g"))
    far.shutdown(socket.SHUT_WR)
    assert await stream.readexactly(5) == b"abcde"
    assert await stream.readexactly(0) == b""
    with pytest.raises(EOFError, match="2 of 3"):
        await stream.readexactly(3)
    assert not stream.at_eof()
    assert await stream.read(1) == b"f"
    assert await stream.read() == b"g"
    assert stream.at_eof()


@asynchronous
async def test_readuntil_and_readline(stream, far, server):
    """A separator may lie across records; the last line needs none."""
    far.sendall(wire(server, b"one\r", b"\ntwo\n", b"three"))
    far.shutdown(socket.SHUT_WR)
    assert await stream.readuntil(b"\r\n") == b"one\r\n"
    assert await stream.readline() == b"two\n"
    with pytest.raises(EOFError, match="without"):
        await stream.readuntil(b"\n")
    assert await stream.readline() == b"three"
    assert await stream.readline() == b""


@asynchronous
async def test_a_line_without_end(stream, far, server):
    """Memory is bounded."""
    far.sendall(wire(server, bytes(60_000), bytes(60_000)))
    with pytest.raises(MessageTooLarge, match="65536"):
        await stream.readline()
    assert await stream.readexactly(120_000) == bytes(120_000)


@asynchronous
async def test_reading_to_the_end(stream, far, server):
    """read() takes everything, `async for` piece by piece."""
    far.sendall(wire(server, b"a", b"b"))
    far.shutdown(socket.SHUT_WR)
    assert [part async for part in stream] == [b"a", b"b"]
    assert await stream.read() == await stream.read(0) == b""


@asynchronous
async def test_a_cancelled_read_loses_nothing(stream, far, server):
    """Half a record waits for its rest, and so does half an answer."""
    octets = wire(server, b"ab", b"late")
    far.sendall(octets[:-10])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stream.readexactly(6), 0.01)
    far.sendall(octets[-10:])
    assert await stream.readexactly(6) == b"ablate"


@asynchronous
async def test_a_cut_stream_is_no_end(stream, far, server):
    """read() to the end does not give out what an attacker shortened."""
    far.sendall(wire(server, b"whole", b"cut")[:-1])
    far.shutdown(socket.SHUT_WR)
    with pytest.raises(MalformedField, match="inside a record"):
        await stream.read()


@asynchronous
async def test_writing(stream, far, server):
    """write, writelines and drain, as a StreamWriter's."""
    stream.writelines([b"one", memoryview(b"two")])
    await stream.drain()
    assert [server.unwrap(record) for record in Deframer().feed(far.recv(100))] == [b"one", b"two"]
    assert stream.get_extra_info("socket").fileno() > 0
    assert stream.get_extra_info("nothing", 5) == 5
    assert "LayeredStream" in repr(stream)


def test_a_writer_that_fails(ends):
    """What it took is unknown, so nothing follows."""

    class Broken:
        def write(self, data):
            raise OSError(f"{len(data)} octets lost")

    stream = LayeredStream(None, Broken(), ends.client)  # type: ignore[arg-type]
    assert stream.get_extra_info("peername", "?") == "?"
    with pytest.raises(OSError, match="lost"):
        stream.write(b"abc")
    with pytest.raises(ContextExpired):
        stream.write(b"abc")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_stream_stays_with_its_process(ends, sockets):
    """The child of a fork neither reads nor writes with keys that its parent uses; the parent goes on."""
    stream, other = LayeredSocket(sockets[0], ends.client), LayeredSocket(sockets[1], ends.server)

    def used() -> str:
        try:
            stream.sendall(b"from the child")
        except ContextExpired as error:
            return error.reason
        return "sent"

    with held(stream._writing):  # noqa: SLF001  # as a thread that is about to write holds it
        assert in_child(used) == "expired"
    stream.sendall(b"from the parent")
    assert other.recv(100) == b"from the parent"


def test_a_buffer_above_and_a_buffer_below(ends, sockets):
    """What is flushed above is on its way, whatever lies below."""
    near, far = sockets
    far.settimeout(5)
    with near.makefile("rwb") as below:
        above = io.BufferedWriter(LayeredFile(ends.client, writer=below))
        above.write(b"the message")
        above.flush()
        assert LayeredSocket(far, ends.server).recv(100) == b"the message"
