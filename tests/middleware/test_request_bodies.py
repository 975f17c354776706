"""A request body that is read whole: what its length says beforehand, its pieces, and its end."""

import pytest

from digest_http.errors import BodyTooLarge
from digest_http_middleware.bodies import Disconnected, Pieces, read_body, replay
from tests.attacks.driver import run

LIMIT = 100


def read(*messages, fields=()):
    """The body of these messages, and how many of them were read."""
    left = list(messages)

    async def receive():
        return left.pop(0)

    try:
        return run(read_body({"headers": list(fields)}, receive, LIMIT)), len(messages) - len(left)
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
    assert read(piece(b"x" * 60, **more), piece(b"y" * 40, **more), piece()) == (b"x" * 60 + b"y" * 40, 3)
    assert read(piece(b"x" * 60, **more), piece(b"y" * 41, **more), piece()) == (None, 2)


def test_a_client_that_goes_away():
    """There is no body then, not even that which came."""
    with pytest.raises(Disconnected):
        read(piece(b"a", more_body=True), {"type": "http.disconnect"})


def test_pieces_are_taken_once():
    """And nothing is left of them."""
    pieces = Pieces()
    for octets in (b"", b"a", b"", b"b"):
        pieces.add(octets)
    assert (len(pieces), pieces.take(), len(pieces), pieces.take()) == (2, b"ab", 0, b"")


def test_the_body_is_given_once_more():
    """Whole, in one message; then whatever the server has to say."""

    async def receive():
        return {"type": "http.disconnect"}

    async def three():
        again = replay(b"ab", receive)
        return [await again() for _ in range(3)]

    assert run(three()) == [
        {"type": "http.request", "body": b"ab", "more_body": False},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]


@pytest.mark.parametrize("fields", [[], [(b"content-length", b"101")]], ids=["counted", "announced"])
def test_what_is_said_of_a_body_over_the_limit(fields):
    """The limit, and the way out."""

    async def receive():
        return piece(b"x" * 101)

    with pytest.raises(BodyTooLarge) as caught:
        run(read_body({"headers": fields}, receive, LIMIT))
    assert str(caught.value) == "a body signed with auth-int may have at most 100 octets; use qop=auth for larger ones"
