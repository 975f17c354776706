"""Redirects: what the client library follows by itself, and what the flow then makes of the last answer."""

import pytest

from .conftest import served_by, session_of
from .strict_server import StrictServer

HOME = "http://server.example"


def redirecting(server, moves, others=None):
    """A handler that redirects some paths (to a URL, with a status) and lets `server` answer the rest of its origin."""

    def handler(request, body):
        url = request.url
        if str(url) in moves:
            status, goal = moves[str(url)]
            return status, [("Location", goal)], b""
        if str(url).startswith(HOME + "/"):
            return served_by(server)(request, body)
        return others(request, body)

    return handler


@pytest.mark.parametrize("mismatch", [400, 401])
@pytest.mark.parametrize("warm", [False, True])
def test_redirect_inside_the_origin(caller, mismatch, warm):
    """A protected page behind a redirect is reached, also by a client that was logged in, which carries the old uri."""
    server = StrictServer(mismatch=mismatch)
    handler = redirecting(server, {f"{HOME}/old": (302, "/new?x")})
    auth = caller.DigestAuth("alice", "s3cret")
    if warm:
        caller.get(handler, f"{HOME}/first", auth=auth)
    (answer,) = caller.get(handler, f"{HOME}/old", auth=auth, follow_redirects=True)
    assert answer.status_code == 200
    assert str(answer.url) == f"{HOME}/new?x"
    assert server.accepted[-1][0] == "/new?x"
    assert [hop.status_code for hop in answer.history] == [302, mismatch if warm else 401]


def test_protected_page_that_redirects_to_a_protected_page(caller):
    """Each hop of a chain inside the origin is signed for itself."""
    server = StrictServer()
    seen = {}

    def handler(request, body):
        status, headers, content = served_by(server)(request, body)
        goal = {"/a": "/b", "/b": "/c"}.get(request.url.path)
        if status == 200 and goal:
            return 302, [("Location", goal), *headers], b""
        seen[request.url.path] = status
        return status, headers, content

    (answer,) = caller.get(handler, f"{HOME}/a", auth=caller.DigestAuth("alice", "s3cret"), follow_redirects=True)
    assert answer.status_code == 200
    assert [target for target, _ in server.accepted] == ["/a", "/b", "/c"]


@pytest.mark.parametrize("status", [307, 308])
def test_body_of_a_redirected_request(caller, status):
    """307 and 308 keep method and body, and the body is what was signed and stored."""
    server = StrictServer(qop="auth-int")
    handler = redirecting(server, {f"{HOME}/old": (status, "/new")})
    (answer,) = caller.call(
        handler, ("PUT", f"{HOME}/old", {"content": b"the body"}),
        auth=caller.DigestAuth("alice", "s3cret"), follow_redirects=True,
    )  # fmt: skip
    assert answer.status_code == 200
    assert server.accepted == [("/new", b"the body")]


@pytest.mark.obeys("origin")
@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("evil", [
    "http://evil.example/x", "https://server.example/x", "http://server.example:8080/x", "http://sub.server.example/x",
])  # fmt: skip
def test_another_origin_that_challenges_gets_nothing(caller, evil, warm):
    """A redirect target elsewhere gets no credentials, and its nonce and realm are not used at home."""
    server = StrictServer()
    seen = []

    def attacker(request, _):
        seen.append(dict(request.headers))
        return 401, [("WWW-Authenticate", 'Digest realm="evil", nonce="chosen", qop="auth"')], b""

    handler = redirecting(server, {f"{HOME}/go": (302, evil)}, attacker)
    auth = caller.DigestAuth("alice", "s3cret")
    if warm and not evil.startswith("https://server"):  # the libraries themselves keep the field on http -> https
        caller.get(handler, f"{HOME}/first", auth=auth)
    (answer,) = caller.get(handler, f"{HOME}/go", auth=auth, follow_redirects=True)
    assert answer.status_code == 401
    assert len(seen) == 1
    assert "authorization" not in seen[0]
    caller.get(handler, f"{HOME}/after", auth=auth)
    assert {parameters["realm"] for parameters in server.signed} == {server.realm}
    assert {nonce for nonce, _ in server.pairs} == {"nonce-1"}
    assert len(session_of(auth).spaces.all()) == 1


def test_endless_redirects_are_bounded(caller):
    """A server that sends a signed request on and on is left after a bounded number of signatures."""
    server = StrictServer()
    count = [0]

    def handler(*_):
        count[0] += 1
        if count[0] % 2:
            return 302, [("Location", f"/{count[0]}")], b""
        return 401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')], b""

    auth = caller.DigestAuth("alice", "s3cret")
    (answer,) = caller.get(handler, f"{HOME}/0", auth=auth, follow_redirects=True)
    assert answer.status_code == 401
    assert count[0] <= 14
    assert server.requests == []


def test_400_of_another_origin_is_left_alone(caller):
    """The libraries keep credentials when http is upgraded to https; a 400 to another page there is not answered."""
    server = StrictServer()
    seen = []

    def handler(request, body):
        if request.url.scheme == "https":
            seen.append(request.headers.get("authorization"))
            return 400, [], b""
        if request.url.path == "/go":
            return 302, [("Location", "https://server.example/gone")], b""
        return served_by(server)(request, body)

    auth = caller.DigestAuth("alice", "s3cret")
    caller.get(handler, f"{HOME}/first", auth=auth)
    (answer,) = caller.get(handler, f"{HOME}/go", auth=auth, follow_redirects=True)
    assert answer.status_code == 400
    assert len(seen) == 1
    assert 'uri="/go"' in seen[0]


def test_400_that_is_not_ours_is_left_alone(caller):
    """A 400 without a redirect, or after one that carried no credentials, is the caller's."""
    count = [0]

    def handler(request, _):
        count[0] += 1
        return (302, [("Location", "/b")], b"") if request.url.path == "/a" else (400, [], b"bad")

    auth = caller.DigestAuth("alice", "s3cret")
    for path, requests in (("/b", 1), ("/a", 2)):
        count[0] = 0
        (answer,) = caller.get(handler, HOME + path, auth=auth, follow_redirects=True)
        assert (answer.status_code, count[0]) == (400, requests)
