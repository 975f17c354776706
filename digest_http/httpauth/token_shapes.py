"""Reading a TOKEN whose order of parameters was seen before: in one match, or less.

The order and quoting of the parameters is fixed by a client's code, realm, algorithm and qop by our challenge, so a
server meets few shapes, again and again. A pattern made for a shape reads a token three times as fast as the general
parser. And one client's requests for one target differ in response, nc and cnonce alone. So what stands before them is
kept once it was read and verified (openings.py), and of the next token the rest only is looked at, in its places.

What does not fit in full, to the last octet, goes to the pattern, and then to the general parser: each only ever takes
what the next one would take, with the same result.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import pairwise
from struct import Struct
from typing import Final, TypeAlias

from digest_http.params import parse_parameters

from .openings import Opening
from .server import Policy, ServerContext
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

#: Openings that are kept, of all shapes together. Only holders of a password get one, and as many nonces are remembered
#: for each algorithm. One takes 1800 octets of memory at most. The one kept first makes room for a new one.
MAX_OPENINGS: Final = 4096

#: Octets of an opening that is kept. Clients choose their names and targets, and this bounds what one opening may take;
#: hardly any opening of a program that asks again and again is longer.
MAX_HEAD_OCTETS: Final = 512

_NAMES: Final = (
    b"username", b"realm", b"nonce", b"uri", b"response", b"algorithm", b"qop", b"nc", b"cnonce", b"opaque",
)  # fmt: skip
_OPTIONAL: Final = frozenset({b"algorithm", b"opaque"})
_FIXED: Final = (b"realm", b"algorithm", b"qop")
#: What is new in each request.
_CHANGING: Final = (b"response", b"nc", b"cnonce")
#: The three values of a tail, each with what stands behind it.
_Pieces: TypeAlias = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
_X: Final = frozenset(b"xX")
#: In the order in which the groups of a match are read.
_VARYING: Final = (b"username", b"nonce", b"uri", *_CHANGING, b"opaque")
#: A group that can never take part stands for an absent parameter: it yields None. Most clients send no opaque.
_NEVER: Final = rb"((?!))?"

# The same octets as in params.py, less the backslash, which needs unescaping.
_QUOTED: Final = rb'"([\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]*+)"'
_BARE: Final = rb"([!#-+\--\[\]-~]++)"
# cnonce has no colon (credentials.py).
_QUOTED_CNONCE: Final = rb'"([\t \x21\x23-\x39\x3b-\x5b\x5d-\x7e\x80-\xff]*+)"'
_BARE_CNONCE: Final = rb"([!#-+\--9;-\[\]-~]++)"
_NC: Final = rb"(?!00000000)([0-9a-fA-F]{8})"


class _Shape:
    """How one kind of client writes its tokens.

    `pattern` reads a token; `found` are the names of the parameters that vary, in the order of its groups, behind which
    there is one more, which never takes part. `match`: of the token that the shape is learnt from.
    """

    __slots__ = (
        "_places",
        "cnonce_octets",
        "groups",
        "in_order",
        "in_usual_order",
        "is_cnonce",
        "last",
        "pattern",
        "response_octets",
        "second",
        "split",
        "tail",
        "terms",
        "third",
    )

    def __init__(self, pattern: re.Pattern[bytes], match: re.Match[bytes], found: list[bytes], terms: Terms) -> None:
        self.pattern: Final = pattern
        self.terms: Final = terms
        group = {name: place for place, name in enumerate(found, 1)}
        self.groups: Final = tuple([group.get(name, len(found) + 1) for name in _VARYING])
        #: Whether the groups stand in the order of _VARYING as they are, which is what most clients write.
        self.in_order: Final = tuple(found) == _VARYING[:-1]
        token, size = match.string, len(match.string)
        changing = [name for name in found if name in _CHANGING]
        (begin, end), (second, second_end), (third, third_end) = [match.span(group[name]) for name in changing]
        self.tail: Final = begin - size if found[-len(_CHANGING) :] == changing else 0
        """Where the first value that changes begins, counted from the end: less than 0.

        0 if something stands behind it that varies, but changes less.
        """
        borders = (begin, end, second, second_end, third, third_end, size)
        self.split: Final = Struct("".join([f"{to - since}s" for since, to in pairwise(borders)])).unpack_from
        """Takes a tail to pieces: a value, what stands behind it, and so on. Of a token, and `tail`."""
        self.second: Final = token[end:second]
        self.third: Final = token[second_end:third]
        self.last: Final = token[third_end:]
        self.in_usual_order: Final = tuple(changing) == _CHANGING
        self._places: Final = tuple([changing.index(name) for name in _CHANGING])
        self.response_octets: Final = len(match[group[b"response"]])
        self.cnonce_octets: Final = len(match[group[b"cnonce"]])
        before = token[match.start(group[b"cnonce"]) - 1 :]
        self.is_cnonce: Final = (_quoted_cnonce if before.startswith(b'"') else _bare_cnonce).fullmatch

    def put_in_order(self, *values: bytes) -> tuple[bytes, bytes, bytes]:
        """Response, nc and cnonce out of the values of a tail."""
        response, nc, cnonce = self._places
        return values[response], values[nc], values[cnonce]


class Shapes:
    """The shapes learnt so far, the one used last first, at most MAX_SHAPES; and at most MAX_OPENINGS openings.

    Learn from verified tokens only: a stranger must not choose what is compiled, or kept.
    """

    __slots__ = ("_kept", "_lessons", "_openings", "_shapes")

    def __init__(self) -> None:
        self._lessons = 0
        self._shapes: tuple[_Shape, ...] = ()
        self._openings: Final[dict[bytes, Opening]] = {}
        self._kept: Final[deque[bytes]] = deque()

    def open(self, acceptor: Policy, token: bytes) -> ServerContext | None:
        """The context of a token that `acceptor` was sent; None if no shape fits.

        All that its `open` checks was found good in the token from which a shape was learnt.
        """
        shapes = self._shapes
        for shape in shapes:
            head = b""
            tail = shape.tail
            if tail:
                head = token[:tail]
                opening = self._openings.get(head)
                if opening is not None and opening.shape is shape:
                    pieces: _Pieces = shape.split(token, tail)
                    response, second, nc, third, cnonce, last = pieces
                    if not shape.in_usual_order:
                        response, nc, cnonce = shape.put_in_order(response, nc, cnonce)
                    if (
                        second == shape.second
                        and third == shape.third
                        and last == shape.last
                        # Of a count int() would take signs, spaces, underscores and 0x as well.
                        and nc.isalnum()
                        and response.isalnum()
                        and nc[1] not in _X
                        and (cnonce.isalnum() or shape.is_cnonce(cnonce))
                    ):
                        try:
                            count = int(nc, 16)
                        except ValueError:
                            count = 0
                        if count:
                            if shape is not shapes[0]:
                                self._put_first(shape)
                            return ServerContext(acceptor, token, opening, response, nc, cnonce, count)
            match = shape.pattern.fullmatch(token)
            if match is not None:
                if shape is not shapes[0]:
                    self._put_first(shape)
                username, nonce, uri, response, nc, cnonce, opaque = (
                    match.groups() if shape.in_order else match.group(*shape.groups)
                )
                opening = Opening(shape.terms, username, nonce, uri, opaque, None, shape, head)
                return ServerContext(acceptor, token, opening, response, nc, cnonce, int(nc, 16))
        return None

    def _put_first(self, shape: _Shape) -> None:
        self._shapes = (shape, *(other for other in self._shapes if other is not shape))

    def keep(self, opening: Opening, response: bytes, cnonce: bytes) -> None:
        """Keep the opening of a verified token, so that of the next one that opens so the rest only is read.

        To be called once for each opening. `response`, `cnonce`: those of the token.
        """
        head, shape = opening.head, opening.shape
        opening.head = b""
        if not isinstance(shape, _Shape) or len(head) > MAX_HEAD_OCTETS:
            return
        # All places are counted from the end, as they are for a response and a cnonce of these lengths.
        if len(cnonce) != shape.cnonce_octets or len(response) != shape.response_octets:
            return
        # Threads may enter one opening twice. Then it goes with the first of the two places, and comes again.
        if head not in self._openings:
            self._kept.append(head)
        self._openings[head] = opening
        if len(self._kept) > MAX_OPENINGS:
            self._openings.pop(self._kept.popleft(), None)

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
        written = {name: re.escape(name) + b"=" + _value(name, value, token) for name, value in parameters.items()}
        pattern = re.compile(separator.join(written.values()) + _NEVER)
        # Of two requests under way together the second has nothing to add.
        known = any(shape.pattern.pattern == pattern.pattern for shape in self._shapes)
        match = pattern.fullmatch(token)
        if match is not None and not known:
            varying = [name for name in parameters if name not in _FIXED]
            self._shapes = (_Shape(pattern, match, varying, terms), *self._shapes[: MAX_SHAPES - 1])


_quoted_cnonce: Final = re.compile(_QUOTED_CNONCE.strip(b'"'))
_bare_cnonce: Final = re.compile(_BARE_CNONCE)


def _value(name: bytes, value: bytes, token: bytes) -> bytes:
    quoted = name + b'="' in token
    if name in _FIXED or name == b"nc":
        inside = _NC if name == b"nc" else re.escape(value)
        return b'"' + inside + b'"' if quoted else inside
    if name == b"cnonce":
        return _QUOTED_CNONCE if quoted else _BARE_CNONCE
    return _QUOTED if quoted else _BARE
