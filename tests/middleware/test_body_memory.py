"""What a body costs in memory is what it holds, however it is cut: in one-octet pieces, in empty ones."""

import tracemalloc

import pytest

from digest_http_client_auth.response_octets import RecordedBody
from digest_http_middleware.bodies import read_body, replay
from tests.attacks.driver import Server, run

BODY_OCTETS = 100_000

#: Octets of memory for each of the body, at the highest: a growing buffer (an eighth of room to spare, and twice itself
#: while it moves) and the copy that is handed on.
FACTOR = 4

#: What one exchange takes besides, whatever its body.
BESIDES = 50_000

#: Pieces by their length; the empty ones are as many as a body of one-octet pieces has.
CUTS = {"whole": BODY_OCTETS, "two-octets": 2, "one-octet": 1, "empty": 0}


def pieces(cut):
    """The pieces of a body, made one by one, each an object of its own."""
    if not cut:
        yield from (b"" for _ in range(BODY_OCTETS))
        return
    whole = bytes(BODY_OCTETS)
    for at in range(0, BODY_OCTETS, cut):
        yield whole[at : at + cut]


def peak(work):
    """The most octets that a piece of work held at once, beyond what was there before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def allowed(cut):
    """The bound for a body of this cut."""
    return BESIDES + FACTOR * (BODY_OCTETS if cut else 0)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_request_body(cut):
    """read_body holds the octets and no object for each piece, and replay gives them in one message."""

    def read():
        source = pieces(cut)

        async def receive():
            piece = next(source, None)
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

        async def whole():
            body = await read_body({"headers": []}, receive, BODY_OCTETS)
            message = await replay(body, receive)()
            assert message["body"] == bytes(BODY_OCTETS if cut else 0)

        run(whole())

    assert peak(read) < allowed(cut)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_response_body(cut):
    """So does the proof, while it holds an answer back."""

    class App:
        async def __call__(self, _scope, _receive, send):
            await send({"type": "http.response.start", "status": 200})
            for piece in pieces(cut):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})

    server = Server(app=App(), max_body=BODY_OCTETS)
    field = server.signer().sign(body=b"")

    def answer():
        response = server.request("GET", "/x", field)
        assert "rspauth" in response.info

    assert peak(answer) < allowed(cut)


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_response_body_at_the_client(cut):
    """So does the client, while it watches the octets that it decodes."""

    def watch():
        body = RecordedBody(pieces(cut))
        for _ in body:
            pass
        assert len(body.octets()) == (BODY_OCTETS if cut else 0)

    assert peak(watch) < allowed(cut)
