"""Challenges that other clients answer wrongly, or that are meant to make a client do wrong: what ours sends.

The numbers are those of what users report of other clients (2.), of what went wrong there for security (3.), and of
what follows from both (6.). What takes more than one call stands in test_clients_calls.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.client_auth.strict_server import parameters_of
from tests.reported.scripted_server import answered, is_right

BASE = 'realm="r", nonce="n", qop="auth"'
DIGEST = f"Digest {BASE}"
MD5, SHA = f"{DIGEST}, algorithm=MD5", 'Digest realm="s", nonce="s1", qop="auth", algorithm=SHA-256'
OLD = 'Digest realm="r", nonce="n"'
SHA_IS_ANSWERED = {"realm": "s", "nonce": "s1", "algorithm": "SHA-256"}
X = "X-WWW-Authenticate"
#: A text that would end a quoted string and begin a parameter of its own.
BREAKS_OUT = 'x", uri="/evil'
ESCAPED = BREAKS_OUT.replace('"', r"\"")

#: By a name, the challenges, the keywords, and parameters of the answer; None is a parameter that must not be there.
ANSWERED: dict[str, tuple[list[Any], dict[str, Any], Mapping[str, str | None]]] = {
    "2.5 Basic in a line before": (['Basic realm="b"', DIGEST], {}, {"realm": "r"}),
    "2.5 Basic in the same line": ([f'Basic realm="b", {DIGEST}'], {}, {"realm": "r"}),
    "2.5 Negotiate without parameters": ([f"Negotiate, {DIGEST}"], {}, {"realm": "r"}),
    "2.5 Bearer and a token": ([f"Negotiate YWJj, Bearer, {DIGEST}"], {}, {"realm": "r"}),
    "2.5 two in one line": ([f"{MD5}, {SHA}"], {}, SHA_IS_ANSWERED),
    "2.5 an unknown algorithm first": ([f"{DIGEST}, algorithm=X", MD5], {}, {"algorithm": "MD5"}),
    "2.8 a name in UTF-8": ([f"{DIGEST}, charset=UTF-8"], {"username": "Ж"}, {"username": None}),
    "2.9 nothing that was not offered": ([DIGEST], {}, {"algorithm": None, "opaque": None, "userhash": None}),
    "2.10 without qop": ([OLD], {}, {"qop": None, "nc": None, "cnonce": None}),
    "2.10 SHA-256 without qop, on request": ([f"{OLD}, algorithm=SHA-256"], {"allow_rfc2069": True}, {"qop": None}),
    "2.11 no algorithm is made up": ([OLD], {}, {"algorithm": None}),
    "2.13 auth-int alone": (['Digest realm="r", nonce="n", qop="auth-int"'], {}, {"qop": "auth-int"}),
    "2.13 auth-int on request": (
        ['Digest realm="r", nonce="n", qop="auth,auth-int"'], {"qop": ("auth-int", "auth")}, {"qop": "auth-int"},
    ),
    "2.14 a field of another name": ([(X, DIGEST)], {"challenge_header": X}, {"realm": "r"}),
    "2.15 an empty realm": (['Digest realm="", nonce="n", qop="auth"'], {}, {"realm": ""}),
    "2.15 an empty realm without quotes": (['Digest realm=, nonce="n", qop="auth"'], {}, {"realm": ""}),
    "2.15 an empty opaque": ([f'{DIGEST}, opaque=""'], {}, {"opaque": ""}),
    "2.15 an empty domain": ([f'{DIGEST}, domain=""'], {}, {"realm": "r"}),
    "2.16 path and query": ([DIGEST], {}, {"uri": "/a?b=c"}),
    "2.20 realm= inside of the nonce": (
        ['Digest nonce="realm=x, nonce=y", realm="r", qop="auth"'], {}, {"nonce": "realm=x, nonce=y", "realm": "r"},
    ),
    "2.21 spaces in the list of qop": (['Digest realm="r", nonce="n", qop=" auth-int , auth "'], {}, {"qop": "auth"}),
    "2.21 no quotes": (["Digest realm=r, nonce=n, qop=auth"], {}, {"qop": "auth"}),
    "2.21 an unknown qop": (['Digest realm="r", nonce="n", qop="auth-conf,auth"'], {}, {"qop": "auth"}),
    "2.21 qop in capitals": (['Digest realm="r", nonce="n", qop="AUTH"'], {}, {"qop": "auth"}),
    "2.21 an empty qop": (['Digest realm="r", nonce="n", qop=""'], {}, {"qop": None}),
    "2.22 Basic is on offer too": ([DIGEST, 'Basic realm="r"'], {}, {"realm": "r"}),
    "2.23 any letter escaped": ([r'Digest realm="a\q\"\\c", nonce="n", qop="auth"'], {}, {"realm": r'aq"\c'}),
    "2.23 the algorithm as the server spells it": ([f"{DIGEST}, algorithm=md5"], {}, {"algorithm": "md5"}),
    "2.24 no opaque": ([DIGEST], {}, {"opaque": None}),
    "3. the weaker hash first": ([MD5, SHA], {}, SHA_IS_ANSWERED),
    "3. the weaker hash last": ([SHA, MD5], {}, SHA_IS_ANSWERED),
    "3. an opaque that breaks out": ([f'{DIGEST}, opaque="{ESCAPED}"'], {}, {"opaque": BREAKS_OUT, "uri": "/a?b=c"}),
    "3. a realm that breaks out": ([f'Digest realm="{ESCAPED}", nonce="n", qop="auth"'], {}, {"realm": BREAKS_OUT}),
    "3. a nonce that breaks out": ([f'Digest realm="r", nonce="{ESCAPED}", qop="auth"'], {}, {"nonce": BREAKS_OUT}),
    "3. a name that breaks out": ([DIGEST], {"username": BREAKS_OUT}, {"username": BREAKS_OUT}),
    "3. a domain of Windows": ([DIGEST], {"username": r"dom\user"}, {"username": r"dom\user"}),
    "3. a key of the session": ([f"{DIGEST}, algorithm=MD5-sess"], {}, {"algorithm": "MD5-sess"}),
    "6.3 no commas": (['Digest realm="r" nonce="n" qop="auth"'], {}, {"qop": "auth"}),
    "6.3 empty elements": ([f"Digest ,, {BASE.replace(',', ',,')},"], {}, {"qop": "auth"}),
    "6.3 spaces at =": (['Digest realm = "r", nonce ="n", qop= "auth"'], {}, {"qop": "auth"}),
    "6.3 names in capitals": (['DIGEST REALM="r", NONCE="n", QOP="auth"'], {}, {"qop": "auth"}),
    "6.3 a tab after the scheme": ([f"Digest\t{BASE}"], {}, {"qop": "auth"}),
    "6.3 a bare token": ([f"Digest {BASE}, private"], {}, {"qop": "auth"}),
    "6.3 octets beyond ASCII": (
        [b'Digest realm="caf\xe9", nonce="n", qop="auth"', SHA.encode()], {}, SHA_IS_ANSWERED,
    ),
    "6.3 twice, and the same": ([f'{DIGEST}, realm="r"'], {}, {"realm": "r"}),
    "6.4 the first of the server's": ([MD5, SHA], {"prefer": "server-order"}, {"algorithm": "MD5"}),
    "6.4 auth before auth-int": (['Digest realm="r", nonce="n", qop="auth-int,auth"'], {}, {"qop": "auth"}),
    "6.7 an empty opaque stays": ([f"{DIGEST}, opaque="], {}, {"opaque": ""}),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "settings", "expected"), ANSWERED.values(), ids=ANSWERED)
def test_answered(lines: list[Any], settings: dict[str, Any], expected: Mapping[str, str | None]) -> None:
    """Each parameter goes out once, as it was given; the response follows from what was sent."""
    field = answered(lines, **settings)
    assert field is not None
    given = parameters_of(field)
    assert {name: given.get(name) for name in expected} == expected
    assert is_right(field, username=settings.get("username", "alice"))
    assert not {"username*", "userhash"} <= given.keys()


#: Nothing is sent, and the caller gets the 401.
LEFT_ALONE: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "2.10 SHA-256 without qop": ([f"{OLD}, algorithm=SHA-256"], {}),
    "2.10 without qop, refused on request": ([OLD], {"allow_rfc2069": False}),
    "2.14 a field that nobody told of": ([(X, DIGEST)], {}),
    "2.22 only Basic": (['Basic realm="r"'], {}),
    "2.24 an empty nonce": (['Digest realm="r", nonce="", qop="auth"'], {}),
    "2.24 no nonce": (['Digest realm="r", qop="auth"'], {}),
    "3. a hash that was forbidden": ([MD5], {"algorithms": ["SHA-256"]}),
    "3. control characters in the opaque": ([b'Digest realm="r", nonce="n", qop="auth", opaque="a\x01"'], {}),
    "3. control characters in the nonce": ([b'Digest realm="r", nonce="n\x7f", qop="auth"'], {}),
    "6.3 a quote that is not closed": (['Digest realm="r, nonce="n", qop="auth"'], {}),
    "6.3 twice, and not the same": ([f'{DIGEST}, nonce="other"'], {}),
    "6.3 a token of 68": (["Digest YWJjZA=="], {}),
    "6.11 a session without qop": ([f"{OLD}, algorithm=MD5-sess"], {"allow_rfc2069": True}),
}


@pytest.mark.parametrize(("lines", "settings"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_left_alone(lines: list[Any], settings: dict[str, Any]) -> None:
    """What cannot be answered, or must not be, is the caller's, and raises nothing."""
    assert answered(lines, **settings) is None


@pytest.mark.parametrize("piece", [",", '"', "\\", "a=", 'a="', "Digest ", "=,", " "], ids="3. {!r} for 64 KiB".format)
@pytest.mark.parametrize("before", ["", "Digest ", f"{DIGEST}, "], ids=["alone", "scheme", "challenge"])
def test_long_fields(before: str, piece: str) -> None:
    """A field of one piece again and again raises nothing; that it takes no longer than others tests/kernel holds."""
    field = answered([before + piece * (65536 // len(piece))])
    assert field is None or is_right(field)


def test_spelling_on_the_wire() -> None:
    """2.9, 6.7: bare qop, nc and algorithm in small letters of hex, unless quotes are asked for (6.10)."""
    plain, quoted = answered([MD5]), answered([MD5], quote_all=True)
    assert plain is not None
    assert quoted is not None
    assert all(text in plain for text in ("qop=auth,", "nc=00000001,", "algorithm=MD5,"))
    assert all(text in quoted for text in ('qop="auth"', "nc=00000001", 'algorithm="MD5"'))


@pytest.mark.parametrize(("charset", "sent"), [("utf-8", "é".encode()), ("latin-1", b"\xe9")])
def test_names_beyond_ascii(charset: str, sent: bytes) -> None:
    """2.8: where no charset is named, octets and hash are of the charset that was set, UTF-8 by default."""
    field = answered([DIGEST], username="é", charset=charset)
    assert field is not None
    assert is_right(field, username="é", charset=charset)
    assert b'username="%s"' % sent in field.encode("latin-1")


def test_name_that_is_hashed() -> None:
    """6.7: with userhash the name does not go out, in no form; userhash and username* are never together."""
    for name in ("alice", "Ж"):
        field = answered([f"{DIGEST}, userhash=true, charset=UTF-8"], username=name)
        assert field is not None
        assert name not in field
        assert "userhash=true" in field
        assert "username*" not in field


def test_cnonce_is_random() -> None:
    """3.: 128 bits of the source that was given, new for each request."""
    drawn: list[int] = []

    def random(size: int) -> bytes:
        drawn.append(size)
        return bytes([len(drawn)]) * size

    fields = [answered([DIGEST], random=random) for _ in range(2)]
    assert drawn
    assert min(drawn) >= 16
    assert len({parameters_of(field)["cnonce"] for field in fields}) == 2
