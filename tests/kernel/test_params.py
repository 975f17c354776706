"""auth-param lists: the two readers agree, and are as tolerant and as strict as they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http import params
from digest_http.errors import FieldTooLarge, MalformedField
from digest_http.params import parse_parameters, scan_parameters, serialize
from tests.kernel.strategies import tokens, values, wild_octets


@pytest.mark.obeys("auth-param-spelling")
@pytest.mark.parametrize(
    "octets",
    [
        b'realm="a b", nc=00000001',
        b'realm="a b",nc=00000001',
        b'REALM="a b", Nc=00000001',
        b'realm = "a b" , nc\t=\t00000001',
        b' , ,realm="a b",, ,nc=00000001, ,',
        b'\trealm="a b"\t,\tnc="00000001"',
        rb'realm="a\ b", nc="\0000\0001"',
        b'realm="a b" ,nc=00000001  ',
    ],
)
def test_spellings_of_one_list(octets):
    """RFC 9110 §5.6: letter case of names, blanks, empty elements and quoted-pairs make no difference."""
    assert parse_parameters(octets) == {b"realm": b"a b", b"nc": b"00000001"}


@pytest.mark.parametrize("octets", [b"", b" ", b"\t", b",", b" , ,\t,"])
def test_empty_lists(octets):
    """A list without elements has no parameters."""
    assert parse_parameters(octets) == {}


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (b"uri=/a?b=c", b"/a?b=c"),
        (b"uri=/a%20b/*:@;x", b"/a%20b/*:@;x"),
        (b"nonce=abc+/==", b"abc+/=="),
        (b"x==", b"="),
        (b"x=a;nc=1", b"a;nc=1"),  # a semicolon is no separator but a visible octet
        (b"x=J\xe4s", b"J\xe4s"),
        (b'x=""', b""),
        (b'x=","', b","),
        (b'x="a=b, c=\\"d\\""', b'a=b, c="d"'),
        (rb'x="\\\\"', rb"\\"),
        (rb'x="\a\	"', b"a\t"),
        (b'x="\xff\x80"', b"\xff\x80"),
    ],
)
def test_values(octets, value):
    """Bare values may hold what devices leave unquoted; quoted ones any octet but controls."""
    assert list(parse_parameters(octets).values()) == [value]


@pytest.mark.parametrize(
    "octets",
    [
        b"realm",
        b"realm=",
        b"realm=,",
        b'realm="',
        b'realm="a',
        b'realm="a\\"',
        b'realm="a"b',
        b'realm="a" nc=1',
        b"realm=a nc=1",
        b'realm=a"b"',
        b"realm=a\\b",
        b"=a",
        b'"realm"=a',
        b"re alm=a",
        b"re@lm=a",
        b'realm="a\x00b"',
        b'realm="a\r\n b"',
        b"realm=a\r\n",
        b"realm=a\n",
        b'realm="a"\n',
        b"\nrealm=a",
        b"realm\xe4=a",
        b"a=b, c",
        b"a=b, ,c=d, =",
        b'a=b, c="d',
        b"realm=\x7f",
    ],
)
def test_broken_grammar(octets):
    """What is not a list of parameters is malformed; nothing is skipped unseen."""
    with pytest.raises(MalformedField) as caught:
        parse_parameters(octets)
    assert caught.value.reason == "grammar"


@pytest.mark.obeys("auth-param-spelling")
@pytest.mark.parametrize(
    "octets",
    [
        b"nc=00000001, nc=00000001",
        b"nc=00000001, nc=00000002",
        b"nc=00000001, NC=00000002",
        b'nc=00000001,a=b,nc="00000001"',
        b"nc = 00000001, , nc=00000001",
    ],
)
def test_duplicates(octets):
    """A30: a name that stands twice is refused, in any spelling and even with the same value."""
    with pytest.raises(MalformedField) as caught:
        parse_parameters(octets)
    assert caught.value.reason == "duplicate"
    assert "nc" in str(caught.value)


def test_scanning_leaves_duplicates_to_its_caller():
    """The pair reader yields every element in order."""
    assert list(scan_parameters(b'a=1, A="2"')) == [(b"a", b"1"), (b"a", b"2")]


def test_scanning_is_lazy():
    """What stands before a broken element is yielded first."""
    pairs = scan_parameters(b"a=1, b")
    assert next(pairs) == (b"a", b"1")
    with pytest.raises(MalformedField):
        next(pairs)


@pytest.mark.parametrize("value", [b"", b"a b", b"a,b", b'a"', b"a=b", b"a\\", b"a\r\nX: y", b"\xe4"])
def test_bare_values_are_tokens_on_output(value):
    """What is written without quotes cannot begin another parameter or field."""
    with pytest.raises(MalformedField) as caught:
        serialize([(b"x", value, False)])
    assert caught.value.reason == "token"


def test_size_limit():
    """The last octet that is read and the first that is not."""
    padding = b"x=" + b"a" * (params.MAX_FIELD_OCTETS - 2)
    assert len(parse_parameters(padding)[b"x"]) == params.MAX_FIELD_OCTETS - 2
    with pytest.raises(FieldTooLarge) as caught:
        parse_parameters(padding + b"a")
    assert caught.value.http_status == 431


def test_texts_of_errors_hold_no_value():
    """An error names the parameter, never what stood in it."""
    for octets in (b'response="s3cret" x', b"password=s3cret, password=s3cret", b'response="s3cret'):
        with pytest.raises(MalformedField) as caught:
            parse_parameters(octets)
        assert "s3cret" not in str(caught.value)


@pytest.mark.obeys("quoted-pairs")
@given(wild_octets)
def test_both_readers_agree(octets):
    """The fast path gives what the careful reader gives, for any octets; both raise only our errors."""
    try:
        pairs = list(scan_parameters(octets))
    except MalformedField:
        with pytest.raises(MalformedField):
            parse_parameters(octets)
        return
    names = [name for name, _ in pairs]
    if len(set(names)) == len(names):
        assert parse_parameters(octets) == dict(pairs)
    else:
        with pytest.raises(MalformedField, match="twice"):
            parse_parameters(octets)


@given(st.dictionaries(tokens.map(bytes.lower), st.tuples(values, st.just(True)) | st.tuples(tokens, st.booleans())))
def test_round_trip(written):
    """What is serialised is parsed back, quoted or bare."""
    octets = serialize((name, value, quoted) for name, (value, quoted) in written.items())
    assert parse_parameters(octets) == {name: value for name, (value, _) in written.items()}
