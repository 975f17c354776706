"""A33: every parser is linear in its input.

Nothing here reads a clock. The limits of size are lifted and the parsers are given so much that a quadratic reader
would take 10**11 steps, minutes to hours: such a reader runs into the time limit of the test, a linear one is done in
a tenth of a second.
"""

from contextlib import suppress

import pytest

from digest_http import challenge, encoding, params
from digest_http.authinfo import AuthenticationInfo
from digest_http.challenge import Challenge, UnusableChallenge, parse_challenges
from digest_http.credentials import Credentials
from digest_http.errors import FieldTooLarge, MalformedField

# The patterns are the same on each interpreter.
pytestmark = pytest.mark.once

LONG = 1 << 18

PIECES = {
    "backslashes": b"\\",
    "escaped quotes": rb"\"",
    "commas": b",",
    "blanks": b" ",
    "blank and equals": b" =",
    "letters": b"a",
    "words and commas": b"a,",
    "parameters": b"a=b,",
    "quoted parameters": b'a="b", ',
    "open quotes": b'a="',
    "quotes": b'"',
    "empty quotes": b'a=""',
    "slashes": b"a/",
    "token68": b"a=,",
    "challenges": b'Digest realm="a",nonce="b" ',
    "percent": b"%",
    "percent-encoded": b"%41",
    "high octets": b"\xff",
}
FRAMES = {
    "alone": b"%b",
    "after a name": b"a=%b",
    "in quotes": b'a="%b"',
    "in open quotes": b'a="%b',
    "before a stray octet": b'a=b,%b"',
    "after a scheme": b"Basic %b",
    "blanks before a stray octet": b"Digest %b\x00",
}


@pytest.fixture
def no_limits(monkeypatch):
    """Lift the limits that would refuse such a field before it is read."""
    monkeypatch.setattr(params, "MAX_FIELD_OCTETS", 1 << 30)
    monkeypatch.setattr(challenge, "MAX_CHALLENGE_OCTETS", 1 << 30)


def long_input(frame, piece):
    """A quarter of a megabyte of the piece inside the frame."""
    return FRAMES[frame] % (PIECES[piece] * (LONG // len(PIECES[piece])))


@pytest.mark.usefixtures("no_limits")
@pytest.mark.timeout(30)
@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("piece", PIECES)
def test_long_fields_are_read_in_linear_time(frame, piece):
    """Every reader comes to an end with a value or our error."""
    octets = long_input(frame, piece)
    for read in (Credentials.parse, AuthenticationInfo.parse):
        with suppress(MalformedField):
            read(octets)
    assert all(isinstance(found, Challenge | UnusableChallenge) for found in parse_challenges([octets]))


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", PIECES)
def test_long_ext_values_are_read_in_linear_time(piece):
    """The same for the value of username*."""
    with suppress(MalformedField):
        encoding.decode_ext_value(b"UTF-8''" + PIECES[piece] * (LONG // len(PIECES[piece])) + b"'")


@pytest.mark.usefixtures("no_limits")
@pytest.mark.timeout(30)
def test_many_parameters_of_different_names():
    """A hundred thousand names are as many dictionary entries, not as many searches."""
    octets = b",".join(b"p%d=%d" % (number, number) for number in range(100_000))
    assert len(params.parse_parameters(octets)) == 100_000
    assert len(params.parse_parameters(octets.upper())) == 100_000


@pytest.mark.timeout(30)
@pytest.mark.parametrize("piece", PIECES)
def test_sixty_kilobytes_are_refused_unread(piece):
    """With the limits in place a field of 60 kB is answered by its size alone."""
    octets = PIECES[piece] * (60_000 // len(PIECES[piece]))
    with pytest.raises(FieldTooLarge):
        Credentials.parse(octets)
    (found,) = parse_challenges([octets])
    assert isinstance(found, UnusableChallenge)
    assert "longer" in found.reason
