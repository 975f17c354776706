"""Body streams of responses: what is hashed of them, what is thrown away, and that they are closed."""

import asyncio

import pytest

from digest_http.algorithms import by_name
from digest_http_client_auth.response_octets import MAX_DISCARDED, RecordedBody, WithheldBody
from tests.attacks.signing import h

SHA_256 = by_name("SHA-256")


class Stream:
    """A body in pieces, as a library gives it; `read` is how many of them were asked for."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.read = 0
        self.closed: list[str] = []

    def __iter__(self):
        for piece in self.pieces:
            self.read += 1
            yield piece

    async def __aiter__(self):
        for piece in self:
            yield piece

    def close(self):
        self.closed.append("close")

    async def aclose(self):
        self.closed.append("aclose")


async def pieces_of(body):
    """The pieces of a stream, asynchronously."""
    return [piece async for piece in body]


WAYS = pytest.mark.parametrize("pieces", [list, lambda body: asyncio.run(pieces_of(body))], ids=["sync", "async"])


@WAYS
def test_octets_are_hashed_as_they_pass(pieces):
    """All of them, in order, and handed on unchanged."""
    body = RecordedBody(Stream(b"a", b"", b"bc"), SHA_256.hash_body())
    assert body.entity.hexdigest() == h("SHA-256", b"")
    assert pieces(body) == [b"a", b"", b"bc"]
    assert body.entity.hexdigest() == h("SHA-256", b"abc")


@WAYS
@pytest.mark.parametrize(("sizes", "read"), [
    ([1, 2, 3], 3), ([MAX_DISCARDED], 1), ([MAX_DISCARDED, 1, 1], 2), ([MAX_DISCARDED - 1, 1, 1, 1], 3),
    ([MAX_DISCARDED + 1, 1], 1), ([40000, 40000, 40000], 2), ([], 0),
])  # fmt: skip
def test_a_withheld_body_is_read_to_its_end_or_to_a_limit(pieces, sizes, read):
    """Nothing of it is handed out; what is short is read, so that the connection can be used again."""
    stream = Stream(*(b"x" * size for size in sizes))
    assert pieces(WithheldBody(stream)) == []
    assert stream.read == read


def test_a_generator_that_is_left_early_is_closed():
    """At once, not when somebody collects it: some event loops want to see that."""
    closed = []

    class Endless:
        async def __aiter__(self):
            try:
                while True:
                    yield b"x" * MAX_DISCARDED
            finally:
                closed.append(True)

    async def scenario():
        assert await pieces_of(WithheldBody(Endless())) == []
        assert closed == [True]

    asyncio.run(scenario())


def test_an_iterator_that_cannot_be_closed():
    """Is read all the same."""

    class Iterator:
        left = 3

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return b"x"

    iterator = Iterator()
    assert asyncio.run(pieces_of(WithheldBody(iterator))) == []
    assert iterator.left == 0


@pytest.mark.parametrize("make", [lambda stream: RecordedBody(stream, SHA_256.hash_body()), WithheldBody])
def test_both_close_what_they_wrap(make):
    """In the way that they are closed themselves."""
    stream = Stream()
    body = make(stream)
    body.close()
    asyncio.run(body.aclose())
    assert stream.closed == ["close", "aclose"]
