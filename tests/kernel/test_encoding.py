"""Charsets, quoted-string and username* (RFC 8187)."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest_http import encoding
from digest_http.errors import MalformedField
from digest_http.params import parse_parameters
from tests.vectors import vectors


@pytest.mark.obeys("nfc")
def test_utf8_is_normalised_to_nfc():
    """RFC 7616 §4: two spellings of one name hash alike under charset=UTF-8."""
    for charset in ("UTF-8", "utf-8", "UTF8", "utf8"):
        assert encoding.text_to_octets("Ja\u0308søn", charset) == "Jäsøn".encode()
    assert encoding.text_to_octets("Jäsøn") == encoding.text_to_octets("Ja\u0308søn") == "Jäsøn".encode()


def test_other_charsets_are_left_alone():
    """Only UTF-8 has the rule of normalisation; elsewhere a text is composed if it fits in no other way."""
    assert encoding.text_to_octets("é", "latin-1") == b"\xe9"
    assert encoding.text_to_octets("e\u0301", "latin-1") == b"\xe9"
    # Vietnamese in Windows' charset: letters and tones apart, as Form C has not.
    assert encoding.text_to_octets("ê\u0301", "cp1258") == b"\xea\xec"
    for text in ("я", "я\u0301", "\ud800"):
        with pytest.raises(UnicodeEncodeError):
            encoding.text_to_octets(text, "latin-1")


@pytest.mark.parametrize(
    ("octets", "text"), [(b"alice", "alice"), ("Jäsøn".encode(), "Jäsøn"), (b"J\xe4s\xf8n", "Jäsøn"), (b"\xff", "ÿ")]
)
def test_received_names_decode(octets, text):
    """UTF-8 where it is valid, else ISO 8859-1: every octet string is some name."""
    assert encoding.octets_to_text(octets) == text


@given(st.binary())
def test_any_octets_are_a_name(octets):
    """Decoding never fails."""
    assert isinstance(encoding.octets_to_text(octets), str)


@given(st.binary())
def test_quoting_any_octets(octets):
    """A quoted value reads back as itself, or is refused because of a control character."""
    controls = {octet for octet in octets if (octet < 0x20 and octet != 0x09) or octet == 0x7F}
    if controls:
        with pytest.raises(MalformedField) as caught:
            encoding.quote_string(octets)
        assert caught.value.reason == "control-character"
    else:
        assert parse_parameters(b"x=" + encoding.quote_string(octets)) == {b"x": octets}


@pytest.mark.obeys("field-octets")
@pytest.mark.parametrize("octet", [*range(0x09), *range(0x0A, 0x20), 0x7F])
def test_control_octets_are_refused_on_output(octet):
    """CR, LF, NUL and all other controls but the tab cannot be written into a field."""
    with pytest.raises(MalformedField):
        encoding.quote_string(b"a" + bytes([octet]) + b"b")


@pytest.mark.obeys("quoted-pairs")
def test_quotes_and_backslashes_are_escaped():
    """A realm may hold both (A36)."""
    assert encoding.quote_string(rb'a "b" \c') == rb'"a \"b\" \\c"'


def test_ext_value_of_the_rfc():
    """RFC 7616 §3.9.2's username* is written and read."""
    document = vectors.load("rfc7616_userhash")
    assert encoding.encode_ext_value(document["inputs"]["username"]) == document["ext_value"].encode()
    assert encoding.decode_ext_value(document["ext_value"].encode()) == document["inputs"]["username"]


@pytest.mark.obeys("ext-value")
def test_ext_value_escapes_only_what_it_must():
    """RFC 8187 §3.2.1: attr-char stands as it is, everything else as percent and two digits."""
    assert encoding.encode_ext_value("aZ09!#$&+-.^_`|~") == b"UTF-8''aZ09!#$&+-.^_`|~"
    assert encoding.encode_ext_value("%'()*,/:;=?@[]{} ä") == (
        b"UTF-8''%25%27%28%29%2A%2C%2F%3A%3B%3D%3F%40%5B%5D%7B%7D%20%C3%A4"
    )


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_ext_value_round_trip(text):
    """What is written reads back as the normalised text, and is a parameter value without quotes."""
    octets = encoding.encode_ext_value(text)
    assert encoding.decode_ext_value(octets) == unicodedata.normalize("NFC", text)
    assert parse_parameters(b"username*=" + octets) == {b"username*": octets}


@pytest.mark.obeys("ext-value-errors")
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"alice",
        b"UTF-8'alice",
        b"'en'alice",
        b"ISO-8859-1''J%E4s",
        b"ISO-8859-1''alice",
        b"UTF-16''%00a",
        b"UTF-8''%",
        b"UTF-8''%4",
        b"UTF-8''%zz",
        b"UTF-8''a b",
        b"UTF-8''\xc3\xa4",
        b"UTF-8''%0D%0ASet-Cookie",
        b"UTF-8''%00",
        b"UTF-8''%7F",
        b"UTF-8''%C2%85",  # NEL, a control of C1
        b"UTF-8''%C0%AF",  # "/" overlong
        b"UTF-8''%E0%80%AF",
        b"UTF-8''%ED%A0%80",  # a surrogate
        b"UTF-8''%F5%80%80%80",  # beyond U+10FFFF
        b"UTF-8''%E4",
        b"UTF-8''a'b",
        b"UTF-8''alice\n",
    ],
)
def test_bad_ext_values(octets):
    """A32: other charsets, bad percent-encoding, bad UTF-8 and controls are malformed."""
    with pytest.raises(MalformedField) as caught:
        encoding.decode_ext_value(octets)
    assert caught.value.reason == "username*"


@pytest.mark.obeys("ext-value-errors")
@pytest.mark.parametrize("octets", [b"utf-8''%61", b"UTF-8'en'a", b"Utf-8'de-CH'%61"])
def test_ext_value_case_and_language(octets):
    """The charset is compared without regard to case, the language is passed over."""
    assert encoding.decode_ext_value(octets) == "a"


@given(st.binary())
def test_any_ext_value_gives_text_or_our_error(octets):
    """No octets raise anything but MalformedField."""
    with suppress(MalformedField):
        assert isinstance(encoding.decode_ext_value(b"UTF-8''" + octets), str)


@pytest.mark.parametrize(("text", "shown"), [
    ("", ""), ("plain text, é, \u65e5", "plain text, é, \u65e5"), ("a\nb", r"a\nb"), ("\x00\x1b\x7f", r"\x00\x1b\x7f"),
    ("é\u2028\u202e\ud800!", r"é\u2028\u202e\ud800!"), ("\x85", r"\x85"),
])  # fmt: skip
def test_what_is_shown(text, shown):
    """What a terminal could take for an order, or an eye for nothing, is escaped; the rest stays as it is."""
    assert encoding.printable(text) == shown
