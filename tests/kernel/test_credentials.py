"""Authorization: the value, and the strictness that safety asks (RFC 7616 §3.4)."""

import pickle
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http.credentials import Credentials, split_scheme
from digest_http.errors import FieldTooLarge, MalformedField
from tests.kernel.strategies import credentials, wild_octets

BASE = {
    b"username": b'"alice"',
    b"realm": b'"r"',
    b"nonce": b'"n"',
    b"uri": b'"/"',
    b"response": b'"0"',
    b"qop": b"auth",
    b"nc": b"00000001",
    b"cnonce": b'"c"',
}


def token(**changes):
    """A TOKEN with parameters changed; None leaves one out."""
    fields = dict(BASE)
    for name, value in changes.items():
        key = name.replace("_ext", "*").encode()
        if value is None:
            del fields[key]
        else:
            fields[key] = value
    return b", ".join(name + b"=" + value for name, value in fields.items())


def reason(octets):
    """Why a TOKEN is refused."""
    with pytest.raises(MalformedField) as caught:
        Credentials.parse(octets)
    return caught.value.reason


@given(credentials(), st.booleans())
def test_round_trip(value, quote_all):
    """parse(serialise(x)) = x, also with qop and algorithm quoted for old Windows servers."""
    again = Credentials.parse(value.serialize(quote_all=quote_all))
    assert again == value
    assert again.name == value.name


@given(wild_octets)
def test_any_octets_give_a_value_or_our_error(octets):
    """No octets raise anything but MalformedField, and what is read can be shown, counted and named."""
    for candidate in (octets, token() + b", " + octets):
        try:
            value = Credentials.parse(candidate)
        except MalformedField:
            continue
        assert isinstance(value.name, str)
        assert 0 <= value.nc_number <= 0xFFFFFFFF
        assert repr(value).startswith("<Credentials")


@given(st.sampled_from(sorted(BASE)), wild_octets)
def test_any_octets_in_a_parameter(name, octets):
    """The same with the odd octets inside one parameter, where they pass the first checks."""
    for value in (b'"' + octets + b'"', octets):
        with suppress(MalformedField):
            Credentials.parse(token(**{name.decode(): value}))


@pytest.mark.obeys("scheme-in-any-case")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Digest a=b", b"a=b"),
        (b"digest a=b", b"a=b"),
        (b"DIGEST\ta=b", b"a=b"),
        (b"Digest", b""),
        (b"Digest  a=b", b" a=b"),
        (b"Digesta=b", None),
        (b"DigestX=b", None),
        (b"Digest,a=b", None),
        (b"Digest=a", None),
        (b"Basic Digest a=b", None),
        (b"Dig", None),
        (b"", None),
        (b"Digest\xa0a=b", None),
    ],
)
def test_scheme(value, expected):
    """The scheme word is compared without regard to case and ends at a blank."""
    assert split_scheme(value) == expected


@pytest.mark.obeys("credentials-quoting")
def test_quoting_follows_the_rfc():
    """RFC 7616 §3.4: algorithm, qop, nc and userhash are bare, all others quoted."""
    value = Credentials(b"alice", b"r", b"n", b"/", b"0", b"SHA-256", b"auth", b"0000000A", b"c", b"o", userhash=True)
    assert value.serialize() == (
        b'username="alice", realm="r", nonce="n", uri="/", algorithm=SHA-256, response="0", opaque="o", '
        b'qop=auth, nc=0000000A, cnonce="c", userhash=true'
    )
    assert value.serialize(quote_all=True) == (
        b'username="alice", realm="r", nonce="n", uri="/", algorithm="SHA-256", response="0", opaque="o", '
        b'qop="auth", nc=0000000A, cnonce="c", userhash=true'
    )
    assert value.nc_number == 10


@pytest.mark.obeys("required-parameters")
@pytest.mark.parametrize("name", ["username", "realm", "nonce", "uri", "response"])
def test_required_parameters(name):
    """What the hash is made of must be there; a malformed field says which parameter is missing."""
    with pytest.raises(MalformedField, match=f"^{name} is missing") as caught:
        Credentials.parse(token(**{name: None}))
    assert caught.value.reason == "missing"
    assert caught.value.__suppress_context__


@pytest.mark.obeys("nc-format")
@pytest.mark.parametrize(
    "nc",
    [
        b"1",
        b"0000001",
        b"000000001",
        b"-0000001",
        b"+0000001",
        b"0x000001",
        b'" 0000001"',
        b'"0000001 "',
        b"0000_001",
        b"0000000g",
        b'""',
        b'"\xef\xbc\x91\xef\xbc\x91\xef"',
        ("\uff10" * 7 + "\uff11").encode(),
        ("\u0660" * 7 + "\u0661").encode(),
        b'"00000001\t"',
        b"00000000",
        b'"00000000"',
    ],
)
def test_nc_spellings(nc):
    """A10, A11: nc is exactly eight hex digits by pattern, and counts from one."""
    assert reason(token(nc=nc)) == "nc"


@pytest.mark.parametrize(
    ("nc", "count"),
    [(b"00000001", 1), (b"0000000a", 10), (b"0000000A", 10), (b"FFFFFFFF", 0xFFFFFFFF), (b'"00000002"', 2)],
)
def test_nc_values(nc, count):
    """Capitals and quotes are let through, and the text stays as received for the hash."""
    value = Credentials.parse(token(nc=nc))
    assert value.nc_number == count
    assert value.nc == nc.strip(b'"')


def test_an_empty_cnonce():
    """A cnonce that is sent empty is hashed empty, and written back."""
    value = Credentials.parse(token(cnonce=b'""'))
    assert value.cnonce == b""
    assert Credentials.parse(value.serialize()) == value


def test_rfc2069_form():
    """Without qop there is no nc; a cnonce may stand there, as -sess clients of old send it."""
    plain = Credentials.parse(token(qop=None, nc=None, cnonce=None))
    assert (plain.qop, plain.nc, plain.cnonce, plain.nc_number) == (b"", b"", b"", 0)
    assert Credentials.parse(token(qop=None, nc=None)).cnonce == b"c"


@pytest.mark.obeys("2617-nc-with-qop")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"qop": None}, "qop"),
        ({"qop": b'""'}, "qop"),
        ({"nc": None}, "nc"),
        ({"cnonce": None}, "missing"),
        ({"qop": None, "cnonce": None}, "qop"),
    ],
)
def test_counter_cannot_be_stripped(changes, expected):
    """RFC 2617 §3.2.2: qop, nc and cnonce come together, so nobody can turn one form into the other."""
    assert reason(token(**changes)) == expected


@pytest.mark.obeys("required-parameters")
@pytest.mark.parametrize("name", sorted(BASE))
def test_duplicates(name):
    """A30: any parameter twice is refused, even with the same value."""
    assert reason(token() + b", " + name + b"=" + BASE[name]) == "duplicate"
    assert reason(token() + b", " + name.upper() + b"=" + BASE[name]) == "duplicate"


def test_extended_name():
    """username* carries the clear name in place of username."""
    value = Credentials.parse(token(username=None, username_ext=b"UTF-8''J%C3%A4s%C3%B8n%20Doe"))
    assert value.name == value.username_ext == "Jäsøn Doe"
    assert value.username == b""
    assert value.serialize() == (
        b'username*=UTF-8\'\'J%C3%A4s%C3%B8n%20Doe, realm="r", nonce="n", uri="/", response="0", qop=auth, '
        b'nc=00000001, cnonce="c"'
    )


@pytest.mark.obeys("one-of-two-names")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"username_ext": b"UTF-8''bob"}, "username*"),
        ({"username": None, "username_ext": b"UTF-8''bob", "userhash": b"true"}, "userhash"),
        ({"username": None, "username_ext": b"UTF-8''bob", "userhash": b"maybe"}, "userhash"),
        ({"username": None, "username_ext": b"UTF-8''a%0D%0Ab"}, "username*"),
        ({"username": None, "username_ext": b"UTF-8''a%00b"}, "username*"),
        ({"username": None, "username_ext": b"UTF-8''%C0%AF"}, "username*"),
        ({"username": None, "username_ext": b"UTF-8''%ED%A0%80"}, "username*"),
        ({"username": None, "username_ext": b"UTF-8''%G0"}, "username*"),
        ({"username": None, "username_ext": b"ISO-8859-1''%E4"}, "username*"),
    ],
)
def test_extended_name_refusals(changes, expected):
    """A32: both names, a hashed extended name, and every broken ext-value are refused."""
    assert reason(token(**changes)) == expected


def test_extended_name_too_long():
    """A32: a name of 10 kB is over the limit of the field."""
    with pytest.raises(FieldTooLarge):
        Credentials.parse(token(username=None, username_ext=b"UTF-8''" + b"a" * 10_000))


@pytest.mark.parametrize(("text", "flag"), [(b"true", True), (b"TRUE", True), (b"false", False), (b'"true"', True)])
def test_userhash_values(text, flag):
    """userhash is true or false, letter case ignored."""
    assert Credentials.parse(token(userhash=text)).userhash is flag


@pytest.mark.obeys("userhash-values")
@pytest.mark.parametrize("text", [b"maybe", b'""', b"1", b"yes"])
def test_userhash_refusals(text):
    """A31: any other word is refused rather than taken for false."""
    assert reason(token(userhash=text)) == "userhash"


def test_userhash_false_with_extended_name():
    """The combination that RFC 7616 §3.4.4 asks for."""
    value = Credentials.parse(token(username=None, username_ext=b"UTF-8''bob", userhash=b"FALSE"))
    assert (value.name, value.userhash) == ("bob", False)


def test_repr_and_pickle():
    """Neither the response nor the cnonce is shown; a pickled value is equal."""
    value = Credentials.parse(token(response=b'"5ec4e7"', cnonce=b'"c4c4c4"'))
    assert "5ec4e7" not in repr(value)
    assert "c4c4c4" not in repr(value)
    assert "alice" in repr(value)
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - made in this line


def test_comparison():
    """Compared by value."""
    assert Credentials.parse(token()) == Credentials.parse(token())
    assert Credentials.parse(token()) != Credentials.parse(token(nc=b"00000002"))


@pytest.mark.parametrize("octet", [b"\r", b"\n", b"\x00"])
@pytest.mark.parametrize(
    "name", ["username", "realm", "nonce", "uri", "response", "opaque", "cnonce", "algorithm", "qop", "nc"]
)
def test_control_characters_are_refused_on_output(name, octet):
    """No value can break out of the field, quoted or bare."""
    fields = {"username": b"a", "realm": b"r", "nonce": b"n", "uri": b"/", "response": b"0", "qop": b"auth"}
    value = Credentials(**(fields | {"nc": b"00000001"} | {name: b"x" + octet}))
    with pytest.raises(MalformedField):
        value.serialize()


def test_what_is_quoted():
    """algorithm, qop and nc are bare unless it is asked for; nc is bare always."""
    value = Credentials(b"a", b"r", b"n", b"/", b"0", b"MD5", b"auth", b"00000001", b"c")
    bare = [name for name, _, quoted in value.parameters() if not quoted]
    assert bare == [b"algorithm", b"qop", b"nc"]
    assert [name for name, _, quoted in value.parameters(quote_all=True) if not quoted] == [b"nc"]
