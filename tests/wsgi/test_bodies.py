"""Bodies of auth-int under WSGI: read in pieces, given to the app as a stream, above `spool_above` out of a file."""

from __future__ import annotations

import importlib
import io
from functools import partial
from operator import methodcaller
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from digest_http.algorithms import by_name
from digest_http.errors import BodyTooLarge, ConfigurationError, MalformedField
from digest_http_middleware.held_bodies import FILE_PIECE, HeldBody
from digest_http_middleware.wsgi_bodies import read_stream, stream_of
from tests.live.peers import python_peer
from tests.middleware.spooling import files
from tests.wsgi.test_wsgi import Site, info

__all__ = ["files"]

SHA_256 = by_name("SHA-256")

BODY = b"".join(b"line %d\n" % number for number in range(20_000))
ABOVE = 100_000
MOST = 1_000_000

WAYS: dict[str, Any] = {
    "read": methodcaller("read"),
    "read-all": methodcaller("read", -1),
    "read-n": lambda stream: b"".join(iter(partial(stream.read, 1000), b"")),
    "read-more": methodcaller("read", len(BODY) + 1),
    "readline": lambda stream: b"".join(line for line in iter(stream.readline, b"")),
    "readlines": lambda stream: b"".join(stream.readlines() + stream.readlines()),
    "iterated": b"".join,
    "mixed": lambda stream: stream.readline() + stream.read(10) + stream.read(),
}


class Short(io.BytesIO):
    """Gives less than it is asked for, as a stream may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 7000))


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("spool_above", [None, ABOVE], ids=["memory", "file"])
@pytest.mark.parametrize("source", [io.BytesIO, Short])
def test_the_app_reads_what_was_signed(files: list[Any], way: Any, spool_above: int | None, source: Any) -> None:
    """In every way that PEP 3333 has, to the end and no further."""
    hentity, body = read_stream(source(BODY + b"of the next"), len(BODY), SHA_256, MOST, spool_above)
    assert hentity == SHA_256.hexdigest(BODY)
    assert isinstance(body, HeldBody)
    stream = stream_of(body)
    assert way(stream) == BODY
    assert (stream.read(), stream.read(5), stream.readline()) == (b"", b"", b"")
    assert len(files) == (spool_above is not None)
    body.close()
    with pytest.raises(ValueError, match="the request is over"):
        stream.read()


@pytest.mark.parametrize("octets", [0, 1, FILE_PIECE])
def test_a_short_body_is_one_piece(octets: int) -> None:
    """Read with one call, and given to the app without a copy."""
    asked = []

    class Noting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size)
            return super().read(size)

    hentity, body = read_stream(Noting(bytes(octets)), octets, SHA_256, MOST, None)
    assert (hentity, body) == (SHA_256.hexdigest(bytes(octets)), bytes(octets))
    assert asked == ([octets] if octets else [])
    assert stream_of(body).read() == body


@pytest.mark.parametrize("octets", [9, FILE_PIECE + 1])
def test_a_body_over_the_limit(files: list[Any], octets: int) -> None:
    """Of unknown length: no more is read than it takes to know."""
    stream = io.BytesIO(bytes(2 * octets))
    with pytest.raises(BodyTooLarge):
        read_stream(stream, octets, SHA_256, octets - 1, 0)
    assert stream.tell() == octets
    assert len(files) == (octets > FILE_PIECE)


class Broken(io.BytesIO):
    """Gives what it has, and then raises what a server raises where a chunk is none."""

    def __init__(self, octets: bytes, error: Exception) -> None:
        super().__init__(octets)
        self.error = error

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if not piece:
            raise self.error
        return piece


class NoChunk(Exception):
    """gunicorn's are of no kind that Python knows."""


@pytest.mark.parametrize("octets", [0, 10, FILE_PIECE + 1])
@pytest.mark.parametrize(
    "error", [OSError, TimeoutError, EOFError, ValueError, NoChunk], ids=lambda kind: kind.__name__
)
def test_a_body_that_breaks_off(files: list[Any], error: type[Exception], octets: int) -> None:
    """Whatever a server raises of it, the request is refused, and the app is not called."""
    site = Site(spool_above=ABOVE, max_body=MOST)
    signed = site.signer().sign("PUT", body=bytes(octets))
    broken = {"wsgi.input": Broken(bytes(octets), error("no chunk")), "wsgi.input_terminated": True}
    status, _, text = site.ask("PUT", field=signed, **broken)
    assert (status, text) == (400, b"The body did not arrive whole.\n")
    assert not site.app.environs
    assert all(file.closed for file in files)


@pytest.mark.live
@pytest.mark.parametrize("octets", [b"zz\r\nabc", b"3\r\nabcX\r\n", b"3\nabc\n", b"3\r\nab", b"fffffffff\r\nabc"])
def test_bad_chunks_of_cheroot(octets: bytes) -> None:
    """The same from the reader of a real server."""
    python_peer("cheroot")
    reader = importlib.import_module("cheroot.server").ChunkedRFile(io.BytesIO(octets), 0)
    with pytest.raises(MalformedField, match="did not arrive whole"):
        read_stream(reader, MOST, SHA_256, MOST, None)


@pytest.mark.parametrize("end", ["answered", "wrong", "fails"])
def test_the_file_ends_with_the_request(files: list[Any], end: str) -> None:
    """Closed with the answer, with a refusal, or with the error of an app; the answer is proved as ever."""
    site = Site(spool_above=ABOVE, max_body=MOST)
    alice = site.signer()
    signed = alice.sign("PUT", body=BODY if end != "wrong" else b"another")
    if end == "fails":

        def app(_environ: Any, _start_response: Any) -> list[bytes]:
            raise ZeroDivisionError

        site.middleware.app = app
        with pytest.raises(ZeroDivisionError):
            site.ask("PUT", field=signed, body=BODY)
    else:
        status, fields, body = site.ask("PUT", field=signed, body=BODY)
        assert status == (200 if end == "answered" else 401)
        if end == "answered":
            assert body == b"hello " + BODY
            assert "rspauth" not in info(fields)
            assert site.app.closed == 1
    assert [file.closed for file in files] == [True]


def test_head(files: list[Any]) -> None:
    """Whose answer is not held back: the file ends with it all the same."""
    site = Site(spool_above=ABOVE, max_body=MOST)
    site.app.pieces = [b""]
    assert site.ask("HEAD", field=site.signer().sign("HEAD", body=BODY), body=BODY)[0] == 200
    assert [file.closed for file in files] == [True]


def test_long_answers_are_not_copied() -> None:
    """What an app gives in long pieces goes out as those pieces, held back or not."""
    pieces = [b"a" * 5000, b"b" * 5000, b"c" * 5000]

    def app(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return pieces

    for max_body in (MOST, 6000):
        site = Site(max_body=max_body)
        field = site.signer().sign("PUT", body=b"x").decode()
        site.middleware.app = app
        environ: dict[str, Any] = {"REQUEST_METHOD": "PUT", "PATH_INFO": "/x", "REQUEST_URI": "/x"}
        setup_testing_defaults(environ)
        environ |= {"CONTENT_LENGTH": "1", "wsgi.input": io.BytesIO(b"x"), "HTTP_AUTHORIZATION": field}
        sent = list(site.middleware(environ, lambda *_: pieces.append))
        assert [id(piece) for piece in sent] == [id(piece) for piece in pieces]


@pytest.mark.parametrize("spool_above", [MOST, -1, "1", True])
def test_settings_that_cannot_work(spool_above: Any) -> None:
    """A number that no body can be above is refused."""
    with pytest.raises(ConfigurationError, match="spool_above"):
        Site(spool_above=spool_above, max_body=MOST)
