"""White space and spellings of tokens: what RFC 2831's grammar and its peers let through, and HTTP does not."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest

from digest_http.credentials import Credentials
from digest_http.errors import MalformedField
from digest_http.sasl.directives import Challenge, Response, parse_rspauth
from tests.sasl.test_directives import RESPONSE

#: RFC 2616 §2.2: LWS, and the line ends that JDK, Cyrus and GNU SASL skip as well.
BLANKS = [b" ", b"\t", b"\r\n ", b"\r\n\t ", b" \r\n ", b"\n", b"\r", b"\r\n", b"\r\n \r\n "]

PLAIN = {
    Challenge.parse: b'realm="r",nonce="n",qop="auth",maxbuf=1024,charset=utf-8,algorithm=md5-sess',
    Response.parse: RESPONSE + b',realm="r",qop=auth,maxbuf=1024,charset=utf-8',
    parse_rspauth: b"rspauth=0123456789abcdef0123456789abcdef,x=y",
}

parsers = pytest.mark.parametrize("parse", PLAIN, ids=lambda parse: parse.__qualname__)


@parsers
@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(
    "place",
    [rb"\A()", rb"(),", rb",()", rb"()=", rb"=()", rb"()\Z"],
    ids=["first", "before-comma", "after-comma", "before-equals", "after-equals", "last"],
)
def test_white_space_between_words(parse, blank, place):
    """Wherever it stands, it means nothing."""
    plain = PLAIN[parse]
    spelt = re.sub(place, lambda match: match[0].replace(match[1], blank, 1) if match[0] else blank, plain)
    assert spelt != plain
    assert parse(spelt) == parse(plain)


@parsers
@pytest.mark.parametrize("blank", [b"\x0b", b"\x0c", b"\x00", b"\xa0", b"\x85"])
def test_what_is_no_white_space(parse, blank):
    """Other octets between words are refused or belong to the value."""
    spelt = PLAIN[parse].replace(b"=", b"=" + blank, 1)
    with suppress(MalformedField):
        assert parse(spelt) != parse(PLAIN[parse])


@pytest.mark.parametrize("fold", [b"\r\n ", b"\r\n\t", b"\r\n   "])
def test_a_value_folded_over_lines(fold):
    """RFC 2616 §2.2: a fold in quotes means a space."""
    challenge = Challenge.parse(b'realm="one%btwo",nonce="n",qop="auth,%bauth-int",algorithm=md5-sess' % (fold, fold))
    assert challenge.realms == (b"one two",)
    assert challenge.qop == ("auth", "auth-int")


@pytest.mark.parametrize("value", [b'"a\nb"', b'"a\rb"', b'"a\r\nb"', b'"a\\\r\n b"', b'"a\r\n', b"a\r\nb"])
def test_line_ends_in_values(value):
    """No name of a user or realm brings one into a log."""
    for parse in (Challenge.parse, Response.parse):
        with pytest.raises(MalformedField) as caught:
            parse(PLAIN[parse].replace(b'realm="r"', b"realm=" + value))
        assert caught.value.reason == "grammar"


@pytest.mark.parametrize("end", [b"", b",", b" ,", b"\r\n", b",\r\n ,"])
def test_a_bare_value_without_octets(end):
    """Twisted's client writes `realm=,`; the end of a token ends a value too."""
    assert Response.parse(RESPONSE + b",realm=" + end).realm == b""
    assert Challenge.parse(b"nonce=n,algorithm=md5-sess,realm=" + end).realms == (b"",)
    assert Response.parse(RESPONSE + b",authzid= " + end).authzid == b""
    assert Response.parse(RESPONSE + b",unheard-of=" + end).others == {b"unheard-of": b""}


@pytest.mark.parametrize(
    ("directive", "reason"),
    [(b"nc", "nc"), (b"response", "response"), (b"maxbuf", "maxbuf"), (b"charset", "charset")],
)
def test_where_no_octets_are_no_value(directive, reason):
    """A number, a digest and a keyword have octets."""
    spelt = re.sub(directive + rb"=[^,]*", directive + b"=", PLAIN[Response.parse])
    with pytest.raises(MalformedField) as caught:
        Response.parse(spelt)
    assert caught.value.reason == reason


@pytest.mark.parametrize("value", [b"1024", b"01024", b"0000000001024", b"0" * 500 + b"1024", b'"001024"'])
def test_zeros_before_a_number(value):
    """maxbuf-value = 1*DIGIT."""
    assert Response.parse(RESPONSE + b",maxbuf=" + value).maxbuf == 1024
    assert Challenge.parse(b"nonce=n,algorithm=md5-sess,maxbuf=" + value).maxbuf == 1024


@pytest.mark.parametrize("value", [b"0", b"00", b"016", b"016777216", b"99999999999", b"1_024", b"+1024", b"10 24"])
def test_numbers_that_are_still_refused(value):
    """Zeros change no limit."""
    with pytest.raises(MalformedField):
        Response.parse(RESPONSE + b",maxbuf=" + value)


@pytest.mark.obeys("sasl-nc")
@pytest.mark.parametrize("value", [b"1", b"0000001", b"000000001", b"00000000", b"0x000001"])
def test_nc_has_eight_digits(value):
    """nc-value = 8LHEX: the text is hashed, so it has one length."""
    with pytest.raises(MalformedField) as caught:
        Response.parse(RESPONSE.replace(b"00000001", value))
    assert caught.value.reason == "nc"


@pytest.mark.parametrize("blank", [b"\r\n ", b"\n", b"\r", b"\r\n"])
def test_http_goes_on_refusing_line_ends(blank):
    """RFC 9110 §5.5: CR and LF have no place in a field's value, and one that is empty has octets too."""
    credentials = b'username="u",realm="r",%bnonce="n",uri="/",response="0123456789abcdef0123456789abcdef"%b'
    assert Credentials.parse(credentials % (b"", b"")).nonce == b"n"
    for spelt in (
        credentials % (blank, b""),
        credentials % (b"", blank),
        credentials.replace(b'"r"', b"") % (b"", b""),
    ):
        with pytest.raises(MalformedField):
            Credentials.parse(spelt)
