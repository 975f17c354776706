"""What each plug does for single calls, over real connections."""

from __future__ import annotations

import io
import logging
import pickle
from pathlib import Path

import pytest

from digest_http.errors import BodyNotReplayable, WrongPrincipal

from .callers import Files
from .site import zipped

pytestmark = pytest.mark.live

ALGORITHMS = ["MD5", "SHA-256", "SHA-512-256", "MD5-sess", "SHA-256-sess", "SHA-512-256-sess"]


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_algorithms(algorithm, qop, session, serve):
    """Each algorithm under each qop lets in, with a body, twice on one connection, and its proof is checked."""
    site = serve(algorithms=(algorithm,), qop=qop)
    for number in range(2):
        outcome = session.send("POST", f"{site.url}/{number}?q=%20a", body=b"a body")
        assert (outcome.status, outcome.body) == (200, b"hello alice")
    assert site.strict.statuses == [401, 200, 200]
    assert [body for _, body in site.strict.accepted] == [b"a body"] * 2
    assert site.connections == 1


def test_without_qop(session, serve):
    """The form of RFC 2069, which old devices have, is answered."""
    site = serve(algorithms=(None,), qop=None)
    assert [session.send("GET", f"{site.url}/{number}").status for number in range(2)] == [200, 200]
    assert site.strict.statuses == [401, 200, 200]


def test_signed_ahead(session, site):
    """One challenge serves a session: the calls after the first one are signed ahead, with rising counts."""
    first, second, third = (session.send("GET", f"{site.url}/{number}") for number in range(3))
    assert (first.history, second.history, third.history) == ([401], [], [])
    assert site.strict.pairs == [("nonce-1", f"{count:08x}") for count in (1, 2, 3)]
    assert site.connections == 1


@pytest.mark.obeys("uri-is-the-request-target")
@pytest.mark.parametrize(
    "target",
    [
        "/", "/a?", "/a?b=c&d=%20e", "/a;p=1", "/a%2fb", "/caf\u00e9?q=\u00e9", "/a b", "/it's(so)*!", "/a?b[]=c",
        "/a|b", "/a?b=%zz", "/%7euser", "//a//b", "/a?b?c", "/a,b=c", '/a"b?"',
    ],
)  # fmt: skip
def test_targets(target, session, site):
    """What is signed is the target as it goes over the wire, however it was written."""
    assert [session.send("GET", site.url + target).status for _ in range(2)] == [200, 200]
    assert site.strict.statuses == [401, 200, 200]


def test_wrong_password(open_session, site):
    """A wrong password is tried once; the refusal is the caller's, and reads as it was sent."""
    session = open_session(password="other")
    outcome = session.send("GET", f"{site.url}/")
    assert (outcome.status, outcome.body, outcome.history) == (401, b"who are you?", [401])
    assert len(site.strict.signed) == 1


def test_nothing_to_answer(session, serve):
    """A 401 without a challenge that could be answered is the caller's, with its body."""
    site = serve(lambda *_: (401, [("WWW-Authenticate", 'Basic realm="r"')], b"no digest here"))
    assert session.send("GET", f"{site.url}/") == (401, b"no digest here", [])


@pytest.mark.parametrize("status", [200, 204, 400, 403, 404, 407, 418, 500])
def test_other_statuses(status, session, serve):
    """No other status is answered, whatever it carries."""
    challenge = ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
    proxy = ("Proxy-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
    site = serve(lambda *_: (status, [challenge, proxy], b"" if status == 204 else b"page"))
    assert session.send("GET", f"{site.url}/").status == status
    assert not site.strict.signed


def test_stale(session, site):
    """A nonce that the server has forgotten is replaced without a word to the caller."""
    assert session.send("GET", f"{site.url}/").status == 200
    site.strict.forget()
    outcome = session.send("POST", f"{site.url}/", body=b"again")
    assert (outcome.status, outcome.history) == (200, [401])
    assert site.strict.accepted[-1] == ("/", b"again")


def test_one_time_nonces(session, serve):
    """nextnonce is taken: four calls take five requests."""
    site = serve(one_time=True)
    assert [session.send("GET", f"{site.url}/").status for _ in range(4)] == [200] * 4
    assert len(site.strict.requests) == 5


def test_own_field(session, site):
    """The caller's own Authorization field goes out first; the challenge to it is answered."""
    outcome = session.send("GET", f"{site.url}/", headers={"Authorization": "Bearer token"})
    assert outcome.status == 200
    assert site.fields[0]["authorization"] == "Bearer token"
    assert site.strict.statuses == [401, 200]


def test_cookie_of_the_challenge(session, serve):
    """A cookie that comes with the challenge goes with the second try, beside the caller's own."""

    def rule(_method, _target, fields, _body):
        if "authorization" in fields:
            return None
        challenge = 'Digest realm="api@example.org", nonce="nonce-1", qop="auth", algorithm=SHA-256, opaque="0paque"'
        return 401, [("WWW-Authenticate", challenge), ("Set-Cookie", "lb=1; Path=/")], b""

    site = serve(rule)
    site.strict.new_nonce()
    assert session.send("GET", f"{site.url}/", headers={"Cookie": "mine=2"}).status == 200
    assert sorted(site.fields[1]["cookie"].split("; ")) == ["lb=1", "mine=2"]


# --- bodies ---


def file_at(folder: Path, offset: int) -> io.BufferedReader:
    """A file that was read up to `offset`."""
    path = folder / "file"
    path.write_bytes(b"skipped" + b"content" * 1000)
    file = path.open("rb")
    file.seek(offset)
    return file


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b"octets", b"octets"),
        ("text \u00e9", "text \u00e9".encode()),
        ({"a": "1", "b": "x y"}, b"a=1&b=x+y"),
        (b"", b""),
        (None, b""),
    ],
    ids=["octets", "text", "form", "empty", "none"],
)
def test_bodies(body, sent, qop, session, serve):
    """What is in memory is sent again after the challenge, whole, and covered by auth-int."""
    site = serve(qop=qop)
    assert [session.send("POST", f"{site.url}/", body=body).status for _ in range(2)] == [200, 200]
    assert [body for _, body in site.strict.accepted] == [sent] * 2
    assert site.strict.statuses == [401, 200, 200]


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_multipart(qop, session, serve):
    """A multipart body is sent again, whole."""
    site = serve(qop=qop)
    assert session.send("POST", f"{site.url}/", body=Files(b"content" * 1000)).status == 200
    ((_, body),) = site.strict.accepted
    assert b"content" * 1000 in body


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_file(qop, session, serve, tmp_path):
    """A file is sent again from where it stood, and never as an empty body."""
    site = serve(qop=qop)
    with file_at(tmp_path, 7) as file:
        assert session.send("PUT", f"{site.url}/", body=file).status == 200
    with file_at(tmp_path, 7) as file:
        assert session.send("PUT", f"{site.url}/", body=file).status == 200
    assert [body for _, body in site.strict.accepted] == [b"content" * 1000] * 2


def test_generator(session, site, caller):
    """A generator that the first try has used up is refused by name; the next call's is sent once, whole."""
    with pytest.raises(BodyNotReplayable) as caught:
        session.send("PUT", f"{site.url}/", body=iter([b"one", b"two"]))
    assert isinstance(caught.value, caller.errors)
    assert session.send("PUT", f"{site.url}/", body=iter([b"one", b"two"])).status == 200
    assert [body for _, body in site.strict.accepted] == [b"onetwo"]


def test_generator_under_auth_int(session, serve):
    """Where auth-int covers it, a generator is held before it is signed, and sent whole."""
    site = serve(qop="auth-int")
    assert session.send("GET", f"{site.url}/").status == 200
    assert session.send("PUT", f"{site.url}/", body=iter([b"one", b"two"])).status == 200
    assert site.strict.accepted[-1] == ("/", b"onetwo")


# --- proofs ---


def test_required_proof(open_session, site):
    """With verify="required" a server that proves itself is heard, and so is each call after."""
    session = open_session(verify="required")
    assert [session.send("GET", f"{site.url}/").status for _ in range(2)] == [200, 200]


def test_missing_proof(open_session, serve, caller):
    """With verify="required" an answer without a proof is an error, the library's and ours."""
    site = serve(prove=False)
    session = open_session(verify="required")
    with pytest.raises(WrongPrincipal) as caught:
        session.send("GET", f"{site.url}/")
    assert isinstance(caught.value, caller.errors)


@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_wrong_proof(qop, session, serve, caller):
    """A wrong proof is an error by default, the library's and ours, which a pickle carries."""
    site = serve(qop=qop)
    site.strict.page = b"what the proof is over"
    right = site.strict.digest

    def digest(method, parameters, body):
        return right(method, parameters, body) if method else "0" * 64

    site.strict.digest = digest
    with pytest.raises(WrongPrincipal) as caught:
        session.send("GET", f"{site.url}/")
    assert isinstance(caught.value, caller.errors)
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # our own octets
    assert isinstance(copied, WrongPrincipal)
    assert isinstance(copied, caller.errors)


@pytest.mark.parametrize("stream", [False, True], ids=["read", "streamed"])
def test_proof_of_an_encoded_body(stream, session, serve):
    """Under auth-int the proof is over the body as transferred, and the caller gets it decoded."""
    site = serve(qop="auth-int", page=zipped(b"page" * 100))
    for _ in range(2):
        assert session.send("GET", f"{site.url}/gzip", stream=stream)[:2] == (200, b"page" * 100)


def test_unproved_refusal(open_session, site):
    """With verify="required" a refusal is handed out without its body, which may be anybody's."""
    session = open_session(password="other", verify="required")
    outcome = session.send("GET", f"{site.url}/")
    assert (outcome.status, outcome.body) == (401, b"")


def test_streaming_down(session, site):
    """A page that is read piece by piece is the page."""
    for _ in range(2):
        assert session.send("GET", f"{site.url}/", stream=True).body == b"hello alice"
    assert site.connections == 1


def test_huge_refusal(session, serve):
    """The body of a challenge is read for the sake of its connection, but not without end."""
    huge = b"x" * 20_000_000

    def rule(_method, _target, fields, _body):
        if "authorization" in fields:
            return None
        challenge = 'Digest realm="api@example.org", nonce="nonce-1", qop="auth", algorithm=SHA-256, opaque="0paque"'
        return 401, [("WWW-Authenticate", challenge)], huge

    site = serve(rule)
    site.strict.new_nonce()
    outcome = session.send("GET", f"{site.url}/")
    assert (outcome.status, outcome.body) == (200, b"hello alice")
    assert site.connections == 2


def test_secrets(session, site, caplog):
    """Neither the log nor what is shown of an auth object tells the password."""
    with caplog.at_level(logging.DEBUG):
        session.send("GET", f"{site.url}/")
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(session.auth)
