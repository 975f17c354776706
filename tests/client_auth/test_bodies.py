"""Request bodies that are sent twice: replayed whole, or not at all. The server must never store an empty one."""

import io
import os

import pytest

from digest_http.errors import BodyNotReplayable

from .conftest import served_by, stream_of, transport_of
from .strict_server import StrictServer

URL = "http://server.example/upload"
BODY = bytes(range(256)) * 512


class Unseekable(io.RawIOBase):
    """A readable file that cannot seek, such as a pipe."""

    def __init__(self, octets):
        self._left = io.BytesIO(octets)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._left.readinto(buffer)


def generator():
    """A body that can be read once, for a blocking client."""
    yield BODY[:1000]
    yield BODY[1000:]


async def async_generator():
    """A body that can be read once, for an asynchronous client."""
    for chunk in generator():
        yield chunk


def one_shot(caller):
    """A body that can be read once, of the kind that this client takes."""
    return generator() if caller.blocking else async_generator()


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_bodies_in_memory_are_sent_again(caller, qop):
    """bytes, text, forms, JSON and multipart reach the server whole behind the challenge."""
    server = StrictServer(qop=qop)
    bodies = [
        {"content": BODY}, {"content": "text"}, {"data": {"a": "b"}}, {"json": [1]},
        {"files": {"f": ("name", BODY)}, "data": {"a": "b"}},
    ]  # fmt: skip
    for body in bodies:
        auth = caller.DigestAuth("alice", "s3cret", verify="required")
        (answer,) = caller.call(served_by(server), ("POST", URL, body), auth=auth)
        assert answer.status_code == 200
        first, second = (sent for _, _, sent in server.requests[-2:])
        assert first == second != b""


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_multipart_with_a_file(caller, qop):
    """Files in a form are sent again; the library itself rewinds them to their start."""
    server = StrictServer(qop=qop)
    (answer,) = caller.call(
        served_by(server), ("POST", URL, {"files": {"f": io.BytesIO(BODY)}}), auth=caller.DigestAuth("alice", "s3cret")
    )
    assert answer.status_code == 200
    assert server.requests[0][2] == server.requests[1][2]
    assert BODY in server.requests[1][2]


@pytest.mark.parametrize("offset", [0, 1000])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_file_goes_back_to_where_it_stood(plain, tmp_path, offset, qop, kind):
    """A file that can seek is sent again from the offset at which the caller handed it over, not from its start."""
    path = tmp_path / "body"
    path.write_bytes(BODY)
    server = StrictServer(qop=qop)
    with path.open("rb") if kind == "disk" else io.BytesIO(BODY) as file:
        file.seek(offset)
        auth = plain.DigestAuth("alice", "s3cret", verify="required")
        (answer,) = plain.call(served_by(server), ("PUT", URL, {"content": file}), auth=auth)
        assert answer.status_code == 200
        assert server.accepted[-1][1] == BODY[offset:]
        # Signed in advance with a nonce that has become stale: the same once more.
        server.forget()
        file.seek(offset)
        (answer,) = plain.call(served_by(server), ("PUT", URL, {"content": file}), auth=auth)
        assert answer.status_code == 200
        assert server.accepted[-1][1] == BODY[offset:]


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_body_that_is_used_up_raises_before_it_is_sent_again(caller, qop):
    """A generator is sent once: no second, empty body reaches the server. The next call knows the challenge."""
    server = StrictServer(qop=qop)
    auth = caller.DigestAuth("alice", "s3cret")
    with pytest.raises(BodyNotReplayable, match="cannot be sent again"):
        caller.call(served_by(server), ("POST", URL, {"content": one_shot(caller)}), auth=auth)
    assert [body for _, _, body in server.requests] == [BODY]
    (answer,) = caller.call(served_by(server), ("POST", URL, {"content": one_shot(caller)}), auth=auth)
    assert answer.status_code == 200
    assert server.accepted == [("/upload", BODY)]


def test_iterators_that_are_not_generators(plain):
    """An iterator looks like a list to the library, which would send nothing the second time; a list is sent again."""
    for content, accepted in ((iter([BODY]), 0), (Unseekable(BODY), 0), (map(bytes, [BODY]), 0), ([BODY, b"x"], 1)):
        server = StrictServer()
        auth = plain.DigestAuth("alice", "s3cret")
        if accepted:
            plain.call(served_by(server), ("POST", URL, {"content": content}), auth=auth)
        else:
            with pytest.raises(BodyNotReplayable):
                plain.call(served_by(server), ("POST", URL, {"content": content}), auth=auth)
        assert len(server.accepted) == accepted
        assert all(body.startswith(BODY) for _, _, body in server.requests)


def test_form_with_a_pipe(plain):
    """A file in a form that cannot seek would be sent empty the second time."""
    server = StrictServer()
    files = {"f": ("name", Unseekable(BODY), "text/plain")}
    with pytest.raises(BodyNotReplayable):
        plain.call(served_by(server), ("POST", URL, {"files": files}), auth=plain.DigestAuth("alice", "s3cret"))
    assert len(server.requests) == 1


def test_file_that_was_closed_meanwhile(plain):
    """A file that the first sending closed cannot be rewound."""
    server = StrictServer()
    file = io.BytesIO(BODY)

    def handler(request, body):
        file.close()
        return served_by(server)(request, body)

    with pytest.raises(BodyNotReplayable):
        plain.call(handler, ("POST", URL, {"content": file}), auth=plain.DigestAuth("alice", "s3cret"))


def test_real_pipe(plain):
    """The reading end of a pipe has seek and tell, and neither works."""
    server = StrictServer()
    read, write = os.pipe()
    os.write(write, b"once")
    os.close(write)
    with os.fdopen(read, "rb") as pipe, pytest.raises(BodyNotReplayable):
        plain.call(served_by(server), ("POST", URL, {"content": pipe}), auth=plain.DigestAuth("alice", "s3cret"))
    assert [body for _, _, body in server.requests] == [b"once"]


def test_body_that_was_not_read_is_sent(caller):
    """If the first answer came without the body being read, a generator is still whole."""
    server = StrictServer()

    def handle_request(_, request):
        return respond(request, b"".join(request.stream) if "authorization" in request.headers else b"")

    async def handle_async_request(_, request):
        chunks = [chunk async for chunk in request.stream] if "authorization" in request.headers else []
        return respond(request, b"".join(chunks))

    def respond(request, body):
        status, headers, content = served_by(server)(request, body)
        return caller.library.Response(status, headers=headers, content=content)

    caller.transport = lambda _: transport_of(caller.library, handle_request, handle_async_request)
    auth = caller.DigestAuth("alice", "s3cret")
    (answer,) = caller.call(None, ("POST", URL, {"content": one_shot(caller)}), auth=auth)
    assert answer.status_code == 200
    assert server.accepted == [("/upload", BODY)]


def test_stream_of_the_callers_own_making(plain):
    """What an unknown stream does when it is iterated again cannot be known, so it is not."""
    library = plain.library

    def iterate(_):
        yield BODY

    server = StrictServer()
    auth = plain.DigestAuth("alice", "s3cret")
    with (
        library.Client(transport=plain.transport(served_by(server)), auth=auth) as client,
        pytest.raises(BodyNotReplayable),
    ):
        client.send(library.Request("POST", URL, stream=stream_of(library, iterate)))
    assert len(server.requests) == 1
