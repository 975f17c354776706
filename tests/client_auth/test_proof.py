"""The server's proof: Authentication-Info with rspauth (RFC 7616 §3.5)."""

import gzip

import pytest

from digest_http.errors import WrongPrincipal

from .conftest import served_by
from .proof_spellings import AUTH_INT, proof_of
from .strict_server import StrictServer

URL = "http://server.example/a"


def changed(server, change):
    """A handler that changes the Authentication-Info of a server."""

    def handler(request, body):
        status, headers, content = served_by(server)(request, body)
        fields = [(name, value) for name, value in headers if name != "Authentication-Info"]
        for name, value in headers:
            if name == "Authentication-Info":
                new = change(value)
                fields += [(name, line) for line in ([new] if isinstance(new, str) else new)]
        return status, fields, content

    return handler


def replace_hex(name):
    """A change that makes the value of a parameter another one of the same form."""

    def change(value):
        before, _, rest = value.partition(name + "=")
        quote = '"' * rest.startswith('"')
        digit = rest[len(quote)]
        return f"{before}{name}={quote}{'1' if digit == '0' else '0'}{rest[len(quote) + 1 :]}"

    return change


WRONG = {
    "rspauth": replace_hex("rspauth"),
    "nc": replace_hex("nc"),
    "cnonce": replace_hex("cnonce"),
    "empty": lambda _: 'rspauth=""',
    "other qop": lambda value: value.replace("qop=auth", "qop=auth-conf"),
    "garbled": lambda value: value.replace('rspauth="', 'rspauth="x"'),
    "twice": lambda value: [value, value],
    "not ascii": lambda value: value.replace('rspauth="', 'rspauth="\xe4'),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("verify", ["if-present", "required"])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_wrong_proof_is_refused(caller, change, verify, qop):
    """A proof that is wrong, of another request or not to be read raises WrongPrincipal."""
    handler = changed(StrictServer(qop=qop), change)
    with pytest.raises(WrongPrincipal):
        caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify=verify))


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_off_looks_at_no_proof(caller, change):
    """verify="off" lets any proof pass."""
    handler = changed(StrictServer(), change)
    (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify="off"))
    assert answer.status_code == 200


def without(*names):
    """A change that leaves out parameters."""
    return lambda value: ", ".join(part for part in value.split(", ") if part.partition("=")[0] not in names)


@pytest.mark.obeys("info-repeats-the-request")
@pytest.mark.parametrize("names", [("qop",), ("nc", "cnonce"), ("qop", "nc", "cnonce")], ids=str)
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_proof_that_leaves_out_the_rest_is_still_checked(caller, names, qop):
    """rspauth covers qop, nc and cnonce; leaving them out neither breaks nor avoids the check."""
    auth = caller.DigestAuth("alice", "s3cret", verify="required")
    (answer,) = caller.get(changed(StrictServer(qop=qop), without(*names)), URL, auth=auth)
    assert answer.status_code == 200
    auth = caller.DigestAuth("alice", "s3cret")
    wrong = replace_hex("rspauth")
    with pytest.raises(WrongPrincipal):
        caller.get(changed(StrictServer(qop=qop), lambda value: without(*names)(wrong(value))), URL, auth=auth)


@pytest.mark.parametrize("change", [lambda _: [], without("rspauth"), lambda _: "", lambda _: "nonsense"])
def test_missing_proof(caller, change):
    """Without rspauth "required" raises, and "if-present" does not."""
    handler = changed(StrictServer(), change)
    (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"))
    assert answer.status_code == 200
    with pytest.raises(WrongPrincipal):
        caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret", verify="required"))


def test_missing_proof_later_on(caller):
    """A server that proved itself before must go on doing so."""
    server = StrictServer()
    auth = caller.DigestAuth("alice", "s3cret", verify="required")
    answers = caller.get(served_by(server), URL, URL, URL, auth=auth)
    assert {answer.status_code for answer in answers} == {200}
    server.prove = False
    with pytest.raises(WrongPrincipal):
        caller.get(served_by(server), URL, auth=auth)


def test_proof_over_two_field_lines(plain):
    """Field lines of one name are one list."""
    handler = changed(StrictServer(), lambda value: value.split(", "))
    auth = plain.DigestAuth("alice", "s3cret", verify="required")
    assert plain.get(handler, URL, auth=auth)[0].status_code == 200


def test_compressed_body_in_an_event_loop(caller):
    """The asynchronous way reads the same octets."""
    server = StrictServer(qop="auth-int", page=gzip.compress(b"page"))

    def handler(request, body):
        status, headers, content = served_by(server)(request, body)
        return status, [*headers, *([("Content-Encoding", "gzip")] if status == 200 else [])], content

    answers = caller.get(handler, URL, URL, auth=caller.DigestAuth("alice", "s3cret", verify="required"))
    assert [answer.text for answer in answers] == ["page", "page"]


@pytest.mark.parametrize("stream", [False, True])
def test_body_under_auth_int(plain, stream):
    """The proof of auth-int covers the body as it was transferred: changed it is refused, compressed it is not."""
    library = plain.library
    for compressed, tampered in ((False, False), (True, False), (False, True), (True, True)):
        page = gzip.compress(b"page " * 100) if compressed else b"page " * 100
        server = StrictServer(qop="auth-int", page=page)

        def handler(request, body, server=server, compressed=compressed, tampered=tampered):
            status, headers, content = served_by(server)(request, body)
            if status == 200 and tampered:
                content = gzip.compress(b"evil") if compressed else b"evil"
            coding = [("Content-Encoding", "gzip")] if status == 200 and compressed else []
            return status, [*headers, *coding], content

        auth = plain.DigestAuth("alice", "s3cret", verify="required")
        with library.Client(transport=plain.transport(handler), auth=auth) as client:
            if tampered:
                with pytest.raises(WrongPrincipal):
                    client.get(URL)
            elif stream:
                with client.stream("GET", URL) as answer:
                    assert answer.read() == b"page " * 100
            else:
                assert client.get(URL).content == b"page " * 100


def test_body_is_not_read_without_need(plain):
    """A response that is streamed stays a stream unless the proof covers the body."""
    auth = plain.DigestAuth("alice", "s3cret")
    server = StrictServer()
    with plain.library.Client(transport=plain.transport(served_by(server)), auth=auth) as client:
        for _ in range(2):
            with client.stream("GET", URL) as answer:
                assert not answer.is_stream_consumed
                assert b"".join(answer.iter_raw()) == b"hello alice"


def test_rfc_2069_has_no_proof_to_require(plain):
    """Servers of RFC 2069 send none, so "required" refuses them."""
    server = StrictServer(algorithms=(None,), qop=None)
    with pytest.raises(WrongPrincipal):
        plain.get(served_by(server), URL, auth=plain.DigestAuth("alice", "s3cret", verify="required"))


@pytest.mark.parametrize("spelling", AUTH_INT)
def test_a_proof_that_covers_the_body_however_qop_is_written(plain, spelling):
    """A request signed in advance too: the proof of an empty body, or of another, does not let a body pass."""
    for page, sent in ((b"page", b"page"), (b"", b"evil"), (b"page", b"evil"), (b"page", b"")):
        server, proved = StrictServer(), list[str]()

        def handler(request, body, server=server, page=page, sent=sent, proved=proved):
            status, headers, content = served_by(server)(request, body)
            if status != 200:
                return status, headers, content
            proof = proof_of(request.headers["authorization"], "auth-int", spelling, page if proved else b"first")
            proved.append(proof)
            return status, [("Authentication-Info", proof)], sent if len(proved) > 1 else b"first"

        auth = plain.DigestAuth("alice", "s3cret")
        assert plain.get(handler, URL, auth=auth)[0].content == b"first"
        if page == sent:
            assert plain.get(handler, URL, auth=auth)[0].content == page
        else:
            with pytest.raises(WrongPrincipal):
                plain.get(handler, URL, auth=auth)
        assert (len(server.requests), len(server.signed), len(proved)) == (3, 2, 2)
