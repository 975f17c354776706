"""The messages and header lists of an app are its own: nothing is written into them, none gets another's proof."""

import copy
from typing import Any

import pytest

from tests.attacks.driver import Server

DENIAL: dict[str, Any] = {"websocket.http.response": {}, "http.response.trailers": {}}
TRAILERS = [(b"te", b"trailers")]

START = {"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]}
BARE = {"type": "http.response.start", "status": 200}
ACCEPT = {"type": "websocket.accept", "headers": [(b"x-app", b"1")]}
DENY = {"type": "websocket.http.response.start", "status": 403, "headers": [(b"x-app", b"1")]}
BODY = {"type": "http.response.body", "body": b"hello"}
MORE = {"type": "http.response.body", "body": b"x" * 20, "more_body": True}
OWN_TRAILERS = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}

#: Every kind of message that a proof is put into, with what stands around it: method, body signed, messages.
KINDS: dict[str, tuple[str, bytes | None, list[dict[str, Any]]]] = {
    "header": ("GET", None, [START, BODY]),
    "no-headers": ("GET", None, [BARE, BODY]),
    "head": ("HEAD", b"", [START, BODY]),
    "auth-int": ("GET", b"", [START, BODY]),
    "auth-int-no-headers": ("GET", b"", [BARE, BODY]),
    "auth-int-pieces": ("GET", b"", [START, {**BODY, "more_body": True}, {"type": "http.response.body"}]),
    "auth-int-trailer": ("GET", b"", [START, MORE, BODY]),
    "auth-int-own-trailers": ("GET", b"", [{**START, "trailers": True}, MORE, BODY, OWN_TRAILERS]),
    "websocket": ("WEBSOCKET", None, [ACCEPT]),
    "websocket-no-headers": ("WEBSOCKET", None, [{"type": "websocket.accept"}]),
    "websocket-auth-int": ("WEBSOCKET", b"", [ACCEPT]),
    "denial": ("WEBSOCKET", None, [DENY, {"type": "websocket.http.response.body", "body": b""}]),
    "denial-auth-int": ("WEBSOCKET", b"", [DENY, {"type": "websocket.http.response.body", "body": b""}]),
}


class Constant:
    """An app that sends the same message objects for every request."""

    def __init__(self, messages):
        self.messages = messages

    async def __call__(self, _scope, receive, send):
        await receive()
        for message in self.messages:
            await send(message)


#: ASGI wants an iterable of two-item iterables: what apps make of that.
SHAPES: dict[str, Any] = {"list": list, "tuple": tuple, "lists": lambda fields: [list(pair) for pair in fields]}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_app_that_sends_one_dict_for_all(kind, shape):
    """After alice's requests the objects are as they were, and the next stranger on a public path gets no proof."""
    method, signed, messages = KINDS[kind]
    messages = copy.deepcopy(messages)
    for message in messages:
        if "headers" in message:
            message["headers"] = SHAPES[shape](message["headers"])
    before = copy.deepcopy(messages)
    lists = [message.get("headers") for message in messages]
    server = Server(app=Constant(messages), public=["/open"], max_body=10)
    signer = server.signer()
    for nc in (1, 2):
        verb = "GET" if method == "WEBSOCKET" else method
        field = signer.sign(verb, "/x", nc, body=signed)
        response = server.request(method, "/x", field, headers=TRAILERS, extensions=DENIAL)
        proofs = [
            value
            for message in response.messages
            for name, value in message.get("headers", ())
            if name == b"authentication-info"
        ]
        assert len(proofs) == 1
        assert b"nc=%08x" % nc in proofs[0]
        assert messages == before
        assert [message.get("headers") for message in messages] == lists
    stranger = server.request(method, "/open", headers=TRAILERS, extensions=DENIAL)
    assert b"authentication-info" not in str(stranger.messages).encode()
    assert stranger.messages == before


def test_an_app_that_goes_on_using_its_message():
    """What was sent counts, not what the app makes of the dict, the list or the buffer before the answer leaves."""
    message: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]}
    buffer = bytearray(b"hello")

    async def app(_scope, receive, send):
        await receive()
        await send(message)
        message["status"] = 500
        message["headers"].append((b"x-later", b"2"))
        await send({"type": "http.response.body", "body": buffer, "more_body": True})
        buffer[:] = b"HELLO"
        await send({"type": "http.response.body"})

    server = Server(app=app)
    signer = server.signer()
    response = server.request("GET", "/x", signer.sign(body=b""))
    assert (response.status, response.body) == (200, b"hello")
    assert [name for name, _ in response.headers] == [b"x-app", b"authentication-info"]
    assert response.info["rspauth"] == signer.rspauth(b"hello")
