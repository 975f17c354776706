"""A body in one piece goes a shorter way than one in several, on its way in and out: what comes of it is the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http_middleware.content_lengths import announces_more
from tests.attacks.driver import Server, run
from tests.middleware.read_bodies import read_body
from tests.middleware.test_request_bodies import SHA_256
from tests.middleware.test_streams import TRAILERS, Scripted, answered, body, start

PIECES = st.lists(st.binary(max_size=12), min_size=1, max_size=6)

#: Fields of an app, some by the name of the proof.
FIELDS = st.lists(
    st.tuples(st.sampled_from([b"a", b"x-nineteen-octets-x", b"Authentication-Info", b"authentication-info"]),
              st.binary(max_size=3)), max_size=4,
)  # fmt: skip

BUFFERS: dict[str, Any] = {"bytes": bytes, "bytearray": bytearray, "memoryview": memoryview}

PUSH = {"type": "http.response.push", "path": "/style.css", "headers": []}


@settings(max_examples=30)
@given(PIECES, st.integers(0, 40))
def test_a_request(pieces: list[bytes], limit: int) -> None:
    """The app gets the same octets, or the request the same refusal, over the limit too."""
    whole, seen = b"".join(pieces), []
    for sent in (whole, pieces, [*pieces, b""]):
        server = Server(max_body=limit, qop=["auth-int"])
        signed = server.signer().sign("POST", "/x", body=whole)
        seen.append((server.request("POST", "/x", signed, body=sent).status, server.app.bodies))
    assert seen == [(200, [whole]) if len(whole) <= limit else (413, [])] * 3


@settings(max_examples=30)
@given(PIECES, FIELDS)
def test_an_answer(pieces: list[bytes], fields: list[tuple[bytes, bytes]]) -> None:
    """The same messages go out, with the same proof."""
    whole, sent = b"".join(pieces), []
    for messages in ([body(whole)], [*(body(piece, more=True) for piece in pieces), body()]):
        response, signer = answered(Scripted(start(201, *fields, reason="Made"), *messages), max_body=100)
        assert response.info["rspauth"] == signer.rspauth(whole)
        head, *bodies = response.messages
        head["headers"] = [(name, value) for name, value in head["headers"] if b"rspauth" not in value]
        sent.append((head, b"".join(message["body"] for message in bodies), bodies[-1]["more_body"]))
    assert sent[0] == sent[1]


@pytest.mark.parametrize("kind", BUFFERS)
def test_buffers(kind: str) -> None:
    """Octets may come in a buffer, which its owner may use again when the request has been verified."""
    octets, given = bytearray(b"question"), []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        octets[:] = b"QUESTION"
        given.append((await receive())["body"])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BUFFERS[kind](octets)}

    server = Server(app=app)
    signed = server.signer().sign("POST", "/x", body=b"question")
    run(server.middleware(server.scope("POST", "/x", [(b"authorization", signed)]), receive, None))  # type: ignore[arg-type]  # nothing is sent
    assert given == [b"question"]
    response, signer = answered(Scripted(start(), body(BUFFERS[kind](b"answer"))))
    assert (response.body, response.info["rspauth"]) == (b"answer", signer.rspauth(b"answer"))


@pytest.mark.parametrize("body", [[], [b""], [b"", b""]], ids=["before-all", "after-one", "after-two"])
def test_a_client_that_goes_away(body: list[bytes]) -> None:
    """What never ended is no body, not even an empty one that was signed: nobody is answered, and no count is used."""
    server = Server()
    signed = server.signer().sign("POST", "/x", body=b"")
    response = server.request("POST", "/x", signed, body=body, disconnect=True)
    assert (response.messages, response.app_called) == ([], False)
    assert server.request("POST", "/x", signed).status == 200


def test_a_read_that_was_given_up() -> None:
    """Who asks for the body and is told to stop before it is given has it when asking again."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"ab"}

    async def twice() -> Any:
        _, again = await read_body((), receive, SHA_256, 10)
        again().close()
        return await again()

    assert run(twice()) == {"type": "http.request", "body": b"ab", "more_body": False}


@pytest.mark.parametrize("pieces", [[body(b"ab")], [body(b"a", more=True), body(b"b")]], ids=["whole", "in-pieces"])
def test_what_stands_between_start_and_body(pieces: list[dict[str, Any]]) -> None:
    """What is neither goes out at once; a second start takes the place of the first."""
    response, signer = answered(Scripted(start(500), PUSH, start(200), PUSH, *pieces))
    assert [message["type"] for message in response.messages] == [
        PUSH["type"], PUSH["type"], "http.response.start", "http.response.body",
    ]  # fmt: skip
    assert (response.status, response.body, response.info["rspauth"]) == (200, b"ab", signer.rspauth(b"ab"))


def test_a_second_answer() -> None:
    """Behind a whole answer what an app sends is its own affair: nothing of it is held for ever, or lost."""
    response, _ = answered(Scripted(start(), body(b"a"), body(b"late"), PUSH), **TRAILERS)
    assert response.messages[1:] == [body(b"a"), body(b"late"), PUSH]


@given(
    st.integers(0, 3), st.integers(0, 10**9), st.sampled_from([0, 9, 999, 999_998, 999_999, 10**6, 10**6 + 1, 10**9])
)
def test_what_a_length_announces(zeros: int, length: int, limit: int) -> None:
    """The number that it is, with zeros before it or without."""
    for near in (length, max(0, limit + length % 3 - 1)):
        scope = {"headers": [(b"content-length", b"0" * zeros + b"%d" % near)]}
        assert announces_more(scope, limit) is (near > limit)
