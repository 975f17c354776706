"""The public door without I/O: challenges in, signed values out, proofs checked."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from digest_http.errors import ConfigurationError, MalformedField, WrongPrincipal
from digest_http.httpauth import Authorization, DigestClient
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.protection_spaces import OriginSpaces
from digest_http.httpauth.signing import note_accepted
from tests.client_auth.strict_server import StrictServer

CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
INFO = "authentication-info"


def client_for(password: str = "s3cret", **policy: Any) -> DigestClient:
    """The one user of these tests."""
    return DigestClient("alice", password, **policy)


def exchange(
    client: DigestClient, server: StrictServer, method: str = "GET", target: str = "/x", body: bytes = b""
) -> tuple[int, bool | None]:
    """One call of a program: the last status, and what `verify` said of it."""
    while True:
        signed = client.authorization(method, target, body)
        fields = {} if signed is None else {"authorization": signed.octets.decode()}
        status, sent, content = server.answer(method, target, fields, body)
        values = [value for name, value in sent if name == "WWW-Authenticate"]
        if status != 401:
            info = [value for name, value in sent if name == "Authentication-Info"]
            return status, client.verify(signed, info, content)
        if not client.challenged(values, signed):
            return status, None


@pytest.mark.parametrize(("algorithm", "response"), [
    ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
    ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
])  # fmt: skip
def test_the_vectors_of_rfc_7616(algorithm: str, response: str) -> None:
    """RFC 7616 §3.9.1, through the door alone; what it gives is one str that has its parameters too."""
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    client = DigestClient("Mufasa", "Circle of Life", cnonce=lambda: cnonce, algorithms=[algorithm])
    rest = (
        'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    both = [f"Digest {rest}, algorithm=SHA-256", f"Digest {rest}, algorithm=MD5"]
    assert client.authorization("GET", "/dir/index.html") is None
    assert client.challenged(both, None)
    signed = client.authorization("GET", "/dir/index.html")
    assert signed is not None
    assert isinstance(signed, str)
    assert signed.startswith('Digest username="Mufasa", realm=')
    found = signed.parameters
    assert (found["response"], found["nc"], found["algorithm"]) == (response, "00000001", algorithm)
    assert signed.octets == signed.encode()


@pytest.mark.parametrize(("method", "target"), [
    ("GET", "/x?y=%20"), ("DESCRIBE", "rtsp://camera.example/stream"), ("REGISTER", "sip:example.org"),
    ("INVITE", "sip:bob@example.org;transport=tcp"), ("OPTIONS", "*"), ("CONNECT", "example.org:443"),
    ("dummy_method", "dummy_uri"), ("M-SEARCH", 'say "hi"\\'), (b"GET", b"/\xc3\xa9"),
])  # fmt: skip
@pytest.mark.parametrize("qop", ["auth", "auth-int", None])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_any_method_and_target(method: str | bytes, target: str | bytes, qop: str | None, algorithm: str) -> None:
    """A server that computes for itself lets each of them in, signed in advance from the second request on."""
    server = StrictServer(algorithms=(algorithm,), qop=qop)
    client = client_for(allow_rfc2069=True)
    for body in (None, b"", b"body", bytearray(b"body"), memoryview(b"body")):
        while True:
            signed = client.authorization(method, target, body)
            read_method, read_target = (
                value.decode() if isinstance(value, bytes) else value for value in (method, target)
            )
            fields = {} if signed is None else {"authorization": signed.octets.decode()}
            status, sent, _ = server.answer(read_method, read_target, fields, bytes(body or b""))
            if status == 200:
                break
            assert client.challenged([value for _, value in sent], signed)
    assert server.statuses == [401, *[200] * 5]


@pytest.mark.parametrize("as_field", [
    lambda value: value, lambda value: value.encode(), lambda value: [value], lambda value: (b"Basic realm=x", value),
    lambda value: iter([value]), lambda value: f"Basic realm=x, {value}",
], ids=["text", "octets", "list", "mixed", "iterator", "one field"])  # fmt: skip
def test_forms_of_field_values(as_field: Callable[[str], Any]) -> None:
    """Libraries give fields as one value or many, as text or octets."""
    client = client_for()
    assert client.challenged(as_field(CHALLENGE), None)
    assert client.authorization("GET", "/") is not None


@pytest.mark.parametrize("values", [
    None, "", [], "Basic realm=x", "Digest", "Digest realm=r", "Digest nonce=n", b"\xff\x00", "\ud800", "\u20ac" * 3,
    "Digest " + "," * 9999, 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-1', 'Digest realm="r", nonce="a:b"',
    'Digest realm="r", nonce="n", algorithm=SHA-256', b'Digest realm="r\x01", nonce="n", qop="auth"',
    b'Digest realm="r", nonce="n\x7f", qop="auth"', 'Digest realm="r", nonce="n", qop="auth", opaque="\x02"',
])  # fmt: skip
def test_challenges_that_cannot_be_answered(values: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a stranger sends: False, and a line in the log where there was a challenge. Nothing is signed."""
    client = client_for()
    with caplog.at_level(logging.DEBUG, "digest_http.client"):
        assert client.challenged(values, None) is False
    assert client.authorization("GET", "/") is None
    assert all("s3cret" not in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(("method", "target"), [
    ("", "/"), ("GET", ""), ("G T", "/"), ("GET", "/\r\nX: y"), ("GET", b"/\x00"), ("G\u00c9T", "/"),
    ("GET", "/\u00e9"),
])  # fmt: skip
def test_requests_that_no_field_can_carry(method: str, target: str | bytes) -> None:
    """They are refused before a count is taken."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    with pytest.raises(MalformedField):
        client.authorization(method, target)
    signed = client.authorization("GET", "/")
    assert signed is not None
    assert signed.parameters["nc"] == "00000001"


@pytest.mark.parametrize("call", [
    lambda client: client.authorization("GET", "/", "text"),
    lambda client: client.authorization(None, "/"),
    lambda client: client.authorization("GET", 7),
    lambda client: client.challenged(CHALLENGE, "Digest ..."),
    lambda client: client.challenged(CHALLENGE),
    lambda client: client.verify("Digest ...", "rspauth=x"),
])  # fmt: skip
def test_mistakes_of_the_caller(call: Callable[[Any], object]) -> None:
    """What is of no use is a TypeError at once; a value that lost its request is one."""
    with pytest.raises(TypeError):
        call(client_for())


@pytest.mark.parametrize(("policy", "word"), [
    ({"verify": "yes"}, "verify"), ({"allow_weaker": "no"}, "allow_weaker"), ({"quote_all": 1}, "quote_all"),
    ({"decimal_nc": None}, "decimal_nc"), ({"cnonce": "c"}, "cnonce"), ({"clock": 7}, "clock"),
    ({"qop": "auth"}, "qop"), ({"algorithms": ["SHA-1"]}, "SHA-1"), ({"prefer": "x"}, "prefer"),
    ({"charset": "x"}, "charset"),
])  # fmt: skip
def test_settings_that_cannot_work(policy: dict[str, Any], word: str) -> None:
    """Each is refused when it is made."""
    with pytest.raises(ConfigurationError, match=word):
        client_for(**policy)


@pytest.mark.parametrize("cnonce", ["", 'a"b', "a:b", "a b", "a,b", "\u00e9", "x" * 257, None, b"c"])
def test_a_cnonce_that_would_break_the_field(cnonce: Any) -> None:
    """It is not sent."""
    client = client_for(cnonce=lambda: cnonce)
    client.challenged(CHALLENGE, None)
    with pytest.raises(ConfigurationError):
        client.authorization("GET", "/")


def test_a_wrong_password_is_sent_once() -> None:
    """However often the program calls within a minute; after that once more."""
    now = [0.0]
    server = StrictServer()
    client = client_for("wrong", clock=lambda: now[0])
    assert exchange(client, server) == (401, None)
    assert len(server.signed) == 1
    now[0] = 61.0
    assert exchange(client, server) == (401, None)
    assert len(server.signed) <= 3


@pytest.mark.parametrize("say", ["stale", "new realm", "weaker", "plain"])
def test_no_server_keeps_a_program_busy(say: str) -> None:
    """What ever a 401 says, a call ends after a handful of requests."""
    client, sent = client_for(), 0
    for _ in range(3):
        signed = client.authorization("GET", "/")
        for _ in range(20):
            sent += 1
            realm = f"r{sent}" if say == "new realm" else "r"
            more = ", stale=true" if say in {"stale", "weaker"} else ""
            algorithm = "MD5" if say == "weaker" and sent % 2 else "SHA-256"
            field = f'Digest realm="{realm}", nonce="n{sent}", qop="auth", algorithm={algorithm}{more}'
            if not client.challenged(field, signed):
                break
            signed = client.authorization("GET", "/")
        else:
            raise AssertionError("it never ends")
    assert sent <= 15


@pytest.mark.parametrize("prove", [True, False])
@pytest.mark.parametrize("qop", ["auth", "auth-int"])
def test_proofs(prove: bool, qop: str) -> None:
    """`verify` says whether the server proved itself, over the body too."""
    server, client = StrictServer(qop=qop, prove=prove), client_for()
    assert exchange(client, server, "PUT", body=b"body") == (200, prove)
    assert exchange(client, server, "PUT", body=b"body") == (200, prove)
    assert server.statuses == [401, 200, 200]


@pytest.mark.parametrize(("verify", "info", "outcome"), [
    ("if-present", None, False), ("required", None, None), ("always", None, None), ("off", None, False),
    ("if-present", 'rspauth="00"', None), ("off", 'rspauth="00"', False), ("required", 'nextnonce="x"', None),
    ("if-present", 'nextnonce="x"', False), ("if-present", b"\xff rspauth", None), ("if-present", 'rspauth="', None),
    ("off", b"\xff rspauth", False),
])  # fmt: skip
def test_answers_without_a_right_proof(verify: Any, info: Any, outcome: bool | None) -> None:
    """The policy decides; what cannot be read is no proof."""
    client = client_for(verify=verify)
    client.challenged(CHALLENGE, None)
    signed = client.authorization("GET", "/")
    if outcome is None:
        with pytest.raises(WrongPrincipal):
            client.verify(signed, info)
    else:
        assert client.verify(signed, info) is outcome


def test_an_unsigned_request_proves_nothing() -> None:
    """Where a proof is demanded that is an error."""
    assert client_for().verify(None, 'rspauth="00"') is False
    with pytest.raises(WrongPrincipal):
        client_for(verify="required").verify(None)


def test_a_proof_over_a_body_needs_the_body() -> None:
    """Left out, it is asked for, and never taken for an empty one."""
    client = client_for(qop=["auth-int"])
    client.challenged('Digest realm="r", nonce="n", qop="auth-int"', None)
    with pytest.raises(WrongPrincipal, match="body="):
        client.verify(client.authorization("GET", "/"), 'rspauth="00", qop=auth-int')


def test_the_proof_of_another_request() -> None:
    """Each value goes with its own answer."""
    server, client = StrictServer(), client_for()
    exchange(client, server)
    first, second = (client.authorization("GET", "/x") for _ in range(2))
    assert first is not None
    _, sent, _ = server.answer("GET", "/x", {"authorization": first.octets.decode()}, b"")
    assert client.verify(first, sent[0][1])
    with pytest.raises(WrongPrincipal):
        client.verify(second, sent[0][1])


def test_signed_in_advance_without_a_call_of_verify() -> None:
    """Nobody has to say that a request was let in."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    counts = [(client.authorization("GET", "/") or Authorization()).parameters["nc"] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


@pytest.mark.parametrize("verified", [True, False])
def test_nextnonce_is_followed(verified: bool) -> None:
    """With `verify` no 401 is needed where each nonce is taken once; without it each call costs one."""
    server, client = StrictServer(one_time=True), client_for()
    for _ in range(3):
        if verified:
            exchange(client, server)
            continue
        while True:
            signed = client.authorization("GET", "/x")
            fields = {} if signed is None else {"authorization": signed.octets.decode()}
            status, sent, _ = server.answer("GET", "/x", fields, b"")
            if status == 200 or not client.challenged([value for _, value in sent], signed):
                break
    assert server.statuses == ([401, 200, 200, 200] if verified else [401, 200, 401, 200, 401, 200])


def test_what_was_accepted_is_not_undercut() -> None:
    """A weaker challenge is answered before, and after only with allow_weaker; a challenge alone pins nothing."""
    weaker = CHALLENGE.replace("SHA-256", "MD5").replace('"n"', '"m"')
    for allowed in (False, True):
        client = client_for(allow_weaker=allowed)
        assert client.challenged(CHALLENGE, None)
        assert client.challenged(weaker, None)
        assert client.challenged(CHALLENGE, None)
        client.verify(client.authorization("GET", "/"))
        assert client.challenged(weaker, None) is allowed


def test_a_stronger_challenge_moves_the_pin() -> None:
    """Also when a weaker one was accepted first."""
    client = client_for()
    weaker = CHALLENGE.replace("SHA-256", "MD5")
    for challenge in (weaker, CHALLENGE):
        assert client.challenged(challenge, None)
        client.verify(client.authorization("GET", "/"))
    assert client.challenged(weaker, None) is False


@pytest.mark.parametrize(("later", "again"), [(0.0, False), (61.0, True)])
def test_a_call_that_was_given_up(later: float, again: bool) -> None:
    """A minute later its nonce is one from an earlier call, which a server may have forgotten without a word."""
    now = [0.0]
    client = client_for(clock=lambda: now[0])
    client.challenged(CHALLENGE, None)
    client.verify(client.authorization("GET", "/"))
    signed = client.authorization("GET", "/")
    assert client.challenged(CHALLENGE.replace('"n"', '"n2"'), signed)  # and the program gives up
    now[0] = later
    signed = client.authorization("GET", "/")
    assert signed is not None
    assert signed.parameters["nonce"] == "n2"
    assert client.challenged(CHALLENGE.replace('"n"', '"n3"'), signed) is again


def test_what_was_under_way_when_something_stronger_was_accepted() -> None:
    """A weaker request that comes in late changes nothing, and one that waits to be signed is not signed any more."""
    client = client_for()
    weaker = CHALLENGE.replace("SHA-256", "MD5").replace('"n"', '"m"')
    client.challenged(weaker, None)
    late = client.authorization("GET", "/")
    client.challenged(CHALLENGE, None)
    stronger = client.authorization("GET", "/")
    client.challenged(weaker, None)
    assert client.verify(stronger) is False
    assert client.verify(late) is False
    assert client.authorization("GET", "/") is None
    assert client.challenged(weaker, None) is False
    assert client.challenged(CHALLENGE, None)


def test_an_exclusive_server_is_marked_by_what_was_accepted() -> None:
    """`note_accepted` with that mark: the next request fetches a nonce of its own."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    signed = client.authorization("GET", "/")
    assert signed is not None
    context = signed.signature.context
    spaces = OriginSpaces(Origin("http", "h", 80))
    note_accepted(spaces, signed.signature, None, new=True, exclusive=True)
    assert context.pool.exclusive
    assert client.challenged(CHALLENGE.replace('"n"', '"n2"'), None)
    again = client.authorization("GET", "/")
    assert again is not None
    assert again.parameters["nonce"] == "n2"


def test_a_flood_of_challenges_restarts_no_count() -> None:
    """What was accepted keeps its counts, whatever strangers offer meanwhile."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    client.verify(client.authorization("GET", "/"))
    for number in range(400):
        client.challenged(f'Digest realm="r", nonce="x{number}", qop="auth", algorithm=SHA-256', None)
    client.challenged(CHALLENGE, None)
    signed = [client.authorization("GET", "/") for _ in range(80)]  # what is pending is used up
    counts = [one.parameters["nc"] for one in signed if one is not None and one.parameters["nonce"] == "n"]
    assert counts == [f"{number:08x}" for number in range(2, len(counts) + 2)]


def test_counts_of_threads_are_unique_in_cold_and_warm_calls() -> None:
    """One object, eight threads, a server that takes each count once."""
    server, client = StrictServer(), client_for()
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda number: exchange(client, server, target=f"/{number}"), range(200)))
    assert {status for status, _ in outcomes} == {200}
    assert len(set(server.pairs)) == len(server.pairs)


def test_counts_that_are_used_up() -> None:
    """The last count is sent, and then a new challenge is fetched."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    signed = client.authorization("GET", "/")
    assert signed is not None
    signed.signature.context.pool.raise_count(signed.signature.nonce, 0xFFFFFFFE)
    last = client.authorization("GET", "/")
    assert last is not None
    assert last.parameters["nc"] == "ffffffff"
    assert client.authorization("GET", "/") is None
    assert client.challenged(CHALLENGE, None) is False
    assert client.challenged(CHALLENGE.replace('"n"', '"n2"'), None)


def test_nc_as_a_plain_number() -> None:
    """Shelly's RPC hashes and sends it so."""
    client = client_for(decimal_nc=True)
    client.challenged(CHALLENGE, None)
    counts = [(client.authorization("GET", "/") or Authorization()).parameters["nc"] for _ in range(12)]
    assert counts == [str(number) for number in range(1, 13)]


def test_values_beyond_ascii_keep_their_octets() -> None:
    """A str of ISO 8859-1: one character for each octet that is sent."""
    client = DigestClient("j\u00f6rg", "s3cret")
    client.challenged('Digest realm="r\u00e9", nonce="n", qop="auth"', None)
    signed = client.authorization("GET", "/")
    assert signed is not None
    assert "j\u00f6rg".encode() in signed.octets
    assert signed.encode("latin-1") == signed.octets
    assert signed.parameters["username"] == "j\u00f6rg"


@pytest.mark.parametrize("do", [pickle.dumps, copy.copy, copy.deepcopy])
def test_neither_is_pickled_nor_copied(do: Callable[[Any], object]) -> None:
    """Both lead to the password's hash; their reprs tell nothing of it."""
    client = client_for()
    client.challenged(CHALLENGE, None)
    signed = client.authorization("GET", "/")
    for secret in (client, signed):
        with pytest.raises(TypeError):
            do(secret)
    assert repr(client) == "<DigestClient of 'alice'>"
    assert "s3cret" not in repr(client) + repr(signed)
