"""The field of the server's proof: one, ours, on each answer that may carry it; and the pieces of a proved answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attacks.driver import Server

NAME = b"authentication-info"

#: What an app may have by that name, its own or that of a server behind it; and names as long as ours.
OTHERS = [(b"Authentication-Info", b'rspauth="0"'), (b"AUTHENTICATION-INFO", b"x"), (b"x-a-longish-header!", b"y")]


def proofs(headers: list[tuple[bytes, bytes]]) -> list[bytes]:
    """The values of the field, in whatever case its name is written."""
    return [value for name, value in headers if name.lower() == NAME]


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "WEBSOCKET"])
def test_an_app_has_a_field_of_that_name(method: str, qop: str) -> None:
    """It is replaced: two would contradict each other. All others stay, in their order."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept", "headers": [(b"a", b"1"), *OTHERS, (b"b", b"2")]})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"1"), *OTHERS, (b"b", b"2")]})
        await send({"type": "http.response.body", "body": b"hello"})

    server = Server(app=app)
    signed = server.signer().sign("GET" if method == "WEBSOCKET" else method, "/x", qop=qop)
    headers = server.request(method, "/x", signed).messages[0]["headers"]
    (proof,) = proofs(headers)
    assert b'rspauth="' in proof
    assert b'rspauth="0"' not in proof
    assert [pair for pair in headers if pair[0].lower() != NAME] == [(b"a", b"1"), OTHERS[2], (b"b", b"2")]


@pytest.mark.parametrize("proxy", [False, True])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "WEBSOCKET"])
def test_an_app_that_refuses(method: str, qop: str, proxy: bool) -> None:
    """Its 401, or 407 of a proxy, carries no proof (RFC 7615 §3: such an answer says nothing of the login)."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        prefix = "websocket.http" if scope["type"] == "websocket" else "http"
        await send({"type": f"{prefix}.response.start", "status": 407 if proxy else 401, "headers": []})
        await send({"type": f"{prefix}.response.body", "body": b"no"})

    server = Server(app=app, proxy=proxy)
    signer = server.signer()
    field_name = b"proxy-authorization" if proxy else b"authorization"
    signed = signer.sign("GET" if method == "WEBSOCKET" else method, "/x", qop=qop)
    extensions: dict[str, Any] = {"websocket.http.response": {}}
    response = server.request(method, "/x", signed, field_name=field_name, extensions=extensions)
    assert (response.status, response.headers) == (407 if proxy else 401, [])


PIECES = {
    "long": [b"x" * 70_000, b"y" * 70_000, b"z" * 70_000],
    "a-last-octet": [b"x" * 70_000, b"y"],
    "one": [b"x"],
    "none": [],
    "empty": [b"", b"", b""],
}


@pytest.mark.parametrize("most", [10**6, 100_000, 0])
@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_an_answer_in_pieces(pieces: list[bytes], most: int) -> None:
    """It arrives whole, with one end, held back until its proof is known or let go where it is over the limit."""
    server = Server(max_body=most)
    server.app.answer = pieces
    signed = server.signer().sign("GET", "/x", qop="auth-int")
    response = server.request("GET", "/x", signed)
    bodies = [message for message in response.messages if message["type"] == "http.response.body"]
    assert response.body == b"".join(pieces)
    assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [False]
    (proof,) = proofs(response.headers)
    assert (b"rspauth" in proof) == (len(response.body) <= most)


def test_a_body_that_is_announced_too_long() -> None:
    """Who may come without a login and is refused by the app is asked to sign without the body."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b"who are you?"})

    server = Server(app=app, max_body=10, public=["/x"], optional=True)
    for length, qop in ((b"10", "auth,auth-int"), (b"11", "auth")):
        response = server.request("POST", "/x", headers=[(b"content-length", length)])
        assert response.body == b"who are you?"
        assert {",".join(sorted(each["qop"].split(","))) for each in response.challenges} == {qop}
