"""Nearly every request goes a short way through the middleware: it comes to the same as each of the general ways."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest_http.buffers import HTTPMessage
from digest_http.errors import MalformedField
from digest_http.stores import MemoryStore
from digest_http_middleware.beside import Beside
from digest_http_middleware.connections import Connection, ConnectionSettings
from digest_http_middleware.content_lengths import announces_more
from digest_http_middleware.exchanges import Exchange
from digest_http_middleware.fronts import Front
from digest_http_middleware.header_proof import header_proof
from digest_http_middleware.identity import AUTHENTICATED, DigestUser
from tests.attacks.driver import USERS, Response, Server, run
from tests.middleware.read_bodies import GUARD
from tests.middleware.test_one_piece import FIELDS

LOGGER = "digest_http.middleware"


class Later(MemoryStore):
    """A store that has to be awaited."""

    async def advance(self, *arguments: Any, **keywords: Any) -> Any:  # type: ignore[override]  # stores may be awaited
        """See NonceStore."""
        return super().advance(*arguments, **keywords)


class Awaited:
    """A source of users that has to be awaited."""

    def __init__(self, server: Server) -> None:
        self._users = server.middleware.users

    async def ha1(self, *asked: Any) -> Any:
        """See Users."""
        return self._users.ha1(*asked)


def nobody(_scope: Any) -> None:
    """Another way to log in, by which nobody comes."""


#: What forces a request off the short way, and changes nothing else.
GENERAL: dict[str, Callable[[], dict[str, Any]]] = {
    "observers": lambda: {"observers": [lambda _event: None]},
    "others": lambda: {"beside": [Beside(nobody)]},
    "optional": lambda: {"protect": ["/x", "/other"], "optional": True},
    "awaited": lambda: {"users": Awaited(Server())},
    "store": lambda: {"store": Later()},
    "answer": lambda: {"answer": lambda _scope, refusal: ("text/plain; charset=utf-8", refusal.plain_body)},
    "roles": lambda: {"roles": {}},
    "debug": dict,
}

#: What a client may do, by the arguments of `sign`; None: it sends no credentials.
REQUESTS = st.sampled_from(
    ["right", "wrong password", "replay", "another target", "nothing", "no field", "two fields", "goes away"]
)


#: What differs with each nonce.
_changing = re.compile(rb'(rspauth|nonce|nextnonce)="[^"]*"')


def masked(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same without what differs with each nonce."""
    fields = [[(name, _changing.sub(rb'\1=""', value)) for name, value in each.get("headers", ())] for each in messages]
    return [{**each, "headers": found} for each, found in zip(messages, fields, strict=True)]


def answers(
    policy: dict[str, Any], offered: list[str], request: str, method: str, signed: str, body: Any, sent: Any
) -> tuple[Any, Any]:
    """All that goes out, and all that the app has seen."""
    server = Server(keys=[bytes(32)], random=bytes, algorithms=["SHA-256"], qop=offered, **policy)
    server.app.headers, server.app.answer = sent
    signer = server.signer(password="no" if request == "wrong password" else USERS["alice"])
    whole = b"".join(body)
    target = "/other" if request == "another target" else "/x"
    verb = "GET" if method == "WEBSOCKET" else method
    octets = b"" if method == "WEBSOCKET" else whole
    # No randomness, so that all ways sign alike.
    field: Any = signer.sign(verb, target, body=octets if signed == "auth-int" else None, late={"cnonce": "0a4f113b"})
    if request in ("nothing", "no field"):
        field = b"" if request == "nothing" else None
    if request == "two fields":
        field = [field, field]
    responses: list[Response] = []
    for _ in range(2 if request == "replay" else 1):
        extensions: dict[str, Any] = {"http.response.pathsend": {}, "x": {}}
        away = request == "goes away"
        responses.append(server.request(method, "/x", field, body=body, extensions=extensions, disconnect=away))
    seen = [
        (
            {name: value for name, value in scope.items() if name not in ("user", "headers", "digest_http.login")},
            scope["user"].username,
            scope["user"].roles,
        )
        for scope in server.app.scopes
    ]
    return [masked(response.messages) for response in responses], (seen, server.app.bodies)


@pytest.mark.parametrize("general", GENERAL)
@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([["auth"], ["auth", "auth-int"]]),
    REQUESTS,
    st.sampled_from(["GET", "HEAD", "POST", "WEBSOCKET", "BREW", "get"]),
    st.sampled_from(["auth", "auth-int"]),
    st.lists(st.binary(max_size=6), min_size=1, max_size=3),
    st.tuples(FIELDS, st.lists(st.binary(max_size=4), max_size=2)),
)
def test_a_request(
    general: str, offered: list[str], request: str, method: str, signed: str, body: Any, sent: Any
) -> None:
    """The same messages go out, in the same order, and the app sees the same."""
    short = answers({}, offered, request, method, signed, body, sent)
    log = logging.getLogger(LOGGER)
    before = log.level
    log.setLevel(logging.DEBUG if general == "debug" else logging.ERROR)
    try:
        assert answers(GENERAL[general](), offered, request, method, signed, body, sent) == short
    finally:
        log.setLevel(before)


@given(st.sampled_from(["GET", "POST", "get", "", "\ud800", "QUERY"]) | st.text(max_size=5))
def test_a_method(name: str) -> None:
    """Those that are known have the octets of all others: of what the server has read."""
    connection = Connection({"type": "http", "method": name, "headers": []}, run, ConnectionSettings(Front(), GUARD, 0))  # type: ignore[arg-type]  # nothing is received
    assert connection.method == name.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("shape", [tuple, list])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"content-length", b"x"]),
            st.sampled_from([b"9", b"10", b"011", b"1000000", b"0", b"-1", b"1" * 5000, b"", b"ten"]),
        ),
        max_size=3,
    ),
    st.sampled_from([0, 10, 10**6, 10**9]),
)
def test_a_length(shape: Any, fields: list[tuple[bytes, bytes]], limit: int) -> None:
    """Any of them counts that is a number, whatever pairs the server has."""
    more = any(
        name == b"content-length" and value.isdigit() and (len(value) > 10 or int(value) > limit)
        for name, value in fields
    )
    for pairs in ([shape(pair) for pair in fields], tuple(shape(pair) for pair in fields)):
        assert announces_more({"headers": pairs}, limit) is more


KINDS = [
    "http.response.start",
    "http.response.body",
    "http.response.push",
    "http.response.trailers",
    "websocket.accept",
    "websocket.http.response.start",
    "websocket.send",
]


@given(st.sampled_from(KINDS), st.sampled_from([200, 401, 407]), FIELDS, st.booleans())
def test_a_message(kind: str, status: int, fields: list[tuple[bytes, bytes]], bare: bool) -> None:
    """The request's own send puts the proof where that of the layer further out puts it."""
    server = Server()
    server.get(server.signer())
    accepted = server.app.scopes[0]["digest_http.login"][1]
    verified: tuple[Any, HTTPMessage] = accepted.context, accepted.message
    message: dict[str, Any] = {"type": kind, "status": status} | ({} if bare else {"headers": fields})
    sent: list[Any] = []
    exchange = Exchange(server.scope(), run, ConnectionSettings(Front(), GUARD, 0))  # type: ignore[arg-type]  # nothing is received
    exchange.send, exchange.accepted = sent.append, accepted
    exchange.prove_header(message)
    header_proof(sent.append, b"authentication-info", 401, verified)(message)  # type: ignore[arg-type]  # nothing is awaited
    assert sent[0] == sent[1]
    assert (sent[0] is message) is (sent[1] is message)


def test_a_user() -> None:
    """Each request has an object of its own, as if it had been made by name."""
    server = Server()
    signer = server.signer()
    for count in (1, 2):
        server.get(signer, nc=count)
    first, second = (scope["user"] for scope in server.app.scopes)
    assert first is not second
    assert [type(user) for user in (first, second)] == [DigestUser] * 2
    assert (first.username, first.roles, repr(first)) == ("alice", (), repr(DigestUser("alice")))
    assert server.app.scopes[0]["auth"] is AUTHENTICATED


@pytest.mark.parametrize("qop", [["auth"], ["auth", "auth-int"]])
def test_the_line_of_a_stranger(caplog: pytest.LogCaptureFixture, qop: list[str]) -> None:
    """It is there for who listens."""
    server = Server(qop=qop)
    with caplog.at_level(logging.DEBUG, LOGGER):
        assert server.request().status == 401
    assert [(record.levelno, record.getMessage().split()[0]) for record in caplog.records] == [
        (logging.DEBUG, "no-credentials")
    ]


@pytest.mark.parametrize("qop", [["auth"], ["auth", "auth-int"]])
def test_the_line_of_what_cannot_be_read(caplog: pytest.LogCaptureFixture, qop: list[str]) -> None:
    """It is more serious than that of a stranger, and is there for who does not listen for those."""
    server = Server(qop=qop)
    with caplog.at_level(logging.INFO, LOGGER):
        assert server.request(authorization=b"Digest x").status == 400
    assert [record.getMessage().split()[0] for record in caplog.records] == ["grammar"]


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_the_line_of_a_reason_that_is_not_ours(caplog: pytest.LogCaptureFixture, level: int) -> None:
    """A layer outside may refuse a body, for a reason of its own."""

    async def receive() -> Any:
        raise MalformedField("The body is cut", reason="cut-off")

    server, response = Server(), Response()

    async def send(message: Any) -> None:
        response.messages.append(message)

    signed = server.signer().sign("POST", "/x", body=b"")
    with caplog.at_level(level, LOGGER):
        run(server.middleware(server.scope("POST", "/x", [(b"authorization", signed)]), receive, send))
    assert response.status == 400
    lines = [(record.levelno, record.getMessage().split()[0]) for record in caplog.records]
    assert lines == ([(logging.INFO, "cut-off")] if level == logging.INFO else [])


def test_two_who_ask_for_the_body() -> None:
    """The first who waits has it, and the second what comes then, whoever asked first."""

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        first, second = receive(), receive()
        assert (await second)["body"] == b"whole"
        assert await first == {"type": "http.disconnect"}

    server = Server(app=app)
    server.request("POST", "/x", server.signer().sign("POST", "/x", body=b"whole"), body=b"whole")


@pytest.mark.parametrize("observers", [[], [lambda _event: None]], ids=["short", "observed"])
def test_what_is_held_is_closed(observers: list[Any]) -> None:
    """When the app is done: its receive has no more of the body then."""
    kept: list[Any] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        kept.append(receive)

    server = Server(app=app, observers=observers)
    server.request("POST", "/x", server.signer().sign("POST", "/x", body=b"ab"), body=[b"a", b"b"])
    assert run(kept[0]()) == {"type": "http.disconnect"}


@pytest.mark.parametrize("qop", [["auth"], ["auth", "auth-int"]])
def test_a_body_of_ones_own(qop: list[str]) -> None:
    """Whoever sets one has it in each refusal, that of a stranger too."""
    server = Server(qop=qop, answer=lambda _scope, refusal: ("text/x-own", refusal.reason.encode()))
    assert server.request().body == b"no-credentials"
    assert server.get(server.signer(password="no")).body == b"wrong-credentials"
