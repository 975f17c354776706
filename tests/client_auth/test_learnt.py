"""What was learnt, stored and taken in by another object."""

import json

import pytest

from digest_http.errors import MalformedField

from .conftest import served_by
from .strict_server import StrictServer

URL = "http://server.example/a"


def test_stored_and_taken_in(caller):
    """Another object signs its very first request, and goes on with the count."""
    server = StrictServer(extra=', domain="/a", charset=UTF-8')
    first = caller.DigestAuth("alice", "s3cret")
    caller.get(served_by(server), URL, URL, auth=first)
    stored = json.loads(json.dumps(first.export_learnt()))
    assert [entry["nc"] for entry in stored] == [2]
    second = caller.DigestAuth("alice", "s3cret")
    for entry in stored:
        second.learn(**entry)
    (answer,) = caller.get(served_by(server), URL, auth=second)
    assert answer.status_code == 200
    assert server.statuses == [401, 200, 200, 200]
    assert server.pairs[-1][1] == "00000003"
    assert "s3cret" not in json.dumps(stored)


def test_first_request_is_signed(caller):
    """A device that drops unsigned connections gets credentials at once (aiohttp#11128)."""
    server = StrictServer(shared_nonce="fixed")
    server.new_nonce()
    auth = caller.DigestAuth("alice", "s3cret")
    challenge = 'Digest realm="api@example.org", nonce="fixed", qop="auth", algorithm=SHA-256, opaque="0paque"'
    auth.learn("http://server.example", challenge)
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert answer.status_code == 200
    assert server.statuses == [200]
    assert server.pairs == [("fixed", "00000001")]


@pytest.mark.parametrize("challenge", ["", "Basic realm=x", 'Digest realm="r"', 'Digest realm="r", nonce="n", qop=x'])
def test_no_usable_challenge(plain, challenge):
    """What no server could be answered with is refused, with the reason."""
    with pytest.raises(MalformedField, match="no usable"):
        plain.DigestAuth("alice", "s3cret").learn("http://server.example", challenge)


def test_text_that_no_field_can_hold(plain):
    """Octets are ISO 8859-1; what lies beyond was never in a header field."""
    with pytest.raises(MalformedField, match="8859-1"):
        plain.DigestAuth("alice", "s3cret").learn(
            "http://server.example", 'Digest realm="\u65e5", nonce="n", qop="auth"'
        )


def test_what_is_not_exported(plain):
    """Sessions and proxies stay where they are; addresses in brackets come back as they were."""
    for algorithm, number in (("SHA-256-sess", 0), ("SHA-256", 1)):
        server = StrictServer(algorithms=(algorithm,))
        auth = plain.DigestAuth("alice", "s3cret")
        plain.get(served_by(server), "http://[::1]:8080/", auth=auth)
        assert [entry["origin"] for entry in auth.export_learnt()] == ["http://[::1]:8080"] * number
