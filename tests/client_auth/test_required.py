"""verify="required" and "always": no answer is handed out that the server has not proved to be its own."""

import asyncio
import gzip
from contextlib import aclosing, closing

import pytest

from digest_http.errors import WrongPrincipal
from digest_http_client_auth.response_octets import MAX_DISCARDED

from .conftest import served_by, stream_of
from .strict_server import StrictServer

HOME = "http://server.example"
URL = f"{HOME}/a"
CHALLENGE = 'Digest realm="api@example.org", nonce="n", qop="auth", algorithm=SHA-256'

STRICT = pytest.mark.parametrize("verify", ["required", "always"])


def answering(status, *fields, content=b"forged"):
    """A handler that never challenges."""
    return lambda *_: (status, list(fields), content)


def logged_in(caller, verify, server):
    """An object that the server has proved itself to."""
    auth = caller.DigestAuth("alice", "s3cret", verify=verify)
    answers = caller.get(served_by(server), URL, URL, auth=auth)
    assert [answer.status_code for answer in answers] == [200, 200]
    return auth


UNPROVEN = [101, 200, 204, 206, 300, 302, 304, 400, 403, 404, 407, 418, 429, 500, 503, 511]


@STRICT
@pytest.mark.parametrize("status", UNPROVEN)
def test_answer_to_an_unsigned_request(caller, verify, status):
    """Who answers without asking for credentials has proved nothing, whatever the answer: no public page is taken."""
    auth = caller.DigestAuth("alice", "s3cret", verify=verify)
    with pytest.raises(WrongPrincipal, match=f"status {status}"):
        caller.get(answering(status), URL, auth=auth)
    answer = caller.get(answering(status), URL, auth=caller.DigestAuth("alice", "s3cret"))[0]
    assert (answer.status_code, answer.content) == (status, b"forged")


@STRICT
@pytest.mark.parametrize("status", UNPROVEN)
@pytest.mark.parametrize("warm", [False, True])
def test_answer_to_a_signed_request(caller, verify, status, warm):
    """The same for the answer to a signed request, the first and a later one."""
    server = StrictServer()
    auth = logged_in(caller, verify, server) if warm else caller.DigestAuth("alice", "s3cret", verify=verify)

    def handler(request, body):
        if "authorization" in request.headers:
            return status, [], b"forged"
        return served_by(server)(request, body)

    with pytest.raises(WrongPrincipal, match=str(status)):
        caller.get(handler, URL, auth=auth)


@STRICT
def test_stale_twice_does_not_lead_to_an_unsigned_page(caller, verify):
    """Refusals that make the client begin afresh, which is unsigned, do not make it believe who answers then."""
    auth = logged_in(caller, verify, StrictServer())
    script = [401, 401, 200]

    def handler(*_):
        return script.pop(0), [("WWW-Authenticate", CHALLENGE + ", stale=true")], b"forged"

    with pytest.raises(WrongPrincipal, match="200"):
        caller.get(handler, URL, auth=auth)
    assert script == []


@STRICT
def test_first_request_is_signed_with_what_was_learnt(caller, verify):
    """learn() makes the first answer one that can be proved; then public pages with a proof are taken too."""
    server = StrictServer(shared_nonce="fixed")
    server.new_nonce()
    auth = caller.DigestAuth("alice", "s3cret", verify=verify)
    auth.learn(HOME, 'Digest realm="api@example.org", nonce="fixed", qop="auth", algorithm=SHA-256, opaque="0paque"')
    (answer,) = caller.get(served_by(server), URL, auth=auth)
    assert (answer.status_code, server.statuses) == (200, [200])
    with pytest.raises(WrongPrincipal):
        caller.get(answering(200), URL, auth=auth)


# -- refusals ---------------------------------------------------------------------------------------------------------

CODINGS = {"none": ([], b"forged " * 100), "gzip": ([("Content-Encoding", "gzip")], gzip.compress(b"forged " * 100)),
           "not gzip": ([("Content-Encoding", "gzip")], b"forged"), "empty": ([], b""),
           "more than is thrown away": ([], b"forged " * MAX_DISCARDED)}  # fmt: skip


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("fields", [[], [("WWW-Authenticate", CHALLENGE)]], ids=["bare", "challenge"])
def test_refusal_comes_without_its_body(caller, coding, fields):
    """Nobody can prove a refusal: its status is handed out, and nothing of its body, nor of those before it."""
    more, content = CODINGS[coding]
    handler = answering(
        401, *fields, ("Content-Length", str(len(content))), ("Content-Type", "text/html"), *more, content=content
    )
    (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify="required"))
    assert (answer.status_code, answer.content, answer.text) == (401, b"", "")
    assert len(answer.history) == len(fields)
    assert all((hop.content, hop.text) == (b"", "") for hop in answer.history)
    assert {"content-length", "content-encoding"}.isdisjoint(answer.headers)
    assert answer.headers["content-type"] == "text/html"
    with pytest.raises(WrongPrincipal, match="refusal"):
        caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify="always"))
    if coding != "not gzip":
        (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"))
        assert bool(answer.content) is (coding != "empty")


def test_refusal_of_a_wrong_password(caller):
    """The two calls of a user who has mistyped: a 401 each, and no word of the server's."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "wrong", verify="required")
    answers = caller.get(served_by(server), URL, URL, auth=auth)
    assert [(answer.status_code, answer.content) for answer in answers] == [(401, b""), (401, b"")]
    assert server.statuses == [401, 401, 401]


def test_refusal_that_comes_with_a_proof_of_its_body(caller):
    """A proof under auth-int makes the client read the body; it is withheld all the same, right or wrong."""
    info = ("Authentication-Info", 'rspauth="00", qop=auth-int')
    handler = answering(401, ("WWW-Authenticate", CHALLENGE.replace('"auth"', '"auth-int"')), info)
    (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify="required"))
    assert (answer.status_code, answer.content) == (401, b"")
    assert [hop.content for hop in answer.history] == [b""]


def test_refusal_that_was_read_before(caller):
    """A mock, or a hook of the client that has looked at the body, leaves none of it behind."""
    library = caller.library
    seen = []

    def respond(_):
        return library.Response(401, headers={"WWW-Authenticate": CHALLENGE}, content=b"forged")

    def look(response):
        response.read()
        seen.append(response.text)

    async def look_async(response):
        await response.aread()
        seen.append(response.text)

    caller.transport = lambda _: library.MockTransport(respond)
    auth = caller.DigestAuth("alice", "s3cret", verify="required")
    hooks = {"response": [look if caller.blocking else look_async]}
    (answer,) = caller.get(None, URL, auth=auth, event_hooks=hooks)
    assert seen == ["forged", "forged"]
    for response in (answer, *answer.history):
        assert (response.content, response.text, list(response.iter_bytes())) == (b"", "", [])


class Wire:
    """Body streams that know how far they were read and whether they were closed."""

    def __init__(self, library):
        self._library = library
        self.read = []
        self.closed = []

    def respond(self, request):
        number = len(self.read)
        self.read.append(0)

        def chunks():
            while True:
                self.read[number] += 1000
                yield b"x" * 1000

        def iterate(_):
            return chunks()

        async def iterate_async(_):
            for chunk in chunks():
                yield chunk

        def close(_):
            self.closed.append(number)

        async def aclose(_):
            self.closed.append(number)

        stream = stream_of(self._library, iterate, iterate_async)
        type(stream).close, type(stream).aclose = close, aclose
        return self._library.Response(401, headers={"WWW-Authenticate": CHALLENGE}, stream=stream, request=request)


def test_endless_refusal_in_a_stream(plain):
    """A streamed refusal is an empty stream; a body without end is left after a bounded number of octets."""
    library = plain.library
    auth = plain.DigestAuth("alice", "s3cret", verify="required")
    wire = Wire(library)
    with library.Client(transport=library.MockTransport(wire.respond), auth=auth) as client:
        with client.stream("GET", URL) as answer:
            assert answer.status_code == 401
            with closing(answer.iter_bytes()) as chunks:
                assert list(chunks) == []
        with client.stream("GET", URL):
            pass
    assert sorted(wire.closed) == list(range(len(wire.read)))
    assert max(wire.read) <= MAX_DISCARDED + 1000


def test_endless_refusal_in_an_asynchronous_stream(plain):
    """The same in an event loop."""
    library = plain.library
    auth = plain.DigestAuth("alice", "s3cret", verify="required")
    wire = Wire(library)

    async def main():
        async with library.AsyncClient(transport=library.MockTransport(wire.respond), auth=auth) as client:
            async with client.stream("GET", URL) as answer:
                assert answer.status_code == 401
                async with aclosing(answer.aiter_bytes()) as chunks:
                    assert [chunk async for chunk in chunks] == []
            async with client.stream("GET", URL):
                pass

    asyncio.run(main())
    assert sorted(wire.closed) == list(range(len(wire.read)))
    assert max(wire.read) <= MAX_DISCARDED + 1000


# -- redirects --------------------------------------------------------------------------------------------------------


def moving(server, moves, *, proven):
    """A handler of a server whose protected pages redirect, with a proof or without."""

    def handler(request, body):
        if request.url.host != "server.example":
            return 200, [], b"trust me"
        goal = moves.get(request.url.path)
        if goal is None or "authorization" not in request.headers:
            return served_by(server)(request, body)
        status, headers, content = served_by(server)(request, body)
        if not proven:
            return 302, [("Location", goal)], b""
        return (302, [*headers, ("Location", goal)], content) if status == 200 else (status, headers, content)

    return handler


@STRICT
@pytest.mark.parametrize("mismatch", [400, 401])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_redirects_that_are_proven(caller, verify, mismatch, qop):
    """A chain of redirects is followed where the server proves each; each page is signed for itself."""
    server = StrictServer(mismatch=mismatch, qop=qop)
    handler = moving(server, {"/a": "/b", "/b": "/c"}, proven=True)
    auth = caller.DigestAuth("alice", "s3cret", verify=verify)
    for _ in range(2):
        (answer,) = caller.get(handler, URL, auth=auth, follow_redirects=True)
        assert (answer.status_code, str(answer.url)) == (200, f"{HOME}/c")
    assert [target for target, _ in server.accepted] == ["/a", "/b", "/c"] * 2
    (answer,) = caller.get(handler, URL, auth=auth)
    assert answer.status_code == 302


@STRICT
@pytest.mark.parametrize("goal", ["/b", "http://evil.example/"])
@pytest.mark.parametrize("follow", [False, True])
def test_redirects_that_are_not_proven(caller, verify, goal, follow):
    """Who redirects chooses the page that is handed out, so a redirect needs a proof like any other answer."""
    auth = caller.DigestAuth("alice", "s3cret", verify=verify)
    for _ in range(2):
        with pytest.raises(WrongPrincipal):
            caller.get(moving(StrictServer(), {"/a": goal}, proven=False), URL, auth=auth, follow_redirects=follow)


@STRICT
def test_redirect_away_from_the_server(caller, verify):
    """A proven redirect out of the origin leads to one that can prove nothing."""
    handler = moving(StrictServer(), {"/a": "http://other.example/"}, proven=True)
    with pytest.raises(WrongPrincipal, match="redirect"):
        caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify=verify), follow_redirects=True)
    auth = caller.DigestAuth("alice", "s3cret")
    assert caller.get(handler, URL, auth=auth, follow_redirects=True)[0].text == "trust me"


@STRICT
@pytest.mark.parametrize("status", [200, 302, 403])
def test_redirect_of_an_unsigned_request(caller, verify, status):
    """A redirect before the challenge is unproven, also if all that follows would be."""
    server = StrictServer()

    def handler(request, body):
        if request.url.path == "/go":
            return 302, [("Location", "/b")], b""
        return served_by(server)(request, body) if status == 200 else (status, [], b"")

    with pytest.raises(WrongPrincipal, match="redirect"):
        caller.get(
            handler, f"{HOME}/go", auth=caller.DigestAuth("alice", "s3cret", verify=verify), follow_redirects=True
        )


@STRICT
@pytest.mark.parametrize("status", [200, 302, 403])
def test_proof_is_not_taken_twice(caller, verify, status):
    """The proof of a redirect, copied to what answers the page behind it, proves nothing there."""
    server = StrictServer()
    proofs: list[tuple[str, str]] = []

    def handler(request, body):
        if request.url.path != "/a":
            goal = [("Location", "/c")] if request.url.path == "/b" else []
            return (302 if goal and status == 302 else status), [*proofs, *goal], b"forged"
        answer, headers, content = served_by(server)(request, body)
        if answer != 200:
            return answer, headers, content
        proofs[:] = headers
        return 302, [*headers, ("Location", "/b")], content

    with pytest.raises(WrongPrincipal, match="redirect"):
        caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify=verify), follow_redirects=True)


@STRICT
def test_second_redirect_of_one_sending(caller, verify):
    """A server that takes the carried field for another page redirects again: its proof was spent on the first."""
    server = StrictServer()
    proofs: list[tuple[str, str]] = []

    def handler(request, body):
        path = request.url.path
        if path == "/b":
            return 302, [*proofs, ("Location", "/c")], b""
        status, headers, content = served_by(server)(request, body)
        if path == "/a" and status == 200:
            proofs[:] = headers
            return 302, [*headers, ("Location", "/b")], content
        return status, headers, content

    with pytest.raises(WrongPrincipal, match="redirect"):
        caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify=verify), follow_redirects=True)
    auth = caller.DigestAuth("alice", "s3cret")
    (answer,) = caller.get(handler, URL, auth=auth, follow_redirects=True)
    assert (answer.status_code, str(answer.url)) == (200, f"{HOME}/c")
