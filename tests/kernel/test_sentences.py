"""What the kernel says when it refuses: the whole sentence and the stable reason code."""

import pytest

from digest_http import algorithms, calculation, encoding, params
from digest_http.authinfo import AuthenticationInfo
from digest_http.buffers import HTTPMessage, SecBuffer, SecBufferDesc, SecBufferType
from digest_http.challenge import Challenge, UnusableChallenge, parse_challenges
from digest_http.credentials import Credentials
from digest_http.errors import FieldTooLarge, MalformedField, UnsupportedAlgorithm

USER = b'username="u", realm="r", nonce="n", uri="/", response="0"'
EXTENDED = b'username*=UTF-8\'\'u, realm="r", nonce="n", uri="/", response="0"'

READERS = {"pairs": params.parse_parameters, "credentials": Credentials.parse, "information": AuthenticationInfo.parse}


@pytest.mark.parametrize(
    ("reader", "octets", "reason", "text"),
    [
        ("pairs", b"a", "grammar", "a parameter is not of the form name=value"),
        ("pairs", b'a="b', "grammar", "parameter 'a' has no value, or its quotes do not close"),
        ("pairs", b"a=b c", "grammar", "no comma after parameter 'a'"),
        ("pairs", b"a=b, A=c", "duplicate", "parameter 'a' appears twice"),
        ("credentials", USER + b", nc=00000001", "qop", "nc without qop"),
        ("credentials", USER + b', qop=""', "qop", "qop is empty"),
        ("credentials", USER + b", qop=auth, nc=1", "nc", "nc is not eight hex digits"),
        ("credentials", USER + b", qop=auth", "nc", "nc is not eight hex digits"),
        ("credentials", USER + b", qop=auth, nc=00000000", "nc", "nc counts from 00000001"),
        ("credentials", USER + b", qop=auth, nc=00000001", "missing", "cnonce is missing"),
        ("credentials", b"username=u", "missing", "realm is missing"),
        ("credentials", USER + b', qop=auth, nc=00000001, cnonce=":"', "cnonce", "cnonce holds a colon"),
        ("credentials", USER + b', cnonce=":"', "cnonce", "cnonce holds a colon"),
        ("credentials", USER + b", userhash=1", "userhash", "userhash is neither true nor false"),
        (
            "credentials",
            USER + b", username*=UTF-8''u",
            "username*",
            "both username and username* are given",
        ),
        (
            "credentials",
            EXTENDED + b", userhash=true",
            "userhash",
            "userhash goes with username, not with username*",
        ),
        ("information", b"nc=1", "nc", "nc is not eight hex digits"),
    ],
)
def test_readers(reader, octets, reason, text):
    """Each rule of a header field has a sentence and a code of its own."""
    with pytest.raises(MalformedField) as caught:
        READERS[reader](octets)
    assert (str(caught.value), caught.value.reason) == (text, reason)


def test_too_large_a_field():
    """The sentence tells the size and the limit."""
    with pytest.raises(FieldTooLarge) as caught:
        params.check_size(b"a" * 8193)
    assert (str(caught.value), caught.value.reason) == (
        "the field has 8193 octets; at most 8192 are read",
        "field-too-large",
    )


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"ISO-8859-1''u", "username* is not of the form UTF-8''percent-encoded (RFC 8187)"),
        (b"UTF-8''%FF", "username* is not valid UTF-8"),
        (b"UTF-8''%00", "username* holds a control character"),
    ],
)
def test_extended_names(octets, text):
    """What is wrong with an ext-value, all under one code."""
    with pytest.raises(MalformedField) as caught:
        encoding.decode_ext_value(octets)
    assert (str(caught.value), caught.value.reason) == (text, "username*")
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_writers():
    """A value that cannot be written: which rule it breaks, and for a token which parameter."""
    with pytest.raises(MalformedField) as caught:
        encoding.quote_string(b"\n")
    assert (str(caught.value), caught.value.reason) == (
        "a header field may not contain a control character (CR, LF, NUL, ...): remove it from the value",
        "control-character",
    )
    with pytest.raises(MalformedField) as caught:
        params.serialize([(b"qop", b"a b", False)])
    assert (str(caught.value), caught.value.reason) == ("the value of 'qop' is not a token", "token")


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"Digest " + b" " * 16384, "the field is longer than 16384 octets"),
        (b'Digest realm="r', "the quotes of 'realm' do not close"),
        (b"Digest realm=r, nonce=n, nonce=m", "'nonce' appears twice with different values"),
        (b"Digest realm=r", "nonce is missing or empty"),
        (b'Digest realm=r, nonce=n, algorithm="a b"', "the value of 'algorithm' is not a token"),
    ],
)
def test_challenges(octets, reason):
    """Why a challenge cannot be used."""
    assert parse_challenges([octets]) == [UnusableChallenge(reason)]


def test_buffers():
    """Too few buffers, or one of another type: what the layout has, and what was found."""
    message = HTTPMessage(b"", b"GET", b"/").to_buffers()
    with pytest.raises(MalformedField) as caught:
        HTTPMessage.from_buffers(SecBufferDesc(list(message)[:3]))
    assert str(caught.value) == "the HTTP layout has 5 buffers, TOKEN, method, URL, HEntity and PADDING, not 3"
    with pytest.raises(MalformedField) as caught:
        HTTPMessage.from_buffers(SecBufferDesc([SecBuffer(bytearray(), 1), *list(message)[1:]]))
    assert str(caught.value) == f"buffer 0 of the HTTP layout is {SecBufferType.SECBUFFER_TOKEN.name}, not type 1"


def test_what_is_hashed():
    """A method that is no token, an HEntity that is no digest: both could move a border in A2."""
    with pytest.raises(MalformedField) as caught:
        HTTPMessage(b"", b"GET:", b"/").check_method()
    assert (str(caught.value), caught.value.reason) == ("the method is not a token", "method")
    with pytest.raises(MalformedField) as caught:
        calculation.request_hash(algorithms.by_name("MD5"), b"GET", b"/", b"0" * 31)
    assert (str(caught.value), caught.value.reason) == ("HEntity is not 32 hex digits", "hentity")


def test_algorithms():
    """A name that is not available is repeated with those that are; an empty list asks for one."""
    with pytest.raises(UnsupportedAlgorithm) as caught:
        algorithms.by_name("SHA-1")
    assert str(caught.value) == (
        "algorithm 'SHA-1' is not available here; this Python has "
        "MD5, MD5-sess, SHA-256, SHA-256-sess, SHA-512-256, SHA-512-256-sess"
    )
    with pytest.raises(UnsupportedAlgorithm) as caught:
        algorithms.select([])
    assert str(caught.value) == "name at least one algorithm, for instance 'SHA-256'"


def test_a_challenge_that_cannot_be_written():
    """A control character is refused with the sentence of the writers."""
    with pytest.raises(MalformedField, match=r"^a header field may not contain a control character \(CR, LF, NUL"):
        Challenge(realm=b"\n", nonce=b"n").serialize()
