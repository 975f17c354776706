"""A request body that is read whole: what its length says beforehand, its pieces, and its end."""

from typing import Any

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import BodyTooLarge
from digest_http_middleware.bodies import Disconnected, replay_held
from digest_http_middleware.held_bodies import HeldBody
from digest_http_middleware.pieces import KEPT_WHOLE, PUT_TOGETHER, Pieces
from tests.attacks.driver import run
from tests.attacks.signing import h
from tests.middleware.read_bodies import read_body

LIMIT = 100

SHA_256 = by_name("SHA-256")


def read(*messages, fields=()):
    """The body of these messages, and how many of them were read."""
    left = list(messages)

    async def receive():
        return left.pop(0)

    async def whole():
        hentity, again = await read_body(fields, receive, SHA_256, LIMIT)
        body, more = b"", True
        while more:
            message = await again()
            assert message["type"] == "http.request"
            body, more = body + message["body"], message["more_body"]
        assert hentity.decode() == h("SHA-256", body)
        return body

    try:
        return run(whole()), len(messages) - len(left)
    except BodyTooLarge:
        return None, len(messages) - len(left)


def piece(octets=b"", **more):
    """A message of a request body."""
    return {"type": "http.request", "body": octets, **more}


@pytest.mark.parametrize("length", [b"101", b"0101", b"1000", b"9" * 5000, b"1" + b"0" * 10])
def test_a_length_over_the_limit(length):
    """Nothing is read."""
    assert read(piece(b"x"), fields=[(b"a", b"b"), (b"content-length", length)]) == (None, 0)


@pytest.mark.parametrize("field", [
    (b"content-length", b"100"), (b"content-length", b"000100"), (b"content-length", b"0" * 5000 + b"1"),
    (b"content-length", b"0"), (b"content-length", b""), (b"content-length", b"ten"), (b"content-length", b"-101"),
    (b"content-length", b"\xb2"), (b"x-length", b"101"), (b"x", b"y"),
])  # fmt: skip
def test_lengths_that_tell_nothing(field):
    """Within the limit, in whatever spelling, no number, or another field: the body itself is counted."""
    assert read(piece(b"x" * 100), fields=[field]) == (b"x" * 100, 1)
    assert read(piece(b"x" * 101), fields=[field]) == (None, 1)


def test_pieces():
    """They are put together up to the limit; a message need not say that it is the last, nor have a body."""
    more = {"more_body": True}
    assert read(piece(b"a", **more), piece(**more), piece(b"b", more_body=False), piece(b"c")) == (b"ab", 3)
    assert read({"type": "http.request"}, piece(b"c")) == (b"", 1)
    bare = {"type": "http.request", **more}
    assert read(bare, piece(b"a", **more), bare, {"type": "http.request"}, piece(b"c")) == (b"a", 4)
    assert read(piece(bytearray(b"a"), **more), piece(bytearray(b"b"))) == (b"ab", 2)
    assert read(piece(b"x" * 60, **more), piece(b"y" * 40, **more), piece()) == (b"x" * 60 + b"y" * 40, 3)
    assert read(piece(b"x" * 60, **more), piece(b"y" * 41, **more), piece()) == (None, 2)


def test_a_client_that_goes_away():
    """There is no body then, not even that which came."""
    with pytest.raises(Disconnected):
        read(piece(b"a", more_body=True), {"type": "http.disconnect"})


def test_pieces_are_taken_once():
    """Short ones together; and nothing is left of them."""
    pieces = Pieces()
    for octets in (b"", b"a", b"", b"b"):
        pieces.add(octets)
    assert (pieces.octets, pieces.take(), pieces.octets, pieces.take()) == (2, b"ab", 0, b"")
    assert (pieces.octets, pieces.take()) == (0, b"")


def test_long_pieces_are_kept_as_they_came():
    """The very object, in order among short ones, which are put together; a buffer that may change is copied."""
    pieces, long = Pieces(), bytes(PUT_TOGETHER)
    buffer = bytearray(b"x" * PUT_TOGETHER)
    counts = [pieces.add(octets) for octets in (b"a", b"b", long, b"c", buffer, memoryview(b"d"))]
    buffer[:] = bytes(PUT_TOGETHER)
    assert counts == [1, 2, 2 + PUT_TOGETHER, 3 + PUT_TOGETHER, 3 + 2 * PUT_TOGETHER, 4 + 2 * PUT_TOGETHER]
    taken = list(iter(pieces.take, b""))
    assert taken == [b"ab", long, b"c", b"x" * PUT_TOGETHER, b"d"]
    assert taken[1] is long
    assert {type(octets) for octets in taken} == {bytes}


@pytest.mark.parametrize(("length", "kept"), [(KEPT_WHOLE, True), (KEPT_WHOLE - 1, False)])
def test_pieces_that_are_neither(length, kept):
    """Are kept as they came where no short one is before them: else each would stand between two short ones."""
    pieces, piece = Pieces(), bytes(length)
    pieces.add(piece)
    pieces.add(b"a")
    pieces.add(piece)
    assert list(iter(pieces.take, b"")) == ([piece, b"a" + piece] if kept else [piece + b"a" + piece])


def test_short_pieces_make_long_ones():
    """However many they are: none is longer than what is put together and the last of them."""
    pieces = Pieces()
    for number in range(40_000):
        pieces.add(b"%d" % (number % 10))
    taken = list(iter(pieces.take, b""))
    assert b"".join(taken) == b"0123456789" * 4000
    assert [len(octets) for octets in taken] == [PUT_TOGETHER, PUT_TOGETHER, 40_000 - 2 * PUT_TOGETHER]


def test_the_body_is_given_once_more():
    """Whole, in one message; then whatever the server has to say."""
    messages = [piece(b"ab"), {"type": "http.disconnect"}, {"type": "http.disconnect"}]

    async def receive():
        return messages.pop(0)

    async def three():
        _, again = await read_body((), receive, SHA_256, LIMIT)
        return [await again() for _ in range(3)]

    assert run(three()) == [
        {"type": "http.request", "body": b"ab", "more_body": False},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]


@pytest.mark.parametrize("octets", [(), (b"ab",), (b"a" * 5000, b"b" * 5000, b"c")])
def test_a_body_in_pieces_is_given_once_more(octets):
    """As it came; then whatever the server has to say."""
    held = HeldBody(SHA_256, 20_000, None)
    for piece_ in octets:
        held.add(piece_)

    async def receive():
        return {"type": "http.disconnect"}

    async def all_of_it():
        again = replay_held(held, receive)
        given: list[Any] = []
        while not given or given[-1]["type"] == "http.request":
            given.append(await again())
        return given

    last = len(octets or (b"",)) - 1
    assert run(all_of_it()) == [
        *(piece(octets_, more_body=number < last) for number, octets_ in enumerate(octets or (b"",))),
        {"type": "http.disconnect"},
    ]


def test_a_body_that_was_closed():
    """It does not seem to end where it was cut: who reads on finds that the client went away."""
    held = HeldBody(SHA_256, 20_000, None)
    for octets in (b"a" * 5000, b"b" * 5000):
        held.add(octets)

    async def receive():
        raise AssertionError("nothing is asked of the server")

    async def both():
        again = replay_held(held, receive)
        first = await again()
        held.close()
        held.close()
        return first["more_body"], await again(), await again()

    assert run(both()) == (True, {"type": "http.disconnect"}, {"type": "http.disconnect"})


@pytest.mark.parametrize("fields", [[], [(b"content-length", b"101")]], ids=["counted", "announced"])
def test_what_is_said_of_a_body_over_the_limit(fields):
    """The limit, and the way out."""

    async def receive():
        return piece(b"x" * 101)

    with pytest.raises(BodyTooLarge) as caught:
        run(read_body(fields, receive, SHA_256, LIMIT))
    assert str(caught.value) == "a body signed with auth-int may have at most 100 octets; use qop=auth for larger ones"
