"""The public door without I/O: challenges in, signed values out, proofs checked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from digest_http.errors import ConfigurationError, MalformedField, WrongPrincipal
from digest_http.httpauth import DigestClient
from tests.client_auth.strict_server import StrictServer
from tests.httpauth.direct_calls import CHALLENGE, client_for, exchange


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
    None, "", [], "Basic realm=x", "Digest", "Digest realm=r", "Digest nonce=", b"\xff\x00", "\ud800", "\u20ac" * 3,
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
