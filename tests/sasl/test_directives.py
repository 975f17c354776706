"""Tokens: what is read, what is refused, and what is written (RFC 2831 §2.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.errors import DigestError, FieldTooLarge, MalformedField
from digest_http.sasl.directives import Challenge, Response, parse_rspauth

CHALLENGE = b'nonce="n",algorithm=md5-sess'
RESPONSE = (
    b'username="u",nonce="n",cnonce="c",nc=00000001,digest-uri="imap/h",response=0123456789abcdef0123456789abcdef'
)


@pytest.mark.obeys("sasl-defaults")
def test_a_short_challenge_has_the_defaults():
    """No realm, qop auth, maxbuf 65536, ISO 8859-1."""
    assert Challenge.parse(CHALLENGE) == Challenge(nonce=b"n", utf8=False)


# The spellings of JDK, Cyrus, Dovecot and GNU SASL, and then what RFC 2616's list rule allows.
@pytest.mark.obeys("sasl-challenge")
@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (
            (
                b'realm="r1",realm="r2",nonce="n",qop="auth,auth-int,auth-conf",maxbuf="1024",charset=utf-8,'
                b'cipher="3des,des,rc4,rc4-56,rc4-40",algorithm=md5-sess'
            ),
            Challenge(
                b"n",
                (b"r1", b"r2"),
                ("auth", "auth-int", "auth-conf"),
                ("3des", "des", "rc4", "rc4-56", "rc4-40"),
                1024,
            ),
        ),
        (
            b'nonce="n",realm="r",qop="auth",stale=true,maxbuf=65536,charset=utf-8,algorithm=md5-sess',
            Challenge(b"n", (b"r",), stale=True),
        ),
        (b'realm="r",nonce="n",qop="auth",charset="utf-8",algorithm="md5-sess"', Challenge(b"n", (b"r",))),
        (b'realm="", nonce="n", qop=auth, algorithm=md5-sess, charset=utf-8', Challenge(b"n", (b"",))),
        (b"NONCE = n ,, Algorithm\t=\tMD5-SESS,CHARSET=UTF-8,", Challenge(b"n")),
        (b'nonce="a\\"b\\\\c",algorithm=md5-sess', Challenge(b'a"b\\c', utf8=False)),
        (
            b'nonce="n",algorithm=md5-sess,qop=" auth , auth-int "',
            Challenge(b"n", (), ("auth", "auth-int"), utf8=False),
        ),
        (
            b'nonce="n",algorithm=md5-sess,opaque="o",opaque="p",domain=x',
            Challenge(b"n", utf8=False, others={b"opaque": b"o", b"domain": b"x"}),
        ),
    ],
)
def test_challenges_are_read(token, expected):
    """Quoted and bare values, blanks, empty elements, any letter case, unknown directives."""
    assert Challenge.parse(token) == expected


@pytest.mark.obeys("sasl-challenge")
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (b"", "missing"),
        (b'nonce="n"', "missing"),
        (b"algorithm=md5-sess", "missing"),
        (CHALLENGE + b",algorithm=md5-sess", "duplicate"),
        (CHALLENGE + b',nonce="n"', "duplicate"),
        (CHALLENGE + b",qop=auth,qop=auth", "duplicate"),
        (CHALLENGE + b",maxbuf=1024,maxbuf=1024", "duplicate"),
        (CHALLENGE + b",charset=utf-8,charset=utf-8", "duplicate"),
        (CHALLENGE + b",cipher=rc4,cipher=rc4", "duplicate"),
        (CHALLENGE + b",stale=true,stale=true", "duplicate"),
        (b'nonce="n",algorithm=md5', "algorithm"),
        (CHALLENGE + b",charset=iso-8859-1", "charset"),
        (CHALLENGE + b",stale=maybe", "stale"),
        (CHALLENGE + b",maxbuf=16", "maxbuf"),
        (CHALLENGE + b",maxbuf=16777216", "maxbuf"),
        (CHALLENGE + b",maxbuf=-1", "maxbuf"),
        (CHALLENGE + b",maxbuf=0x40", "maxbuf"),
        (CHALLENGE + b",maxbuf=9999999999999", "maxbuf"),
        (CHALLENGE + b',maxbuf=""', "maxbuf"),
        (CHALLENGE + b",realm", "grammar"),
        (CHALLENGE + b',realm="r', "grammar"),
        (CHALLENGE + b',realm="r"x', "grammar"),
        (CHALLENGE + b',realm="\x00"', "grammar"),
    ],
)
def test_challenges_that_are_refused(token, reason):
    """Each with its reason."""
    with pytest.raises(MalformedField) as caught:
        Challenge.parse(token)
    assert caught.value.reason == reason


@pytest.mark.obeys("sasl-challenge-size")
@pytest.mark.parametrize(
    ("parse", "token", "limit"), [(Challenge.parse, CHALLENGE, 2048), (Response.parse, RESPONSE, 4096)]
)
def test_size_limits(parse, token, limit):
    """Exactly the limit is read, one octet more is not."""
    filled = token + b",x=" + b"y" * (limit - len(token) - 3)
    parse(filled)
    with pytest.raises(FieldTooLarge):
        parse(filled + b"y")


def test_a_short_response_has_the_defaults():
    """No realm, qop auth, maxbuf 65536, no charset, no authzid."""
    response = Response.parse(RESPONSE)
    assert (response.realm, response.qop, response.cipher, response.maxbuf, response.utf8, response.authzid) == (
        None,
        "auth",
        None,
        65536,
        False,
        None,
    )
    assert response.count == 1


@pytest.mark.parametrize(
    "addition",
    [
        b',realm="",authzid=""',
        b',charset="UTF-8",qop="auth-conf",cipher="3des",maxbuf="1024"',
        b", qop = auth-int , maxbuf = 17 ,, charset=utf-8",
        b",cipher=unheard-of",
        b",hashed-dirs=x,hashed-dirs=y",
    ],
)
def test_responses_are_read(addition):
    """Quoted and bare values and unknown directives."""
    assert Response.parse(RESPONSE + addition).username == b"u"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        *(((RESPONSE.replace(name + b"=", b"x-" + name + b"=", 1)), "missing") for name in (b"username", b"nc")),
        (RESPONSE.replace(b",nonce=", b",x-nonce="), "missing"),
        (RESPONSE.replace(b",cnonce=", b",x-cnonce="), "missing"),
        (RESPONSE.replace(b"digest-uri=", b"uri="), "missing"),
        (RESPONSE.replace(b"response=", b"x-response="), "missing"),
        *((RESPONSE + b"," + name + b"=1", "duplicate") for name in (
            b"username", b"nonce", b"cnonce", b"nc", b"digest-uri", b"response"
        )),
        *((RESPONSE + b"," + name + b"=utf-8," + name + b"=utf-8", "duplicate") for name in (
            b"realm", b"qop", b"maxbuf", b"charset", b"cipher", b"authzid"
        )),
        (RESPONSE.replace(b"cdef", b"CDEF"), "response"),
        (RESPONSE.replace(b"cdef", b"cde"), "response"),
        (RESPONSE.replace(b"00000001", b"00000000"), "nc"),
        (RESPONSE.replace(b"00000001", b"1"), "nc"),
        (RESPONSE.replace(b"00000001", b"+0000001"), "nc"),
        (RESPONSE.replace(b"00000001", b"0000000g"), "nc"),
        (RESPONSE + b",maxbuf=16", "maxbuf"),
        (RESPONSE + b",charset=latin-1", "charset"),
    ],
)  # fmt: skip
def test_responses_that_are_refused(change, reason):
    """Each with its reason."""
    with pytest.raises(MalformedField) as caught:
        Response.parse(change)
    assert caught.value.reason == reason


@pytest.mark.obeys("sasl-cipher-with-conf")
def test_cipher_is_only_offered_with_auth_conf():
    """GNU SASL refuses a challenge that names ciphers and no auth-conf."""
    assert b"cipher" not in Challenge(b"n", qop=("auth",), ciphers=("rc4",)).serialize()
    assert b'cipher="rc4,3des"' in Challenge(b"n", qop=("auth-conf",), ciphers=("rc4", "3des")).serialize()


def test_charset_is_only_offered_where_it_is_meant():
    """A challenge without it means ISO 8859-1."""
    assert b"charset" not in Challenge(b"n", utf8=False).serialize()


@pytest.mark.parametrize("octets", [b"\r\n", b"\x00", b"a\x7f"])
def test_control_characters_are_never_written(octets):
    """A name cannot break out of its quotes."""
    with pytest.raises(MalformedField):
        Challenge(b"n", realms=(octets,)).serialize()


@pytest.mark.obeys("sasl-challenge-size")
def test_what_is_too_long_is_never_written():
    """A challenge that peers would refuse is refused here: fewer than 2048 octets, not as many."""
    spare = 2048 - len(Challenge(b"n", realms=(b"",)).serialize())
    assert len(Challenge(b"n", realms=(b"r" * (spare - 1),)).serialize()) == 2047
    with pytest.raises(FieldTooLarge):
        Challenge(b"n", realms=(b"r" * spare,)).serialize()


def test_a_response_does_not_show_its_digest():
    """With a weak password the digest is as good as the password."""
    assert "0123456789abcdef" not in repr(Response.parse(RESPONSE))


@pytest.mark.parametrize(("token", "digest"), [(b"rspauth=ab", b"ab"), (b'rspauth="ab",x=y', b"ab"), (b"x=y", None)])
def test_rspauth_is_found(token, digest):
    """Quoted or bare, alone or not."""
    assert parse_rspauth(token) == digest


def test_rspauth_stands_once():
    """Two proofs are none."""
    with pytest.raises(MalformedField):
        parse_rspauth(b"rspauth=a,rspauth=a")


text = st.binary(max_size=40).filter(lambda octets: not any(octet < 32 or octet == 127 for octet in octets))


@given(nonce=text, realms=st.lists(text, max_size=3), maxbuf=st.integers(17, 0xFFFFFF), stale=st.booleans())
def test_challenges_come_back_as_written(nonce, realms, maxbuf, stale):
    """Any value that may be written is read back the same."""
    challenge = Challenge(nonce, tuple(realms), ("auth", "auth-conf"), ("3des",), maxbuf, stale=stale)
    assert Challenge.parse(challenge.serialize()) == challenge


@given(username=text, realm=st.none() | text, authzid=st.none() | text, uri=text, utf8=st.booleans())
def test_responses_come_back_as_written(username, realm, authzid, uri, utf8):
    """Any value that may be written is read back the same."""
    response = Response(username, realm, b"n", b"c", b"000000ff", uri, b"0" * 32, "auth-conf", "rc4", 17, utf8, authzid)
    assert Response.parse(response.serialize()) == response


directive_names = st.sampled_from(
    ["nonce", "realm", "qop", "algorithm", "cipher", "maxbuf", "charset", "stale", "username", "nc", "rspauth", "x"]
)
nearly_tokens = st.lists(
    st.builds(
        lambda name, gap, quote, value: name.encode() + gap + b"=" + quote + value + quote,
        directive_names,
        st.sampled_from([b"", b" "]),
        st.sampled_from([b"", b'"']),
        st.binary(max_size=12) | st.sampled_from([b"md5-sess", b"utf-8", b"auth,auth-conf", b"3des", b"65536"]),
    ),
    max_size=12,
).map(b",".join)


@given(st.binary(max_size=200) | nearly_tokens)
def test_any_octets_are_a_value_or_an_error_of_ours(token):
    """The readers raise nothing else."""
    for parse in (Challenge.parse, Response.parse, parse_rspauth):
        try:
            parse(token)
        except DigestError:
            continue
