"""Authentication-Info (RFC 7616 §3.5)."""

from contextlib import suppress

import pytest
from hypothesis import given

from digest_http.authinfo import AuthenticationInfo
from digest_http.errors import FieldTooLarge, MalformedField
from tests.kernel.strategies import information, wild_octets


@given(information)
def test_round_trip(value):
    """parse(serialise(x)) = x."""
    assert AuthenticationInfo.parse(value.serialize()) == value


@given(wild_octets)
def test_any_octets_give_a_value_or_our_error(octets):
    """No octets raise anything but MalformedField."""
    with suppress(MalformedField):
        assert isinstance(AuthenticationInfo.parse(octets), AuthenticationInfo)


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
    assert "5ec4e7" not in repr(AuthenticationInfo(rspauth=b"5ec4e7"))


@pytest.mark.parametrize("octet", [b"\r", b"\n", b"\x00"])
@pytest.mark.parametrize("name", ["rspauth", "cnonce", "nextnonce", "qop", "nc"])
def test_control_characters_are_refused_on_output(name, octet):
    """A cnonce that a client chose cannot split the response."""
    with pytest.raises(MalformedField):
        AuthenticationInfo(**{name: b"x" + octet}).serialize()
