"""Challenges and what is answered, through whole clients; the flow by hand is in test_flow_by_hand.py."""

import hashlib
import itertools

import pytest

from digest_http.errors import ConfigurationError

from .conftest import served_by
from .strict_server import StrictServer, parameters_of

URL = "http://server.example/a/b?c=d"


def challenged_with(*fields, status=401, name="WWW-Authenticate"):
    """A handler that challenges until there are credentials, and what it was sent."""
    seen = []

    def handler(request, _):
        seen.append(request.headers.get("authorization"))
        if len(seen) > 5 or seen[-1] is not None:
            return 200, [], b""
        return status, [(name, field) for field in fields], b""

    return handler, seen


@pytest.mark.obeys("sign-ahead")
@pytest.mark.parametrize(
    "algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess", None]
)
@pytest.mark.parametrize("qop", ["auth", "auth-int", "auth-int, auth", "AUTH", "auth ", "unknown,auth"])
def test_every_algorithm_and_qop_is_let_in(caller, algorithm, qop):
    """A strict server lets in the second request and all that follow, which are signed in advance."""
    server = StrictServer(algorithms=(algorithm,), qop=qop)
    auth = caller.DigestAuth("alice", "s3cret", verify="required")
    answers = caller.call(
        served_by(server), ("GET", URL, {}), ("POST", URL, {"content": b"body"}), ("GET", URL, {}), auth=auth
    )
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert server.statuses == [401, 200, 200, 200]
    assert [nc for _, nc in server.pairs] == ["00000001", "00000002", "00000003"]


@pytest.mark.obeys("2069-formula")
def test_rfc_2069_is_spoken_to_servers_without_qop(caller):
    """Without qop the answer has no qop, nc and cnonce, and MD5 is taken for what is not named (RFC 2069)."""
    server = StrictServer(algorithms=(None,), qop=None)
    auth = caller.DigestAuth("alice", "s3cret")
    answers = caller.get(served_by(server), URL, URL, auth=auth)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert server.statuses == [401, 200, 200]
    assert {"qop", "nc", "cnonce", "algorithm"}.isdisjoint(server.signed[0])


@pytest.mark.parametrize(("allowed", "algorithm", "let_in"), [
    (None, "MD5", True), (None, "SHA-256", False), (True, "SHA-256", True), (False, "MD5", False),
])  # fmt: skip
def test_rfc_2069_is_a_policy(plain, allowed, algorithm, let_in):
    """The form without qop is answered for MD5 unless told otherwise, and for the others only if told so."""
    server = StrictServer(algorithms=(algorithm,), qop=None)
    auth = plain.DigestAuth("alice", "s3cret", allow_rfc2069=allowed)
    (answer,) = plain.get(served_by(server), URL, auth=auth)
    assert (answer.status_code == 200) is let_in
    assert len(server.requests) == 1 + let_in


@pytest.mark.obeys("strongest-first")
@pytest.mark.parametrize("order", list(itertools.permutations(["MD5", "SHA-256", "SHA-512-256"])))
def test_strongest_of_several_fields(plain, order):
    """The strongest hash is answered in whatever order the server lists them, and never Basic."""
    fields = ['Basic realm="x"', *(f'Digest realm="r", nonce="n", qop="auth", algorithm={name}' for name in order)]
    for lines in (fields, [", ".join(fields)]):
        handler, seen = challenged_with(*lines)
        plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret"))
        assert parameters_of(seen[1])["algorithm"] == "SHA-512-256"


def test_server_order_on_request(plain):
    """prefer="server-order" takes the server's first."""
    handler, seen = challenged_with(
        *(f'Digest realm="r", nonce="n", qop="auth", algorithm={n}' for n in ("MD5", "SHA-256"))
    )
    plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret", prefer="server-order"))
    assert parameters_of(seen[1])["algorithm"] == "MD5"


@pytest.mark.obeys("no-basic-fallback")
def test_only_basic_on_offer_is_not_answered(caller):
    """A class for Digest never sends the password itself."""
    handler, seen = challenged_with('Basic realm="x"')
    (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"))
    assert (answer.status_code, seen) == (401, [None])


@pytest.mark.obeys("unknown-algorithm-is-passed-over")
def test_allow_list_of_algorithms(plain):
    """What is not on the list is not answered, even if nothing else is offered."""
    server = StrictServer(algorithms=("MD5",))
    (answer,) = plain.get(served_by(server), URL, auth=plain.DigestAuth("alice", "s3cret", algorithms=["SHA-256"]))
    assert answer.status_code == 401
    assert server.signed == []


def test_qop_preference(plain):
    """auth-int is used when asked for first; without that only when nothing else is offered."""
    server = StrictServer()
    plain.call(
        served_by(server), ("POST", URL, {"content": b"x"}),
        auth=plain.DigestAuth("alice", "s3cret", qop=["auth-int", "auth"], verify="required"),
    )  # fmt: skip
    plain.get(served_by(server), URL, auth=plain.DigestAuth("alice", "s3cret"))
    assert [parameters["qop"] for parameters in server.signed] == ["auth-int", "auth"]


@pytest.mark.obeys("credentials-quoting")
def test_directives_are_quoted_as_the_standard_says(plain):
    """algorithm, qop and nc are bare, the server's spelling is kept, and nothing is sent that was not offered."""
    handler, seen = challenged_with('Digest realm="", nonce="n", qop="auth", algorithm=md5-SESS, opaque=""')
    plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret"))
    assert "algorithm=md5-SESS," in seen[1]
    assert "qop=auth," in seen[1]
    assert "nc=00000001," in seen[1]
    assert parameters_of(seen[1])["realm"] == parameters_of(seen[1])["opaque"] == ""
    handler, seen = challenged_with('Digest realm="r", nonce="n", qop="auth"')
    plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret"))
    assert {"algorithm", "opaque", "charset", "userhash", "domain"}.isdisjoint(parameters_of(seen[1]))


def test_quote_all_for_iis(plain):
    """quote_all puts quotes around qop and algorithm, as old Windows servers want it."""
    handler, seen = challenged_with('Digest realm="r", nonce="n", qop="auth", algorithm=MD5')
    plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret", quote_all=True))
    assert 'algorithm="MD5"' in seen[1]
    assert 'qop="auth"' in seen[1]


def test_challenge_header_of_another_name(plain):
    """Devices that send X-WWW-Authenticate are answered when told of it (encode/httpx#3306)."""
    handler, seen = challenged_with('Digest realm="r", nonce="n", qop="auth"', name="X-WWW-Authenticate")
    assert plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret"))[0].status_code == 401
    auth = plain.DigestAuth("alice", "s3cret", challenge_header="X-WWW-Authenticate")
    assert plain.get(handler, URL, auth=auth)[0].status_code == 200
    assert seen[-1].startswith("Digest ")


@pytest.mark.obeys("a1-formula")
def test_one_cnonce_for_a_session(plain):
    """A -sess algorithm keeps its cnonce with the nonce (curl#9074); the others draw a new one for each request."""
    for algorithm, different in (("MD5-sess", 1), ("MD5", 3)):
        server = StrictServer(algorithms=(algorithm,))
        plain.get(served_by(server), URL, URL, URL, auth=plain.DigestAuth("alice", "s3cret"))
        assert len({parameters["cnonce"] for parameters in server.signed}) == different


@pytest.mark.obeys("userhash-formula")
def test_userhash_hides_the_name(plain):
    """With userhash=true the hash of name and realm goes out (RFC 7616 §3.4.4)."""
    handler, seen = challenged_with('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, userhash=true')
    plain.get(handler, URL, auth=plain.DigestAuth("alice", "s3cret"))
    sent = parameters_of(seen[1])
    assert sent["userhash"] == "true"
    assert sent["username"] == hashlib.sha256(b"alice:r").hexdigest()


@pytest.mark.obeys("one-of-two-names")
def test_name_beyond_ascii(caller):
    """A server that speaks of UTF-8 gets username*; an older one the octets, in both cases without an exception."""
    name = "Jäsøn Doe"
    raw = []

    def handler(request, _):
        raw.append(dict(request.headers.raw).get(b"Authorization", b""))
        challenge = 'Digest realm="r", nonce="n", qop="auth"' + utf8
        return (200, [], b"") if raw[-1] else (401, [("WWW-Authenticate", challenge)], b"")

    utf8 = ", charset=UTF-8"
    caller.get(handler, URL, URL, auth=caller.DigestAuth(name, "x"))
    assert b"username*=UTF-8''J%C3%A4s%C3%B8n%20Doe," in raw[-1]
    utf8 = ""
    raw.clear()
    caller.get(handler, URL, URL, auth=caller.DigestAuth(name, "x"))
    assert b'username="' + name.encode() + b'",' in raw[-1]
    raw.clear()
    caller.get(handler, URL, URL, auth=caller.DigestAuth(name, "x", charset="latin-1"))
    assert b'username="' + name.encode("latin-1") + b'",' in raw[-1]


@pytest.mark.parametrize("stale", [False, True])
def test_nonce_that_is_empty_or_missing_is_left_to_the_caller(caller, stale):
    """A challenge without a nonce cannot be answered and is no reason for an exception (dotnet/corefx#28378)."""
    for nonce in ("", ', nonce=""'):
        handler, seen = challenged_with(f'Digest realm="r", qop="auth"{nonce}' + ", stale=true" * stale)
        (answer,) = caller.get(handler, URL, auth=caller.DigestAuth("alice", "s3cret"))
        assert (answer.status_code, seen) == (401, [None])


@pytest.mark.obeys("uri-is-the-request-target")
def test_target_is_signed_octet_for_octet(plain):
    """uri is the request target of the wire: empty paths, spaces, quotes, brackets, parameters, an explicit target."""
    targets = ["", "/", "?x", "/a b", '/"q"', "/[x]", "/a;p=1", "/ü", "/a%2Fb", "/a//b", "/%22", "/a?b=c d&e='"]
    server = StrictServer()
    auth = plain.DigestAuth("alice", "s3cret")
    answers = plain.get(served_by(server), *(f"http://server.example{target}" for target in targets), auth=auth)
    assert {answer.status_code for answer in answers} == {200}
    (answer,) = plain.call(
        served_by(server), ("OPTIONS", "http://server.example/", {"extensions": {"target": b"*"}}), auth=auth
    )
    assert answer.status_code == 200
    assert server.signed[-1]["uri"] == "*"


@pytest.mark.parametrize("settings", [
    {"verify": "sometimes"}, {"allow_weaker": "no"}, {"allow_weaker": 1},
    {"algorithms": []}, {"algorithms": "SHA-256"}, {"algorithms": ["SHA-1"]},
    {"qop": ["auth-conf"]}, {"qop": []}, {"qop": "auth"}, {"prefer": "weakest"}, {"charset": "utf-99"},
    {"challenge_header": "Ümlaut"},
])  # fmt: skip
def test_settings_that_cannot_work(plain, settings):
    """They raise ConfigurationError where they are made, not while requests are sent."""
    with pytest.raises(ConfigurationError):
        plain.DigestAuth("alice", "s3cret", **settings)


@pytest.mark.parametrize(("name", "password"), [("a\r\nb", "x"), ("a\0", "x"), ("\ud800", "x"), ("a", "\udfff")])
def test_credentials_that_cannot_work(plain, name, password):
    """Control characters and lone surrogates are found out at once, and the text does not quote the password."""
    with pytest.raises(ConfigurationError) as caught:
        plain.DigestAuth(name, password)
    assert caught.value.__context__ is None
    with pytest.raises(ConfigurationError):
        plain.DigestAuth("Дмитрий", "x", charset="latin-1")
