"""Request and response streams under auth-int: what an app may do with them, and what reaches the wire."""

from typing import Any

import pytest

from tests.attacks.driver import Server

TRAILERS: dict[str, Any] = {"extensions": {"http.response.trailers": {}}, "headers": [(b"te", b"trailers")]}


class Scripted:
    """An app that receives a number of times and then sends what it was told."""

    def __init__(self, *messages, receives=1):
        self.messages = messages
        self.receives = receives
        self.received = []
        self.scopes = []

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        for _ in range(self.receives):
            self.received.append(await receive())
        for message in self.messages:
            await send(dict(message))


def start(status=200, *headers, **extra):
    """The first message of a response."""
    return {"type": "http.response.start", "status": status, "headers": list(headers), **extra}


def body(octets=b"", *, more=False):
    """A message of a response body."""
    return {"type": "http.response.body", "body": octets, "more_body": more}


def answered(app, max_body=10, qop_body=b"", **extra):
    """The response of a scripted app to a request signed with auth-int, and its signer."""
    server = Server(app=app, max_body=max_body)
    signer = server.signer()
    return server.request("GET", "/x", signer.sign(body=qop_body), body=qop_body, **extra), signer


def test_the_body_and_then_the_disconnect():
    """The app receives the whole body in one message, and afterwards whatever the server has to say."""
    app = Scripted(start(), body(), receives=3)
    answered(app, qop_body=b"question")
    assert app.received == [
        {"type": "http.request", "body": b"question", "more_body": False},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]


def test_nothing_is_sent_before_the_proof_is_known():
    """A response in pieces is held back and leaves as one header and one body."""
    response, signer = answered(Scripted(start(), body(b"a", more=True), body(b"b", more=True), body(b"c")))
    assert [message["type"] for message in response.messages] == ["http.response.start", "http.response.body"]
    assert response.body == b"abc"
    assert response.info["rspauth"] == signer.rspauth(b"abc")


def test_an_app_that_fails_half_way():
    """A response whose end never came is not sent as if it had come."""

    class Failing(Scripted):
        async def __call__(self, scope, receive, send):
            await super().__call__(scope, receive, send)
            raise RuntimeError("half way")

    server = Server(app=Failing(start(), body(b"a", more=True)))
    header = server.signer().sign(body=b"")
    with pytest.raises(RuntimeError, match="half way"):
        server.request("GET", "/x", header)


def test_messages_without_optional_keys():
    """ASGI lets headers, body and more_body be left out."""
    response, signer = answered(
        Scripted({"type": "http.response.start", "status": 200}, {"type": "http.response.body"})
    )
    assert response.info["rspauth"] == signer.rspauth(b"")


def test_early_hints_pass():
    """Messages that are no part of the response go out at once."""
    hint = {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]}
    response, _ = answered(Scripted(hint, start(), body(b"x")))
    assert response.messages[0] == hint


def test_trailers_of_the_app_below_the_limit():
    """The app's own trailers follow a proof in the header."""
    own = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")], "more_trailers": False}
    response, signer = answered(Scripted(start(trailers=True), body(b"x"), own), **TRAILERS)
    assert response.info["rspauth"] == signer.rspauth(b"x")
    assert response.trailers == [(b"x-sum", b"1")]


def test_trailers_of_the_app_over_the_limit():
    """The proof joins the app's own trailers, once."""
    own = {
        "type": "http.response.trailers",
        "headers": [(b"x-sum", b"1"), (b"authentication-info", b'rspauth="evil"')],
        "more_trailers": False,
    }
    long = b"x" * 20
    script = Scripted(start(200, (b"trailer", b"x-sum"), trailers=True), body(long, more=True), body(b"y"), own)
    response, signer = answered(script, **TRAILERS)
    assert response.values(b"trailer") == [b"x-sum", b"authentication-info"]
    (_, proof) = response.trailers[-1]
    assert response.trailers[:-1] == [(b"x-sum", b"1")]
    assert signer.rspauth(long + b"y").encode() in proof
    assert response.messages[-1]["more_trailers"] is False


def test_a_header_field_of_the_app_over_the_limit():
    """Neither with trailers nor without does the app's own Authentication-Info get through."""
    script = Scripted(start(200, (b"authentication-info", b'rspauth="evil"')), body(b"x" * 20, more=True), body(b"y"))
    for extra in (TRAILERS, {}):
        response, _ = answered(script, **extra)
        assert b"evil" not in b"".join(response.values(b"authentication-info"))


def test_a_single_message_over_the_limit_is_still_complete():
    """What comes whole needs no holding back: the proof goes into the header whatever its size."""
    response, signer = answered(Scripted(start(), body(b"x" * 1000)), **TRAILERS)
    assert response.info["rspauth"] == signer.rspauth(b"x" * 1000)
    assert response.trailers == []


def test_streams_under_auth_are_not_held_back():
    """With qop=auth each message passes as the app sends it."""
    server = Server(app=Scripted(start(), body(b"a", more=True), body(b"b")))
    response = server.get(server.signer())
    assert [message.get("body") for message in response.messages] == [None, b"a", b"b"]


def test_nextnonce_over_the_limit_without_trailers():
    """What needs no body hash is still said: a nonce near its end brings the next."""
    server = Server(app=Scripted(start(), body(b"x" * 20, more=True), body()), max_body=10)
    signer = server.signer()
    server.clock.now += 250
    info = server.get(signer, body=b"").info
    assert "nextnonce" in info
    assert "rspauth" not in info
