"""What a body costs in memory is what it holds, however it is cut: in one-octet pieces, in empty ones, in long ones."""

import tracemalloc
from itertools import cycle

import pytest

from digest_http.algorithms import by_name
from digest_http_client_auth.response_octets import RecordedBody
from tests.attacks.driver import Server, run
from tests.attacks.signing import h
from tests.middleware.read_bodies import read_body

#: What may be held beyond the body, on either way: short pieces on their way together, a piece that is copied, the
#: objects of the request.
BESIDES = 64 * 1024

MIB = 1024 * 1024

#: The body of pieces that are short: an object for each, or a place in a list, would be over the bound by far.
SHORT = 10_000

#: The octets of a body, and the lengths of its pieces, in turn. The empty ones are as many as those of one octet.
CUTS = {
    "whole": (MIB, (MIB,)),
    "64-KiB": (MIB, (65536,)),
    "4-KiB": (MIB, (4096,)),
    "4095": (MIB, (4095,)),
    "long-and-short": (MIB, (4096, 1)),
    "two-octets": (SHORT, (2,)),
    "one-octet": (SHORT, (1,)),
    "empty": (0, (0,)),
}

SHA_256 = by_name("SHA-256")


def pieces(cut):
    """The pieces of a body, made one by one, each an object of its own."""
    left, lengths = cut
    if not left:
        yield from (b"" for _ in range(SHORT))
        return
    for length in cycle(lengths):
        if not left:
            return
        now = min(length, left)
        left -= now
        yield bytes(now)


def peak(work):
    """The most octets that a piece of work held at once, beyond what was there before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def messages(cut):
    """The pieces, each with whether another follows. What has no octets ends with one more piece."""
    sent = 0
    for piece in pieces(cut):
        sent += len(piece)
        yield {"type": "http.request", "body": piece, "more_body": not sent or sent < cut[0]}
    if not cut[0]:
        yield {"type": "http.request"}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_request_body(cut):
    """It is held once, from its first octet to the last that the app reads, and nothing else of its size is."""
    coming = messages(cut)
    digests = []

    async def receive():
        return next(coming)

    async def whole():
        hentity, again = await read_body((), receive, SHA_256, cut[0])
        digests.append(hentity.decode())
        octets, more = 0, True
        while more:
            message = await again()
            octets, more = octets + len(message["body"]), message["more_body"]
        assert octets == cut[0]

    assert peak(lambda: run(whole())) < BESIDES + cut[0]
    assert digests == [h("SHA-256", bytes(cut[0]))]


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_response_body(cut):
    """So is an answer, while the proof holds it back."""

    class App:
        async def __call__(self, _scope, _receive, send):
            await send({"type": "http.response.start", "status": 200})
            for piece in pieces(cut):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body"})

    server = Server(app=App(), max_body=MIB)
    signer = server.signer()
    field = signer.sign(body=b"")
    infos = []

    def answer():
        # The driver keeps what was sent, which is what was held.
        infos.append(server.request("GET", "/x", field).info)

    assert peak(answer) < BESIDES + cut[0]
    assert infos[0]["rspauth"] == signer.rspauth(bytes(cut[0]))


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_response_body_at_the_client(cut):
    """The client hashes the octets that it decodes, and keeps none of them."""
    digests = []

    def watch():
        body = RecordedBody(pieces(cut), SHA_256.hash_body())
        for _ in body:
            pass
        digests.append(body.entity.hexdigest())

    # A piece is there until the next one is.
    assert peak(watch) < BESIDES + 2 * max(cut[1])
    assert digests == [h("SHA-256", bytes(cut[0]))]
