"""The opening of a token: what a client writes in each of its requests for one target, as far as a server needs it.

Each request goes through this file, so it may be compiled.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from digest_http.credentials import Credentials

from .terms import Terms

__all__ = ["NOTHING_ASKED", "Asked", "Opening"]

#: A method, HEntity in hex (empty with qop=auth), and H(A2) in hex of a message that has both, for the target of an
#: opening. A tuple, so that threads see the whole of one or of another.
Asked: TypeAlias = tuple[bytes, bytes, bytes]

#: Nothing is known: no H(A2) is empty.
NOTHING_ASKED: Final[Asked] = (b"", b"", b"")


class Opening:
    """All parameters of a token but response, nc and cnonce; see Credentials. `username` is as it was sent.

    `shape`: the shape that a token has been read by (token_shapes.py), None for the general parser. `head`: the octets
    of the token up to the first parameter that changes; empty, if that memory is of no use for it.

    Programs of devices ask for one target again and again. So what is found of an opening is kept with it: once a
    request has been verified, and for as long as Shapes keeps it. It belongs to one nonce. If all nonces shared
    targets, the time of a response would tell a stranger which ones others ask for; who knows another's nonce has read
    his requests already.
    """

    __slots__ = (
        "answered",
        "asked",
        "extended_name",
        "head",
        "name",
        "nonce",
        "opaque",
        "shape",
        "terms",
        "uri",
        "username",
    )

    def __init__(  # noqa: PLR0917 - one for each request that is new: names cost more
        self,
        terms: Terms,
        username: bytes,
        nonce: bytes,
        uri: bytes,
        opaque: bytes | None,
        extended_name: str | None = None,
        shape: object = None,
        head: bytes = b"",
    ) -> None:
        self.terms: Final = terms
        self.username: Final = username
        self.nonce: Final = nonce
        self.uri: Final = uri
        self.opaque: Final = opaque
        self.extended_name: Final = extended_name
        self.shape: Final = shape
        self.head = head
        """See the class. Shapes takes it when it keeps the opening."""
        self.name = ""
        """`username` as text, if it is ASCII; empty until somebody needs it."""
        self.asked: Asked = NOTHING_ASKED
        """What the last request asked that was verified."""
        self.answered: Asked = NOTHING_ASKED
        """The same of the server's last proof, whose method is empty."""

    def credentials(self, response: bytes, nc: bytes, cnonce: bytes) -> Credentials:
        """All parameters of a token that opens so."""
        terms = self.terms
        return Credentials(
            self.username, terms.realm_sent, self.nonce, self.uri, response, terms.algorithm_sent, terms.qop, nc,
            cnonce, self.opaque, terms.userhash, self.extended_name,
        )  # fmt: skip
