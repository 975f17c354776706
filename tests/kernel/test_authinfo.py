"""Authentication-Info (RFC 7616 §3.5)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http import authinfo
from digest_http.authinfo import AuthenticationInfo
from digest_http.errors import FieldTooLarge, MalformedField
from digest_http.grammar import nc_value
from digest_http.params import parse_parameters
from tests.kernel.strategies import TEXT_OCTETS, information, octets_of, wild_octets


@given(information)
def test_round_trip(value):
    """parse(serialise(x)) = x."""
    assert AuthenticationInfo.parse(value.serialize()) == value


@given(wild_octets)
def test_any_octets_give_a_value_or_our_error(octets):
    """No octets raise anything but MalformedField."""
    with suppress(MalformedField):
        assert isinstance(AuthenticationInfo.parse(octets), AuthenticationInfo)


@pytest.mark.obeys("info-quoting")
def test_quoting_follows_the_rfc():
    """nextnonce, rspauth and cnonce are quoted, qop and nc bare."""
    value = AuthenticationInfo(rspauth=b"0", cnonce=b"c", nc=b"00000001", qop=b"auth-int", nextnonce=b"m")
    assert value.serialize() == b'nextnonce="m", qop=auth-int, rspauth="0", cnonce="c", nc=00000001'
    assert AuthenticationInfo().serialize() == b""


def test_unknown_parameters_are_passed_over():
    """A server may say more than we know."""
    assert AuthenticationInfo.parse(b'nextnonce="m", x-more=1') == AuthenticationInfo(nextnonce=b"m")


@pytest.mark.parametrize("octets", [b"nc=1", b"nc=000000001", b'nc=""', b"nc=0x000001", b"nc=1, nc=2", b"rspauth"])
def test_refusals(octets):
    """A count that is not eight hex digits, duplicates and broken grammar are malformed."""
    with pytest.raises(MalformedField):
        AuthenticationInfo.parse(octets)


def test_size_limit():
    """A field over the limit is not read."""
    with pytest.raises(FieldTooLarge):
        AuthenticationInfo.parse(b"nextnonce=" + b"a" * 8192)


def test_repr_holds_no_proof():
    """rspauth is as good as a response to one who guesses passwords."""
    shown = repr(AuthenticationInfo(b"5ec4e7", b"c0", b"00000001", b"auth", b"n"))
    assert shown == "AuthenticationInfo(cnonce=b'c0', nc=b'00000001', qop=b'auth', nextnonce=b'n')"


@pytest.mark.parametrize("octet", [b"\r", b"\n", b"\x00"])
@pytest.mark.parametrize("name", ["rspauth", "cnonce", "nextnonce", "qop", "nc"])
def test_control_characters_are_refused_on_output(name, octet):
    """A cnonce that a client chose cannot split the response."""
    with pytest.raises(MalformedField):
        AuthenticationInfo(**{name: b"x" + octet}).serialize()


#: The field as servers write it: ours (and RFC 7616 §3.5), Apache httpd's, and two more orders.
ORDERS = (
    b'qop=auth, rspauth="00ff", cnonce="c0", nc=0000000a',
    b'rspauth="00ff", cnonce="c0", nc=0000000a, qop=auth',
    b'rspauth="00ff", qop=auth, nc=0000000a, cnonce="c0"',
    b'rspauth="00ff", qop=auth, cnonce="c0", nc=0000000a',
)
USUAL = ORDERS + tuple(field.replace(b", ", b",").replace(b"auth,", b"auth-int,") for field in ORDERS)


def general(octets):
    """What the general parser makes of a field, None for a refusal."""
    try:
        found = parse_parameters(octets)
    except MalformedField:
        return None
    if b"nc" in found and not nc_value.fullmatch(found[b"nc"]):
        return None
    return AuthenticationInfo(**{name: found.get(name.encode()) for name in AuthenticationInfo._fields})


def read(octets):
    """What is read from a field, None for a refusal."""
    try:
        return AuthenticationInfo.parse(octets)
    except MalformedField:
        return None


@pytest.mark.parametrize("octets", USUAL)
def test_the_usual_field_needs_no_general_parser(monkeypatch, octets):
    """It is read in one match, in each of its orders, with the same result."""
    expected = general(octets)
    monkeypatch.setattr(authinfo, "parse_parameters", None)
    assert AuthenticationInfo.parse(octets) == expected


@st.composite
def changed(draw):
    """A usual field with a piece replaced by octets that matter, or by a piece of itself."""
    field = draw(st.sampled_from(USUAL))
    start = draw(st.integers(0, len(field)))
    end = draw(st.integers(start, min(len(field), start + draw(st.sampled_from([0, 1, 3, 20])))))
    syntax = [b"", b'"', b"\\", b",", b", ", b"=", b" ", b"\x00", b"\n", b"\xff", b"A", b"qop=auth-int", b", qop=auth",
              b'nextnonce="m", ', b'"auth-int"', b"nc=00000001", b"0"]  # fmt: skip
    piece = draw(st.sampled_from(syntax) | st.binary(max_size=3) | st.just(field[start : end + 20]))
    return field[:start] + piece + field[end:]


@given(changed())
def test_no_field_is_read_otherwise(octets):
    """The fast way takes what the general parser takes, and refuses what that refuses."""
    assert read(octets) == general(octets)


@given(octets_of(TEXT_OCTETS), st.binary(min_size=8, max_size=8) | st.from_regex(rb"[0-9a-fA-F]{8}", fullmatch=True))
def test_values_are_read_alike(value, count):
    """Any value in quotes, any qop, any count."""
    for field in USUAL:
        for octets in (
            field.replace(b"00ff", value), field.replace(b"c0", value), field.replace(b"0000000a", count),
            field.replace(b"auth", value), field.replace(b"auth", b'"' + value + b'"'),
        ):  # fmt: skip
            assert read(octets) == general(octets)


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 4000, 8192])
def test_lengths_are_read_alike(length):
    """Long values go the general way, which knows the longest field that is read."""
    for field in USUAL:
        for part in (b"00ff", b"c0", b"auth", b"0000000a"):
            octets = field.replace(part, b"a" * length)
            assert read(octets) == general(octets)


@pytest.mark.parametrize("field", USUAL)
def test_the_last_octet_counts(field):
    """And the first: nothing before or behind a usual field is passed over."""
    for octet in range(256):
        for octets in (field + bytes([octet]), bytes([octet]) + field):
            assert read(octets) == general(octets)
