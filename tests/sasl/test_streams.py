"""A layer over sockets, files and asyncio's streams: one set of rules for all three."""

from __future__ import annotations

import copy
import pickle
import random

import pytest

from digest_http.errors import ConfigurationError, ContextExpired, DigestError, MalformedField, OutOfSequence
from digest_http.errors import MessageAltered as Altered
from digest_http.errors import MessageTooLarge as TooLarge
from digest_http.sasl import Deframer, LayeredFile, LayeredSocket, LayeredStream, frame
from tests.sasl.doors import DOORS

GOOD = (b"one", b"two")


@pytest.fixture(params=DOORS)
def door(request):
    """Call it with a login that is complete."""
    opened = []

    def make(context, **settings):
        manager = DOORS[request.param](context, **settings)
        opened.append(manager)
        return manager.__enter__()

    yield make
    for manager in opened:
        manager.__exit__(None, None, None)


def read_all(opened, size: int = 65536) -> bytes:
    """What is there to be read now."""
    parts = []
    while part := opened.read(size):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("size", [1, 7, 65536])
def test_messages_in_any_pieces(door, pair, layer, size):
    """What was written is read, wherever the wire was cut and however much is asked for."""
    ends = pair(layer).login()
    opened = door(ends.client)
    messages = [bytes([length % 256]) * length for length in (1, 2, 17, 0, 300, 1500, 5)]
    stream = b"".join(frame(ends.server.wrap(message)) for message in messages)
    cut = random.Random(size)  # noqa: S311  # the same cuts in every run
    got = b""
    while stream:
        piece = cut.choice((1, 2, 3, 4, 5, 50, 1000))
        opened.feed(stream[:piece])
        stream = stream[piece:]
        got += read_all(opened, size)
    assert got == b"".join(messages)
    assert opened.read() is None
    opened.end()
    assert opened.read() == b""
    assert opened.read() == b""
    assert not ends.client.ended


def altered(record: bytes, position: int) -> bytes:
    """One bit of the record changed."""
    octets = bytearray(record)
    octets[position] ^= 1
    return bytes(octets)


# Each makes what follows two good messages on the wire. Both sides go on with their third record.
FAULTS = {
    "a bit of the message": (lambda ends, _: frame(altered(ends.server.wrap(b"three"), 0)), Altered),
    "a bit of the MAC": (lambda ends, _: frame(altered(ends.server.wrap(b"three"), -7)), Altered),
    "a bit of the number": (lambda ends, _: frame(altered(ends.server.wrap(b"three"), -1)), OutOfSequence),
    "a bit of the type": (lambda ends, _: frame(altered(ends.server.wrap(b"three"), -5)), MalformedField),
    "a record repeated": (lambda _, sent: sent[-1], OutOfSequence),
    "an older record": (lambda _, sent: sent[0], OutOfSequence),
    "our own record": (lambda ends, _: frame(ends.client.wrap(b"three")), Altered),
    "a record lost": (lambda ends, _: (ends.server.wrap(b"lost"), frame(ends.server.wrap(b"three")))[1], OutOfSequence),
    "no octets in a record": (lambda *_: frame(b""), MalformedField),
    "fewer than a signature": (lambda *_: frame(bytes(15)), MalformedField),
    "a length over maxbuf": (lambda *_: (1001).to_bytes(4, "big"), TooLarge),
    "the greatest length": (lambda *_: b"\xff" * 4, TooLarge),
    "clear text": (lambda *_: b"* OK in clear, as it were", TooLarge),
    "a record without its length": (lambda ends, _: ends.server.wrap(b"a" * 9), TooLarge),
    "cut in the length": (lambda ends, _: frame(ends.server.wrap(b"three"))[:3], MalformedField),
    "cut after the length": (lambda ends, _: frame(ends.server.wrap(b"three"))[:4], MalformedField),
    "cut in the record": (lambda ends, _: frame(ends.server.wrap(b"three"))[:-1], MalformedField),
    "a length made longer": (lambda ends, _: altered(frame(ends.server.wrap(b"three")), 2), MalformedField),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("layer", "at_once"), [("auth-int", True), ("auth-int", False), ("3des", True)])
def test_faults_end_the_stream(door, pair, layer, fault, at_once):
    """The messages before come out, of the faulty one not an octet, and then neither direction goes on."""
    make, error = FAULTS[fault]
    ends = pair(layer, client={"maxbuf": 1000}).login()
    opened = door(ends.client)
    sent = [frame(ends.server.wrap(message)) for message in GOOD]
    for _ in GOOD:
        ends.client.wrap(b"")
    bad = make(ends, sent)
    wire = b"".join(sent) + bad
    got = b""

    def run() -> None:
        nonlocal got
        for piece in [wire] if at_once else [wire[index : index + 1] for index in range(len(wire))]:
            opened.feed(piece)
            while part := opened.read():
                got += part
        opened.end()
        while part := opened.read():
            got += part

    if fault == "a record without its length" and layer != "auth-int":
        error = DigestError  # sealed octets as a length: any
    with pytest.raises(error) as caught:
        run()
    assert got == b"".join(GOOD)
    if fault.startswith(("cut", "a length made")):
        assert caught.value.reason == "truncated"
    assert ends.client.ended
    opened.sent()
    for call in (opened.read, lambda: opened.write(b"more")):
        with pytest.raises(ContextExpired):
            call()
    assert opened.sent() == b""


def test_another_logins_records(door, pair):
    """Keys are of one login: the same message under another's is refused."""
    ends, others = pair("auth-int").login(), pair("auth-int").login()
    opened = door(ends.client)
    opened.feed(frame(others.server.wrap(b"one")))
    with pytest.raises(Altered):
        opened.read()


def test_an_empty_message_is_no_end(door, pair, layer):
    """It is legal and says nothing; a reader that took it for the end would lose the rest."""
    ends = pair(layer).login()
    opened = door(ends.client)
    opened.feed(frame(ends.server.wrap(b"")) * 1)
    assert opened.read() is None
    opened.feed(frame(ends.server.wrap(b"")) + frame(ends.server.wrap(b"more")))
    assert opened.read() == b"more"


@pytest.mark.parametrize("maxbuf", [64, 300])
def test_a_long_message_is_cut_for_the_peer(door, pair, layer, maxbuf):
    """Each record keeps to the peer's maxbuf, and the octets come out in order. Nothing is sent for nothing."""
    ends = pair(layer, server={"maxbuf": maxbuf}).login()
    opened = door(ends.client)
    message = bytes(range(256)) * 8
    opened.write(message)
    records = Deframer(maxbuf).feed(opened.sent())
    assert len(records) > 2048 // maxbuf
    assert b"".join(map(ends.server.unwrap, records)) == message
    opened.write(b"")
    assert opened.sent() == b""
    opened.write(memoryview(b"next"))
    assert b"".join(map(ends.server.unwrap, Deframer().feed(opened.sent()))) == b"next"


def test_a_maxbuf_that_is_not_enforced(door, pair):
    """Both ways: Hadoop announces 65536 and sends what it likes."""
    settings = {"enforce_maxbuf": False, "maxbuf": 100}
    ends = pair("auth-int", client=settings, server=settings).login()
    opened = door(ends.client)
    opened.write(bytes(5000))
    (record,) = Deframer().feed(opened.sent())
    assert ends.server.unwrap(record) == bytes(5000)
    opened.feed(frame(ends.server.wrap(bytes(5000))))
    assert read_all(opened) == bytes(5000)


def test_without_a_layer_octets_pass(door, pair):
    """qop=auth: clear text, for as long as the login lasts."""
    ends = pair("auth").login()
    opened = door(ends.client)
    opened.feed(b"* OK\r\n")
    assert opened.read(3) == b"* O"
    assert opened.read() == b"K\r\n"
    opened.write(b"a NOOP\r\n")
    assert opened.sent() == b"a NOOP\r\n"
    ends.client.close()
    opened.feed(b"* BYE\r\n")
    for call in (opened.read, lambda: opened.write(b"more")):
        with pytest.raises(ContextExpired):
            call()
    assert opened.sent() == b""


def test_our_server_has_streams_too(door, pair):
    """Either end of a login may be the context."""
    ends = pair("auth-int").login()
    opened = door(ends.server)
    opened.feed(frame(ends.client.wrap(b"question")))
    assert opened.read() == b"question"
    opened.write(b"answer")
    assert b"".join(map(ends.client.unwrap, Deframer().feed(opened.sent()))) == b"answer"


@pytest.mark.parametrize("make", [LayeredSocket, LayeredFile, LayeredStream])
def test_a_login_that_is_not_complete(pair, make):
    """No stream before the peer has proved itself."""
    client = pair("auth").client
    with pytest.raises(OutOfSequence) as caught:
        make(client, client, client) if make is LayeredStream else make(
            *((client, client) if make is LayeredFile else (None, client))
        )
    assert caught.value.reason == "incomplete"


def test_nothing_after_close(door, pair):
    """What was not read is dropped with the keys."""
    ends = pair("auth-int").login()
    opened = door(ends.client)
    opened.feed(frame(ends.server.wrap(b"0123456789")))
    assert opened.read(3) == b"012"
    opened.stream.close()
    assert ends.client.ended
    assert "secret" not in repr(opened.stream)
    for call in (opened.read, lambda: opened.write(b"more")):
        with pytest.raises((ContextExpired, ValueError)):
            call()


def test_streams_are_neither_copied_nor_pickled(door, pair):
    """They hold keys and running counters."""
    opened = door(pair("auth-int").login().client)
    for use in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            use(opened.stream)


@pytest.mark.parametrize("form", ["socket", "asyncio"])
def test_octets_that_came_with_the_last_token(pair, form):
    """A reader that buffers may have taken the first records already."""
    ends = pair("auth-int").login()
    wire = frame(ends.server.wrap(b"one")) + frame(ends.server.wrap(b"two"))
    with DOORS[form](ends.client, received=wire[:30]) as opened:
        assert opened.read() == b"one"
        opened.feed(wire[30:])
        assert opened.read() == b"two"


@pytest.mark.parametrize("form", ["socket", "asyncio"])
def test_a_stream_made_before_the_login(pair, form):
    """The octets of the login pass in clear, and the layer begins where the login ends."""
    ends = pair("auth-int")
    with DOORS[form](ends.client, during_login=True) as opened:
        opened.feed(ends.server.step())
        opened.write(ends.client.step(opened.read()))
        opened.feed(ends.server.step(opened.sent()))
        assert ends.client.step(opened.read()) == b""
        opened.feed(frame(ends.server.wrap(b"sealed")))
        assert opened.read() == b"sealed"
        opened.write(b"too")
        assert ends.server.unwrap(opened.sent()[4:]) == b"too"


@pytest.mark.parametrize("form", ["socket", "asyncio"])
def test_a_failed_login_does_not_fall_back_to_clear_text(pair, form):
    """A stream made before it refuses everything after it."""
    ends = pair("auth-int")
    with DOORS[form](ends.client, during_login=True) as opened:
        ends.client.step(ends.server.step())
        with pytest.raises(DigestError):
            ends.client.step(b"rspauth=0")
        opened.feed(b"welcome")
        for call in (opened.read, lambda: opened.write(b"more")):
            with pytest.raises(ContextExpired):
                call()
        assert opened.sent() == b""


def test_numbers_that_are_used_up(door, pair):
    """A message whose second record has no number any more is not sent in part, and the stream has failed."""
    ends = pair("auth-int", server={"maxbuf": 64}).login()
    opened = door(ends.client)
    ends.client._sender._next = (1 << 32) - 1  # noqa: SLF001  # nobody waits for 2**32 records
    with pytest.raises(ContextExpired, match="numbers"):
        opened.write(bytes(100))
    assert ends.client.ended
    assert opened.sent() == b""
    with pytest.raises(ContextExpired):
        opened.write(b"a")


def test_a_file_needs_a_file():
    """Neither reader nor writer is a mistake."""
    with pytest.raises(ConfigurationError, match="LayeredFile"):
        LayeredFile(None)  # type: ignore[arg-type]
