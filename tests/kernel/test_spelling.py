"""How a list of parameters may be written: HTTP's way where nothing is said, and each part another way."""

from __future__ import annotations

import pytest

from digest_http.errors import MalformedField
from digest_http.params import Spelling, scan_parameters


def read(octets: bytes, *spelling: Spelling) -> list[tuple[bytes, bytes]] | None:
    """The pairs, or None for a refusal."""
    try:
        return list(scan_parameters(octets, *spelling))
    except MalformedField:
        return None


#: What HTTP makes of each: None where it refuses.
HTTP = {
    b"a=1,b=2": [(b"a", b"1"), (b"b", b"2")],
    b" , ,\ta =\t1 ,, b= 2 ,": [(b"a", b"1"), (b"b", b"2")],
    rb'a="x\"y, z"': [(b"a", b'x"y, z')],
    b"a=\n1": None,
    b"a=1\n": None,
    b"a=<1>": [(b"a", b"<1>")],
    b"a='x'": [(b"a", b"'x'")],
    b"a=1 b=2": None,
    b"a": None,
}


@pytest.mark.parametrize("octets", HTTP)
def test_without_a_word_it_is_that_of_http(octets: bytes) -> None:
    """Blanks, quotes and bare values of RFC 9110, as for a reader that is given no spelling."""
    assert read(octets, Spelling()) == read(octets) == HTTP[octets]


#: A blank that HTTP does not know.
BLANK = {"blanks": rb"/*+"}
ANGLES = {"quoted": rb"<([^>]*+)>"}
DIGITS = {"bare": rb"[0-9]++"}


@pytest.mark.parametrize(("changes", "octets", "pairs"), [
    (BLANK, b'/,/a/=/"1"/,/b="2"/', [(b"a", b"1"), (b"b", b"2")]),
    (BLANK, b"a=1, b=2", None),
    (ANGLES, b"a=<1, 2>,b=3", [(b"a", b"1, 2"), (b"b", b"3")]),
    (ANGLES, b'a="1"', None),
    (DIGITS, b'a=1,b="x"', [(b"a", b"1"), (b"b", b"x")]),
    (DIGITS, b"a=x", None),
], ids=str)  # fmt: skip
def test_each_part_of_its_own(
    changes: dict[str, bytes], octets: bytes, pairs: list[tuple[bytes, bytes]] | None
) -> None:
    """What is given replaces that part, and the others stay those of HTTP."""
    assert read(octets, Spelling(**changes)) == pairs
