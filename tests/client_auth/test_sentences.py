"""What the client says: in its log, of challenges that it does not answer, and in the errors that it raises."""

import logging

import pytest

from digest_http.errors import BodyNotReplayable, MalformedField, WrongPrincipal

from .conftest import served_by, session_of
from .strict_server import StrictServer
from .test_proxies import behind
from .test_proxies import get as get_through_proxy

HOME = "http://server.example"
URL = f"{HOME}/a"


def challenge(*parameters, realm=StrictServer.realm, nonce="n"):
    """A field that asks for credentials."""
    return ("WWW-Authenticate", ", ".join((f'Digest realm="{realm}", nonce="{nonce}"', *parameters)))


def challenging(*fields, status=401):
    """A handler that always asks for credentials."""
    return lambda *_: (status, list(fields), b"")


@pytest.fixture
def said(caplog):
    """The lines of the client's log so far."""
    caplog.set_level(logging.DEBUG, "digest_http.client")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "digest_http.client"]


def logged_in(caller, **settings):
    """An object that a server has let in with SHA-256."""
    auth = caller.DigestAuth("alice", "s3cret", **settings)
    assert caller.get(served_by(StrictServer()), URL, auth=auth)[0].status_code == 200
    return auth


@pytest.mark.parametrize(("field", "reason"), [
    (challenge("algorithm=SHA-1", "qop=auth"), "algorithm b'SHA-1' is unknown or missing from this Python"),
    (challenge("algorithm=MD5", "qop=auth"),
     "it is weaker than what this origin has accepted before, and allow_weaker is not set"),
    (challenge("algorithm=SHA-256", "qop=auth", "stale=true", realm="other"),
     "it calls a nonce stale that belongs to another realm"),
])  # fmt: skip
def test_challenges_that_are_not_answered(plain, said, field, reason):
    """One line at DEBUG for each, on the client's logger."""
    auth = logged_in(plain)
    (answer,) = plain.get(challenging(field), URL, auth=auth)
    assert answer.status_code == 401
    assert said() == [f"Digest challenge not answered: {reason}"]


def test_a_nonce_whose_counts_are_spent(plain, said):
    """A server that offers it again is not answered."""
    auth = logged_in(plain)
    (context,) = session_of(auth).spaces.all()[0].contexts()
    context.pool.current.counter.last = 0xFFFFFFFF
    offered = challenge("algorithm=SHA-256", "qop=auth", 'opaque="0paque"', nonce=context.pool.current.octets.decode())
    plain.get(challenging(offered), URL, auth=auth)
    assert said() == ["Digest challenge not answered: its nonce has been used as often as nc can count"]


def test_a_challenge_of_another_origin(plain, said):
    """Where a redirect led is not where the credentials belong."""

    def handler(request, _):
        if request.url.host == "server.example":
            return 302, [("Location", "http://other.example/")], b""
        return 401, [challenge("qop=auth")], b""

    plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret"), follow_redirects=True)
    assert said() == ["Digest challenge not answered: it came from another origin, to which a redirect led"]


@pytest.mark.parametrize(("url", "address", "reason"), [
    ("https://server.example/", ("10.0.0.1", 3128),
     "a 407 inside an https connection comes from the server, not from a proxy"),
    ("http://10.0.0.1/", ("10.0.0.1", 80),
     "the connection goes to the server itself, which may not ask for a proxy's credentials"),
])  # fmt: skip
def test_servers_that_ask_like_a_proxy(plain, said, url, address, reason):
    """They get no credentials, and the log says why."""
    auth = plain.DigestAuth("a", "b", proxy=True)
    assert get_through_proxy(plain, behind(plain, [], address), auth, url) == [407]
    assert said() == [f"Digest challenge not answered: {reason}"]


def refusal_of(caller, handler, auth, **settings):
    """The text of the error that a call ends with."""
    with pytest.raises(WrongPrincipal) as caught:
        caller.get(handler, URL, auth=auth, **settings)
    assert caught.value.__cause__ is None
    return str(caught.value)


def changing(server, change):
    """A handler that lets a server answer and changes the header fields of what it lets in."""

    def handler(request, body):
        status, headers, content = served_by(server)(request, body)
        return status, change(headers) if status == 200 else headers, content

    return handler


def test_answers_without_a_proof(plain):
    """What was missing, by status."""
    auth = plain.DigestAuth("alice", "s3cret", verify="always")
    assert refusal_of(plain, lambda *_: (204, [], b""), auth) == (
        "status 204 answers a request that was not signed, so the server has not proved that it knows the password"
    )
    assert (
        refusal_of(plain, challenging(), auth)
        == "status 401 is a refusal, and no server can prove that a refusal is its own"
    )
    assert refusal_of(plain, served_by(StrictServer(prove=False)), auth) == (
        "the server sent no authentication-info with status 200, so it has not proved that it knows the password"
    )


@pytest.mark.parametrize("verify", ["if-present", "required", "always"])
def test_proofs_that_cannot_be_read(plain, verify):
    """A garbled one is none, wherever one is looked for, however rspauth is spelt."""
    handler = changing(StrictServer(), lambda _: [("Authentication-Info", 'RSPAUTH="0')])
    auth = plain.DigestAuth("alice", "s3cret", verify=verify)
    assert refusal_of(plain, handler, auth) == (
        "the server's proof cannot be read: parameter 'RSPAUTH' has no value, or its quotes do not close"
    )


def test_garbled_information_without_a_proof(plain):
    """Where no proof is demanded, a field that is none and holds none is passed over."""
    handler = changing(StrictServer(), lambda _: [("Authentication-Info", 'nextnonce="0')])
    for verify in ("off", "if-present"):
        assert plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret", verify=verify))[0].status_code == 200
    auth = plain.DigestAuth("alice", "s3cret", verify="off")
    spoilt = changing(StrictServer(), lambda _: [("Authentication-Info", 'rspauth="0')])
    assert plain.get(spoilt, URL, auth=auth)[0].status_code == 200
    assert "cannot be read" in refusal_of(plain, handler, plain.DigestAuth("alice", "s3cret", verify="required"))


def test_redirects(plain):
    """A redirect that nobody proved, and one whose goal nobody can prove."""
    server = StrictServer()

    def unproven(request, body):
        if request.url.path == "/a":
            return 302, [("Location", "/b")], b""
        return served_by(server)(request, body)

    def proven(request, body):
        if request.url.path != "/a":
            return 200, [], b""
        status, headers, content = served_by(server)(request, body)
        return (302, [*headers, ("Location", "/b")], content) if status == 200 else (status, headers, content)

    for handler, text in (
        (unproven, "a redirect was followed, but the server has not proved that it is its own"),
        (proven, "a redirect led away from the request whose answer the server could prove"),
    ):
        auth = plain.DigestAuth("alice", "s3cret", verify="required")
        assert refusal_of(plain, handler, auth, follow_redirects=True) == text


@pytest.mark.parametrize(("text", "reason"), [
    ("", "none found"),
    ("Basic realm=x", "none found"),
    ('Digest realm="r"', "nonce is missing or empty"),
    ('Digest realm="r", nonce="n", algorithm=SHA-1, qop=auth, Digest nonce=""',
     "algorithm b'SHA-1' is unknown or missing from this Python; nonce is missing or empty"),
])  # fmt: skip
def test_challenges_that_cannot_be_learnt(plain, text, reason):
    """All reasons, and one code."""
    with pytest.raises(MalformedField) as caught:
        plain.DigestAuth("alice", "s3cret").learn(HOME, text)
    assert (str(caught.value), caught.value.reason) == (f"no usable Digest challenge: {reason}", "challenge")


def test_what_else_is_not_learnt(plain):
    """Text beyond a header field, and a challenge that is weaker than one before."""
    auth = plain.DigestAuth("alice", "s3cret")
    with pytest.raises(MalformedField) as caught:
        auth.learn(HOME, 'Digest realm="\u65e5", nonce="n", qop="auth"')
    assert (str(caught.value), caught.value.reason) == (
        "the challenge is not text of a header field: octets are ISO 8859-1",
        "challenge",
    )
    auth.learn(HOME, challenge("algorithm=SHA-256", "qop=auth")[1])
    with pytest.raises(MalformedField) as caught:
        auth.learn(HOME, challenge("algorithm=MD5", "qop=auth")[1])
    assert (str(caught.value), caught.value.reason) == (
        "the challenge is weaker than what this origin has accepted before: allow_weaker=True accepts it",
        "weaker",
    )


def test_bodies_that_are_used_up(plain):
    """The whole advice."""
    auth = plain.DigestAuth("alice", "s3cret")
    with pytest.raises(BodyNotReplayable) as caught:
        plain.call(served_by(StrictServer()), ("POST", URL, {"content": iter([b"x"])}), auth=auth)
    assert caught.value.reason == "body-not-replayable"
    assert str(caught.value) == (
        "the server asks for credentials, and the request body is used up: it cannot be sent again. Pass bytes or a "
        "file that can seek; or make a small request to the server first, so that its challenge is known and the body "
        "needs to be sent only once"
    )
