"""Reading a TOKEN whose order of parameters was seen before, in one match.

The order and quoting of the parameters is fixed by a client's code, realm, algorithm and qop by our challenge, so a
server meets few shapes, again and again. A pattern made for a shape reads a token three times as fast as the general
parser. What it does not match in full, to the last octet, goes to the general parser: a pattern only ever takes what
that would take, with the same result.
"""

from __future__ import annotations

import re
from typing import Any, Final

from digest_http.params import parse_parameters

from .terms import Terms

__all__ = ["Shapes"]

#: Patterns tried before the general parser; each miss costs about a tenth of it. A kind of client has one shape for
#: each algorithm and qop that it uses. The one unused longest makes room for a new one.
MAX_SHAPES: Final = 16

#: Tokens of unknown shapes from which one is learnt at once; after that one of so many is. A lesson costs as much as
#: dozens of parses, so a client too unusual to learn from, or one that has a password and sends each token in another
#: order, must not cost it for ever; and those who come after such a client must still be learnt.
MAX_LESSONS: Final = 64

#: Octets of a token that is learnt from: four times what clients send.
MAX_LESSON_OCTETS: Final = 2048

_NAMES: Final = (
    b"username", b"realm", b"nonce", b"uri", b"response", b"algorithm", b"qop", b"nc", b"cnonce", b"opaque",
)  # fmt: skip
_OPTIONAL: Final = frozenset({b"algorithm", b"opaque"})
_FIXED: Final = (b"realm", b"algorithm", b"qop")
#: A group that can never take part stands for an absent parameter: it yields None. There are two, since most clients
#: send neither opaque nor username*.
_NEVER: Final = rb"((?!))?"
_ABSENT: Final = 2
#: In the order of Values; what stands behind is username*, which no shape has.
_VARYING: Final = (b"username", b"nonce", b"uri", b"response", b"nc", b"cnonce", b"opaque", b"username*")

# The same octets as in params.py, less the backslash, which needs unescaping.
_QUOTED: Final = rb'"([\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]*+)"'
_BARE: Final = rb"([!#-+\--\[\]-~]++)"
# cnonce has no colon (credentials.py).
_QUOTED_CNONCE: Final = rb'"([\t \x21\x23-\x39\x3b-\x5b\x5d-\x7e\x80-\xff]*+)"'
_BARE_CNONCE: Final = rb"([!#-+\--9;-\[\]-~]++)"
_NC: Final = rb"(?!00000000)([0-9a-fA-F]{8})"


class _Shape:
    """A pattern, the terms that its fixed part names, and where its groups have the values that vary.

    `found`: the names of the parameters that vary, in the order of the pattern's groups; behind them the pattern has
    two groups more, which never take part.
    """

    __slots__ = ("groups", "in_order", "pattern", "terms")

    def __init__(self, pattern: re.Pattern[bytes], found: list[bytes], terms: Terms) -> None:
        self.pattern: Final = pattern
        self.terms: Final = terms
        places = {name: place for place, name in enumerate(found, 1)}
        self.groups: Final = tuple([places.get(name, len(found) + 1) for name in _VARYING])
        #: Whether the groups stand in the order of Values as they are, which is what most clients write.
        self.in_order: Final = tuple(found) == _VARYING[: len(_VARYING) - _ABSENT]


class Shapes:
    """The shapes learnt so far, the one used last first; at most MAX_SHAPES.

    Learn from verified tokens only: a stranger must not choose what is compiled.
    """

    __slots__ = ("_lessons", "_shapes")

    def __init__(self) -> None:
        self._lessons = 0
        self._shapes: tuple[_Shape, ...] = ()

    def read(self, token: bytes) -> tuple[Terms, Any] | None:
        """The terms of a token, and its Values; None if no shape fits."""
        shapes = self._shapes
        for shape in shapes:
            match = shape.pattern.fullmatch(token)
            if match is not None:
                if shape is not shapes[0]:
                    self._shapes = (shape, *(other for other in shapes if other is not shape))
                return shape.terms, match.groups() if shape.in_order else match.group(*shape.groups)
        return None

    def learn(self, token: bytes, terms: Terms) -> None:
        """Add the shape of a verified token on these terms, unless it is too unusual.

        Its realm, algorithm and qop become part of the shape, octet by octet: what was found of them (ours, offered)
        holds for every token that fits.
        """
        if len(token) > MAX_LESSON_OCTETS:
            return
        self._lessons += 1
        if self._lessons > MAX_LESSONS and self._lessons % MAX_LESSONS:
            return
        parameters = parse_parameters(token)
        if not set(_NAMES) - _OPTIONAL <= set(parameters) <= set(_NAMES):
            return
        separator = b", " if b", " in token else b","
        text = separator.join(re.escape(name) + b"=" + _value(name, value, token) for name, value in parameters.items())
        pattern = re.compile(text + _NEVER * _ABSENT)
        # Of two requests under way together the second has nothing to add.
        known = any(shape.pattern.pattern == pattern.pattern for shape in self._shapes)
        if pattern.fullmatch(token) and not known:
            varying = [name for name in parameters if name not in _FIXED]
            self._shapes = (_Shape(pattern, varying, terms), *self._shapes[: MAX_SHAPES - 1])


def _value(name: bytes, value: bytes, token: bytes) -> bytes:
    quoted = name + b'="' in token
    if name in _FIXED or name == b"nc":
        inside = _NC if name == b"nc" else re.escape(value)
        return b'"' + inside + b'"' if quoted else inside
    if name == b"cnonce":
        return _QUOTED_CNONCE if quoted else _BARE_CNONCE
    return _QUOTED if quoted else _BARE
