"""A22 to A36 without names, bodies and targets: what the header says."""

from typing import Any

import pytest

from digest_http.errors import ConfigurationError
from tests.attacks.driver import REALM, Server
from tests.attacks.signing import Signer, digest, field_value, ha1


def refused(response, *statuses):
    """Whether a response is one of these refusals and never reached the app."""
    return response.status in (statuses or (400, 401)) and not response.app_called and response.info == {}


def turned_back(response):
    """Whether a response is the challenge of today for what is not on offer: 401, and not stale."""
    return refused(response, 401) and bool(response.challenges) and not response.stale


def test_a22_responses_that_are_not_the_digest(server):
    """Empty, cut, lengthened, blank, capital, beyond ASCII, with NUL: never 200 and never 500."""
    signer = server.signer()
    server.get(signer, 1)
    right = digest({**signer.fields, "nc": "00000002"}, signer.secret, "GET", None)
    wrong = ["", right[0], right[:-1], right + "0", right + right, " " + right, right + " ", right.upper(), "ä" * 64]
    wrong += [
        right + "\x00",
        right[:-1] + "\x00",
        "\x00" * 64,
        "0" * 64,
        right[1:] + right[0],
        "\uff46" * 64,
        right[:32],
    ]
    for text in wrong:
        assert text == right or refused(server.get(signer, 2, late={"response": text}))
    assert refused(server.get(signer, 2, late={"response": None}), 400)
    assert server.get(signer, 2).status == 200


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "TRACE"])
def test_a24_another_method(server, method):
    """The method is part of the hash."""
    assert refused(server.request(method, "/x", server.signer().sign("GET")), 401)


def test_a24_the_method_is_that_of_the_request_line(server):
    """Neither a `method` parameter nor an override header replaces it."""
    signer = server.signer()
    assert refused(server.request("POST", "/x", signer.sign("GET", late={"method": "GET"})), 401)
    override = [(b"x-http-method-override", b"GET"), (b"x-http-method", b"GET"), (b"x-method-override", b"GET")]
    assert refused(server.request("POST", "/x", signer.sign("GET"), headers=override), 401)
    assert server.request("POST", "/x", signer.sign("POST"), headers=override).status == 200


@pytest.mark.obeys("realm-is-ours")
@pytest.mark.parametrize("realm", ["other", REALM.upper(), REALM + " ", " " + REALM, "", None, REALM + "\x00"])
def test_a25_another_realm(server, realm):
    """A digest made over a realm that is not ours, with the right password."""
    assert refused(server.get(server.signer(), realm=realm))


def test_a25_the_right_digest_under_another_label(server):
    """Our realm in the hash, another one in the header."""
    assert refused(server.get(server.signer(), late={"realm": "other"}))


@pytest.mark.parametrize("algorithm", ["SHA-512-256", "SHA-512-256-sess", "SHA-256-sess", "MD5-sess", "SHA", "SHA-1"])
def test_a26_algorithms_not_offered(server, algorithm):
    """A right digest of an algorithm that stood in no challenge (or of none at all, under that label)."""
    signer = server.signer()
    if algorithm.startswith(("SHA-512", "SHA-256", "MD5")):
        assert turned_back(server.get(signer, algorithm=algorithm))
    assert turned_back(server.get(signer, late={"algorithm": algorithm}))


def test_a26_no_downgrade():
    """A server of SHA-256 only takes neither MD5 nor an absent algorithm, which means MD5."""
    server = Server(algorithms=["SHA-256"])
    signer = server.signer()
    assert turned_back(server.get(signer, algorithm="MD5"))
    assert turned_back(server.get(signer, algorithm=None))
    assert server.get(signer, algorithm="sha-256").status == 200


@pytest.mark.parametrize(("signed", "label"), [("SHA-256", "MD5"), ("MD5", "SHA-256"), ("SHA-256", None)])
def test_a26_labels_that_lie(server, signed, label):
    """Hashed with one algorithm, labelled with another."""
    assert refused(server.get(server.signer(algorithm=signed), late={"algorithm": label}), 401)


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess", "SHA-512-256-sess"])
def test_a27_session_algorithms_need_a_cnonce(algorithm):
    """Without cnonce there is no session key (CVE-2007-3946)."""
    server = Server(algorithms=[algorithm])
    signer = server.signer(algorithm=algorithm)
    assert refused(server.get(signer, cnonce=None), 400)
    assert server.get(signer).status == 200


@pytest.mark.obeys("qop-was-offered")
@pytest.mark.parametrize("qop", ["foo", "auth,auth-int", "auth, auth-int", "AUTH", "auth-conf", "auth ", ""])
def test_a28_qop_words(server, qop):
    """Anything but exactly one of the words on offer."""
    signer = server.signer()
    header = signer.sign(qop=qop).replace(b"qop=" + qop.encode(), b'qop="' + qop.encode() + b'"')
    response = server.request(authorization=header)
    # One word is an answer to another offer than ours; what is no word was never offered.
    assert turned_back(response) if qop in {"foo", "AUTH", "auth-conf"} else refused(response, 400)
    assert refused(server.request(authorization=signer.sign(qop=qop)), 400, 401)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("keep", [(), ("nc",), ("cnonce",), ("nc", "cnonce")])
def test_a28_qop_left_out(server, algorithm, keep):
    """The form of RFC 2069, which has no counter, is not taken, with or without remains of the other form."""
    gone: Any = {name: None for name in ("qop", "nc", "cnonce") if name not in keep}
    response = server.get(server.signer(algorithm=algorithm), **gone)
    # RFC 2617 §3.2.2: nc must not stand without qop.
    assert refused(response, 400) if "nc" in keep else turned_back(response)


def test_a28_a_captured_header_cannot_be_stripped(server):
    """qop, nc and cnonce removed from a signed header."""
    late = {"qop": None, "nc": None, "cnonce": None}
    assert turned_back(server.get(server.signer(), late=late))


def test_a28_auth_on_an_auth_int_server():
    """The weaker quality was not offered."""
    server = Server(qop=["auth-int"])
    assert turned_back(server.get(server.signer()))


@pytest.mark.obeys("2069-formula")
def test_a28_rfc2069_by_policy():
    """Where it is allowed each nonce is good for one request, in this form or the other."""
    server = Server(allow_rfc2069=True)
    signer = server.signer(algorithm="MD5")
    old_form: Any = {"qop": None, "nc": None, "cnonce": None}
    assert [server.get(signer, **old_form).status for _ in range(2)] == [200, 401]
    assert server.get(signer, 1).status == 401


@pytest.mark.obeys("required-parameters")
@pytest.mark.parametrize("name", ["username", "realm", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce"])
def test_a30_any_parameter_twice(server, name):
    """Twice the same, or another value before or behind: which one was checked must not be a question."""
    header = server.signer().sign()
    signer = server.signer()
    header = signer.sign()
    parts = header.removeprefix(b"Digest ").split(b", ")
    own = next(part for part in parts if part.startswith(name.encode() + b"="))
    for copy in (own, name.encode() + b'="x"', name.upper().encode() + b'="x"', name.encode() + b" = x"):
        assert refused(server.request(authorization=header + b", " + copy), 400)
        assert refused(server.request(authorization=b"Digest " + copy + b", " + b", ".join(parts)), 400)
    assert server.request(authorization=header).status == 200


@pytest.mark.obeys("authorization-once")
def test_a30_two_header_fields(server):
    """Two Authorization fields, equal, different or of another scheme."""
    signer = server.signer()
    header = signer.sign()
    for other in (header, b"Basic YWxpY2U6czNjcmV0", b"", server.signer("bob", "b0b").sign()):
        assert refused(server.request(authorization=[header, other]))
        assert refused(server.request(authorization=[other, header]))
    assert server.request(authorization=header).status == 200


LONG = {
    "a value of 60 kB": b'Digest username="' + b"a" * 60_000 + b'"',
    "2000 parameters": b"Digest " + b",".join(b"p%d=%d" % (number, number) for number in range(2000)),
    "1000 parameters": b"Digest " + b",".join(b"p%d=" % number + b'"x"' for number in range(700)),
    "backslashes": b'Digest username="' + b"\\" * 8000 + b'"',
    "open backslashes": b'Digest username="' + b"\\" * 8001,
    "commas": b"Digest " + b"," * 8000,
    "blanks": b"Digest " + b" " * 8000 + b"x",
    "tabs": b"Digest username=" + b"\t" * 8000,
    "an open quote": b'Digest username="' + b"a" * 8000,
    "quotes": b"Digest " + b'"' * 8000,
    "equals": b"Digest a" + b"=" * 8000,
    "NULs": b"Digest " + b"\x00" * 8000,
    "high octets": b"Digest " + b"\xff" * 8000,
}


@pytest.mark.parametrize("header", LONG.values(), ids=LONG)
def test_a33_long_and_strange(server, header):
    """Answered as malformed or too large, in linear time (tests/kernel/test_linear_time.py counts on megabytes)."""
    assert refused(server.request(authorization=header), 400, 431)


WITHOUT_CREDENTIALS = [b"", b" ", b"Digest", b"Digest ", b"Basic x", b"Bearer x", b"Digestx", b"\xff", b"digest=x"]


@pytest.mark.parametrize("header", WITHOUT_CREDENTIALS)
def test_a33_headers_without_credentials(server, header):
    """Empty, bare and foreign schemes are answered with a challenge or as malformed."""
    assert refused(server.request(authorization=header))


def test_a36_realms(server):
    """A realm with quotes and backslashes is escaped; one that would split the header is refused at the start."""
    odd = 'the "in\\side"'
    assert Server(realm=odd).challenge()["realm"] == odd
    for realm in ("a\r\nb", "a\nSet-Cookie: x=y", "a\x00b"):
        with pytest.raises(ConfigurationError):
            Server(realm=realm)
    signer = Signer({**server.challenge(), "realm": REALM})
    assert server.get(signer).status == 200


def test_header_made_by_hand_is_what_it_says(server):
    """The client of these tests signs what the RFC signs: its own plain check, so that refusals mean something."""
    challenge = server.challenge("MD5")
    fields = {name: challenge[name] for name in ("realm", "nonce", "algorithm")}
    fields |= {"username": "alice", "uri": "/x", "qop": "auth", "nc": "00000001", "cnonce": "c"}
    fields["response"] = digest(fields, ha1("MD5", "alice", REALM, "s3cret"), "GET", None)
    assert server.request(authorization=field_value(fields)).status == 200
