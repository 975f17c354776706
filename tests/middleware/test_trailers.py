"""A long answer under auth-int: the proof goes into a trailer only where that trailer will reach the client."""

from typing import Any

import pytest

from digest_http_middleware.proof import takes_trailers
from tests.attacks.driver import Server
from tests.middleware.test_streams import Scripted, body, start

OFFERED: dict[str, Any] = {"http.response.trailers": {}}

#: (HTTP version, TE fields, whether the client takes trailers). Grammar of RFC 9110 §10.1.4; RFC 9113 §8.2.2.
FIELDS = [
    ("1.1", [], False),
    ("1.1", [b""], False),
    ("1.1", [b"trailers"], True),
    ("1.1", [b"Trailers"], True),
    ("1.1", [b"deflate;q=0.5, trailers"], True),
    ("1.1", [b"trailers,deflate"], True),
    ("1.1", [b"deflate", b"\ttrailers "], True),
    ("1.1", [b"deflate"], False),
    ("1.1", [b"trailersx"], False),
    ("1.1", [b"Xtrailers"], False),
    ("1.1", [b"\x0btrailers"], False),
    ("1.1", [b"x-trailers"], False),
    ("1.1", [b"trailers;q=1"], False),
    ("1.1", [b"deflate;x=trailers"], False),
    ("2", [b"trailers"], True),
    ("2", [], False),
    ("2", [b"trailers, deflate"], False),
    ("3", [b"trailers"], True),
]


@pytest.mark.obeys("trailers-if-asked")
@pytest.mark.parametrize(("version", "fields", "taken"), FIELDS)
@pytest.mark.parametrize("extensions", [OFFERED, {}, None], ids=["offered", "not-offered", "none"])
def test_trailers_need_server_and_client(version, fields, taken, extensions):
    """With both, the proof follows the body; else all but the proof is in the header, and no trailer is promised."""
    long = b"x" * 20
    app = Scripted(start(), body(long, more=True), body(b"y"))
    server = Server(app=app, max_body=10)
    signer = server.signer()
    response = server.request(
        "GET",
        "/x",
        signer.sign(body=b""),
        headers=[(b"te", field) for field in fields],
        http_version=version,
        extensions=extensions,
    )
    assert response.body == long + b"y"
    if taken and extensions:
        assert response.info == {}
        ((name, value),) = response.trailers
        assert (name, signer.rspauth(long + b"y").encode() in value) == (b"authentication-info", True)
    else:
        assert response.info == {"qop": "auth-int", "nc": "00000001", "cnonce": signer.fields["cnonce"]}
        assert response.trailers == []
        assert response.values(b"trailer") == []
        assert "trailers" not in response.messages[0]


def test_a_scope_without_a_version():
    """The version is optional in a websocket's scope, which has no trailers anyway."""
    scope = {"type": "websocket", "headers": [(b"te", b"trailers")]}
    assert not takes_trailers(scope)
    assert takes_trailers({**scope, "extensions": OFFERED})
    assert takes_trailers({"extensions": OFFERED, "headers": [(b"te", b"deflate, trailers")]})


def test_trailers_of_the_app_in_two_messages():
    """The proof joins the last of them, so that nothing follows the end."""
    first = {"type": "http.response.trailers", "headers": [(b"x-one", b"1")], "more_trailers": True}
    last = {"type": "http.response.trailers", "headers": [(b"x-two", b"2")]}
    server = Server(app=Scripted(start(trailers=True), body(b"x" * 20, more=True), body(), first, last), max_body=10)
    signer = server.signer()
    response = server.request("GET", "/x", signer.sign(body=b""), headers=[(b"te", b"trailers")], extensions=OFFERED)
    assert [name for name, _ in response.trailers] == [b"x-one", b"x-two", b"authentication-info"]
    assert [message.get("more_trailers") for message in response.messages[-2:]] == [True, False]
