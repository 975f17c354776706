"""One object, several servers: nothing learnt from one is sent to, or used for, another."""

import pytest

from .conftest import served_by
from .strict_server import StrictServer


@pytest.mark.obeys("sign-ahead")
@pytest.mark.parametrize("other", [
    "http://b.example/", "https://a.example/", "http://a.example:8080/", "http://a.example.b.example/",
])  # fmt: skip
def test_no_credentials_before_a_challenge(caller, other):
    """Another host, scheme or port gets an unsigned first request, whatever is known of the first server."""
    servers: dict[object, StrictServer] = {}

    def handler(request, body):
        url = request.url
        return served_by(servers.setdefault((url.scheme, url.host, url.port), StrictServer()))(request, body)

    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(handler, "http://a.example/", "http://a.example/", auth=auth)
    (answer,) = caller.get(handler, other, auth=auth)
    assert answer.status_code == 200
    assert len(servers) == 2
    assert [server.requests[0][1] for server in servers.values()] == [None, None]


@pytest.mark.parametrize("same", ["http://A.Example/", "http://a.example:80/", "HTTP://a.example"])
def test_spellings_of_one_origin(caller, same):
    """Letter case and the default port spelled out make no other server."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), "http://a.example/", same, auth=auth)
    assert server.statuses == [401, 200, 200]


def test_internationalised_names(caller):
    """A name and its ASCII form are one server."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), "http://bücher.example/", "http://xn--bcher-kva.example/", auth=auth)
    assert server.statuses == [401, 200, 200]


@pytest.mark.obeys("domain-bounds")
def test_domain_limits_signing_in_advance(caller):
    """With domain="/a" a request to /ab is not signed in advance, one to /a/b is (RFC 7616 §3.3)."""
    server = StrictServer(extra=', domain="/a http://other.example/x"')
    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), *(f"http://a.example{path}" for path in ("/a", "/a/b", "/a?x", "/ab")), auth=auth)
    assert server.statuses == [401, 200, 200, 200, 401, 200]


def test_two_objects_share_nothing(caller):
    """Other credentials are another object, with nothing learnt yet."""
    server = StrictServer(users={"alice": "s3cret", "bob": "b"})
    caller.get(served_by(server), "http://a.example/", auth=caller.DigestAuth("alice", "s3cret"))
    caller.get(served_by(server), "http://a.example/", auth=caller.DigestAuth("bob", "b"))
    assert server.statuses == [401, 200, 401, 200]


def test_switch_of_algorithm_and_realm(caller):
    """H(A1) follows the realm and the algorithm of each challenge, also on one object in one origin."""
    auth = caller.DigestAuth("alice", "s3cret")
    for realm, algorithm in (("one", "MD5-sess"), ("two", "MD5-sess"), ("two", "SHA-256-sess"), ("three", "SHA-256")):
        server = StrictServer(realm=realm, algorithms=(algorithm,), prefix=f"{realm}-{algorithm}")
        (answer,) = caller.get(served_by(server), "http://a.example/", auth=auth)
        assert answer.status_code == 200
