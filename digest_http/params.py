"""Lists of auth-params: octets to values and back (RFC 9110 §11.2: #auth-param).

Two readers share one grammar: `parse_parameters` for what a peer must send right (Authorization, Authentication-Info),
strict, one value a name; `scan_parameters` yields pairs and leaves the rule on duplicates to its caller. Both are
linear in their input and take any letter case of names, blanks around "=" and empty list elements. What a blank is, and
how a value may be written, is a `Spelling`: HTTP's unless another is given (SASL has its own).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from .encoding import quote_string
from .errors import FieldTooLarge, MalformedField
from .grammar import bare_value, ows, quoted_string, token

__all__ = ["MAX_FIELD_OCTETS", "Spelling", "check_size", "parse_parameters", "scan_parameters", "serialize", "unescape"]

#: Longest field value that is read at all. httpd allows 8190 octets a header line, so no client that meets the web
#: sends more; RFC 2831 §2.1.2 allows 4096 for its one.
MAX_FIELD_OCTETS: Final = 8192

# What well-behaved peers send: lower-case names, no blanks but one after a comma, no backslash. The last alternative
# takes the whole rest of anything else, so that nothing can be skipped unseen.
_common = re.compile(rb'([a-z]++)=("[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]*+"|[!#-+\--\[\]-~]++)(?:, ?|\Z)|.+', re.DOTALL)

_bare_token = re.compile(token)
_escape = re.compile(rb"\\(.)", re.DOTALL)

_QUOTE = 0x22


class Spelling:
    """How a list of parameters may be written, as octet patterns: blanks, values in quotes, values without.

    `blanks` matches any number of them, none included; the one group of `quoted` is the value as it stands in quotes.
    """

    __slots__ = ("bare", "boundary", "name", "quoted", "separator")

    def __init__(self, *, blanks: bytes = ows, quoted: bytes = quoted_string, bare: bytes = bare_value) -> None:
        self.separator: Final = re.compile(rb"(?:" + blanks + rb",)*+" + blanks)
        self.name: Final = re.compile(rb"(" + token + rb")" + blanks + rb"=" + blanks)
        self.quoted: Final = re.compile(quoted)
        self.bare: Final = re.compile(bare)
        self.boundary: Final = re.compile(blanks + rb"(?:,|\Z)")


_HTTP: Final = Spelling()


def check_size(octets: bytes) -> None:
    """Raise FieldTooLarge if a field value is longer than MAX_FIELD_OCTETS."""
    if len(octets) > MAX_FIELD_OCTETS:
        raise FieldTooLarge(f"the field has {len(octets)} octets; at most {MAX_FIELD_OCTETS} are read")


def unescape(octets: bytes) -> bytes:
    r"""The value of a quoted-string's inside: each quoted-pair \x becomes x (RFC 9110 §5.6.4)."""
    return _escape.sub(rb"\1", octets) if b"\\" in octets else octets


def parse_parameters(octets: bytes) -> dict[bytes, bytes]:
    """Parse a list of auth-params into lower-case name -> unescaped value.

    Raises MalformedField for broken grammar or a name that appears twice (a second value could contradict the one that
    was checked), FieldTooLarge over MAX_FIELD_OCTETS.
    """
    check_size(octets)
    pairs = _common.findall(octets)
    found = {name: value[1:-1] if value[0] == _QUOTE else value for name, value in pairs if name}
    if len(found) == len(pairs):
        return found
    # Unusual spelling, or wrong: the careful reader decides which, and says why.
    found.clear()
    for name, value in scan_parameters(octets):
        if name in found:
            raise MalformedField(f"parameter {name.decode()!r} appears twice", reason="duplicate")
        found[name] = value
    return found


def scan_parameters(octets: bytes, spelling: Spelling = _HTTP) -> Iterator[tuple[bytes, bytes]]:
    """Yield (lower-case name, unescaped value) in order. Raises MalformedField at the first broken element."""
    end = len(octets)
    position = _end_of(spelling.separator, octets, 0)
    while position < end:
        name = spelling.name.match(octets, position)
        if name is None:
            raise MalformedField("a parameter is not of the form name=value", reason="grammar")
        position = name.end()
        value = spelling.quoted.match(octets, position) or spelling.bare.match(octets, position)
        if value is None:
            raise MalformedField(
                f"parameter {name[1].decode()!r} has no value, or its quotes do not close", reason="grammar"
            )
        position = value.end()
        if spelling.boundary.match(octets, position) is None:
            raise MalformedField(f"no comma after parameter {name[1].decode()!r}", reason="grammar")
        yield name[1].lower(), unescape(value[1]) if value.re is spelling.quoted else value[0]
        position = _end_of(spelling.separator, octets, position)


def serialize(parameters: Iterable[tuple[bytes, bytes, bool]]) -> bytes:
    """Write (name, value, quoted) triples as an auth-param list.

    Raises MalformedField for a control character, or for a bare value that is no token and so could begin another
    parameter.
    """
    return b", ".join(
        name + b"=" + (quote_string(value) if quoted else _token(name, value)) for name, value, quoted in parameters
    )


def _token(name: bytes, value: bytes) -> bytes:
    if _bare_token.fullmatch(value) is None:
        raise MalformedField(f"the value of {name.decode()!r} is not a token", reason="token")
    return value


def _end_of(pattern: re.Pattern[bytes], octets: bytes, position: int) -> int:
    match = pattern.match(octets, position)
    return match.end() if match else position
