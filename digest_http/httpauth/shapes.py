"""Reading a TOKEN whose order of parameters was seen before, in one match.

The order and quoting of the parameters is fixed by a client's code, so a server meets few shapes, again and again. A
pattern made for a shape reads a token three times as fast as the general parser. What it does not match in full, to
the last octet, goes to the general parser: a pattern only ever takes what that would take, with the same result.
"""

from __future__ import annotations

import re
from typing import Final

from digest_http.credentials import Credentials
from digest_http.params import parse_parameters

__all__ = ["Shapes"]

#: Patterns tried before the general parser; each miss costs about a tenth of it.
MAX_SHAPES: Final = 8

#: Tokens looked at for a new shape; a client too unusual to learn from must not cost a second parse for ever.
MAX_LESSONS: Final = 64

_NAMES: Final = (
    b"username", b"realm", b"nonce", b"uri", b"response", b"algorithm", b"qop", b"nc", b"cnonce", b"opaque",
)  # fmt: skip
_OPTIONAL: Final = frozenset({b"algorithm", b"opaque"})

# The same octets as in params.py, less the backslash, which needs unescaping.
_QDTEXT: Final = rb"[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]"
_BARE: Final = rb"([!#-+\--\[\]-~]++)"
_NC: Final = rb"(?!00000000)([0-9a-fA-F]{8})"


class Shapes:
    """The patterns learnt so far. Learn from verified tokens only: a stranger must not choose what is compiled."""

    __slots__ = ("_lessons", "_patterns")

    def __init__(self) -> None:
        self._lessons = 0
        self._patterns: tuple[tuple[re.Pattern[bytes], tuple[int, ...]], ...] = ()

    def read(self, token: bytes) -> Credentials | None:
        """The credentials, or None if no pattern fits."""
        for pattern, order in self._patterns:
            match = pattern.fullmatch(token)
            if match is not None:
                return Credentials._make((*match.group(*order), False, None))
        return None

    def learn(self, token: bytes) -> None:
        """Add the shape of a token that the general parser took, unless it is too unusual."""
        if len(self._patterns) >= MAX_SHAPES or self._lessons >= MAX_LESSONS:
            return
        self._lessons += 1
        names = tuple(parse_parameters(token))
        if not set(_NAMES) - _OPTIONAL <= set(names) <= set(_NAMES):
            return
        separator = b", " if b", " in token else b","
        text = separator.join(re.escape(name) + b"=" + _value(name, token) for name in names)
        # A last group that can never take part stands for absent parameters: it yields None.
        pattern = re.compile(text + rb"((?!))?")
        if pattern.fullmatch(token):
            order = tuple(names.index(name) + 1 if name in names else len(names) + 1 for name in _NAMES)
            self._patterns = ((pattern, order), *self._patterns)


def _value(name: bytes, token: bytes) -> bytes:
    quoted = name + b'="' in token
    if name == b"nc":
        return b'"' + _NC + b'"' if quoted else _NC
    # An empty qop is refused by the general parser, any other quoted value may be empty.
    return b'"(' + _QDTEXT + (b"++" if name == b"qop" else b"*+") + b')"' if quoted else _BARE
