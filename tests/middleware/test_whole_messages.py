"""The messages of an answer under auth-int as they go out, whole: what the app said is in them, and nothing twice."""

from typing import Any

import pytest

from tests.attacks.driver import Server
from tests.attacks.signing import h, ha1
from tests.middleware.test_streams import TRAILERS, Scripted, answered, body, start

LONG = b"x" * 20
TYPE = (b"content-type", b"text/plain")


def info_of(signer, *, proof=None):
    """The field of the server's own parameters."""
    rest = f'qop=auth-int, nc=00000001, cnonce="{signer.fields["cnonce"]}"'
    return (b"authentication-info", (f'rspauth="{proof}", {rest}' if proof else rest).encode())


def test_a_short_answer():
    """Its own fields, then the proof."""
    response, signer = answered(Scripted(start(201, TYPE, reason="Made"), body(b"short")))
    assert response.messages == [
        start(201, TYPE, info_of(signer, proof=signer.rspauth(b"short")), reason="Made"),
        body(b"short"),
    ]


def test_a_long_answer_without_trailers():
    """Its own fields, then all but the proof; the rest of the body as it comes."""
    response, signer = answered(Scripted(start(200, TYPE), body(LONG, more=True), body(b"y", more=True), body()))
    assert response.messages == [
        start(200, TYPE, info_of(signer)),
        body(LONG, more=True),
        body(b"y", more=True),
        body(),
    ]


@pytest.mark.parametrize("end", [b"", b"y"])
def test_a_long_answer_with_trailers(end):
    """A trailer is announced, and comes once, behind the last piece; a field of the app of that name is left out."""
    old = (b"Authentication-Info", b"nextnonce=app")
    response, signer = answered(Scripted(start(200, TYPE, old), body(LONG, more=True), body(end)), **TRAILERS)
    proof = info_of(signer, proof=signer.rspauth(LONG + end))
    assert response.messages == [
        start(200, TYPE, (b"trailer", b"authentication-info"), trailers=True),
        body(LONG, more=True),
        body(end),
        {"type": "http.response.trailers", "headers": [proof], "more_trailers": False},
    ]


def test_what_an_app_sends_behind_the_end():
    """Nothing of it is taken for a part of the answer that is over, nor proved once more."""
    late: dict[str, Any] = {"type": "http.response.trailers", "headers": [(b"x", b"y")]}
    response, _ = answered(Scripted(start(), body(LONG, more=True), body(), late, body(b"z")), **TRAILERS)
    assert response.messages[-2:] == [late, body(b"z")]
    assert len(response.trailers) == 2


def test_an_answer_without_fields():
    """ASGI lets an app leave the list out."""
    bare = {"type": "http.response.start", "status": 200}
    for pieces, extra in (((body(b"a"),), {}), ((body(LONG, more=True), body()), {}),
                          ((body(LONG, more=True), body()), TRAILERS)):  # fmt: skip
        response, _ = answered(Scripted(bare, *pieces), **extra)
        assert [name for name, _ in response.headers] == [b"trailer" if extra else b"authentication-info"]


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("signed", [None, b""], ids=["auth", "auth-int"])
def test_a_refusal_of_the_app(status, signed):
    """Goes out as it is where it is the status of our refusals, whatever its body."""
    messages = [start(status, TYPE), body(LONG, more=True), body()]
    for proxy in (False, True):
        server = Server(app=Scripted(*messages), max_body=10, proxy=proxy)
        name = b"proxy-authorization" if proxy else b"authorization"
        signer = server.signer()
        response = server.request(authorization=signer.sign(body=signed), field_name=name)
        if status == (407 if proxy else 401):
            assert response.messages == messages
        else:
            (field,) = set(response.messages[0]["headers"]) - {TYPE}
            assert field[0] == (b"proxy-authentication-info" if proxy else b"authentication-info")
            assert response.messages[1:] == messages[1:]


def test_head():
    """Its answer has no body, so the proof is over none, however long the body is that the app does not send."""
    server = Server(app=Scripted(start(200, TYPE), body(LONG, more=True), body(b"y")), max_body=10)
    signer = server.signer()
    response = server.request("HEAD", "/x", signer.sign("HEAD", body=b""))
    assert response.messages == [
        start(200, TYPE, info_of(signer, proof=signer.rspauth(b""))),
        body(LONG, more=True),
        body(b"y"),
    ]


def test_what_a_message_may_leave_out():
    """The last piece of a body, and the last trailer, need not say that they are."""
    last = {"type": "http.response.body", "body": b"a"}
    response, signer = answered(Scripted(start(), last))
    assert response.messages == [start(200, info_of(signer, proof=signer.rspauth(b"a"))), body(b"a")]
    nothing = {"type": "http.response.body"}
    response, signer = answered(Scripted(start(), nothing))
    assert response.messages == [start(200, info_of(signer, proof=signer.rspauth(b""))), body()]
    trailer = {"type": "http.response.trailers"}
    response, signer = answered(Scripted(start(trailers=True), body(LONG, more=True), nothing, trailer), **TRAILERS)
    assert response.trailers == [info_of(signer, proof=signer.rspauth(LONG))]


def test_the_longest_answer_that_is_held_back():
    """One that is as long as the limit has its proof in the header; one octet more, and it is sent."""
    for octets, proven in ((b"x" * 10, True), (b"x" * 11, False)):
        response, signer = answered(Scripted(start(), body(octets, more=True), body()))
        assert response.values(b"authentication-info") == [
            info_of(signer, proof=signer.rspauth(octets) if proven else None)[1]
        ]


class ByNameOnly:
    """A source that cannot find a user by the hash of the name, and gives one H(A1) for whatever it is asked."""

    def ha1(self, _name, realm, algorithm):
        """As Users."""
        return ha1(algorithm.name, "alice", realm, "s3cret").encode()


def test_a_hashed_name_that_cannot_be_looked_up():
    """Is nobody's, whatever the source would say to the hash as a name."""
    server = Server(users=ByNameOnly(), userhash=True)
    signer = server.signer()
    late = {"username": h("SHA-256", f"alice:{signer.challenge['realm']}"), "userhash": "true"}
    assert server.get(server.signer()).status == 200
    assert server.get(signer, late=late).status == 401
