"""Which octets of a name or password are hashed (RFC 2831 §2.1.2.1 and the code of its §8).

RFC text and sample code disagree; JDK and Cyrus follow the code: user name, realm and password are each hashed in
ISO 8859-1 when every character fits it, else in UTF-8. GNU SASL does so with the password only, Dovecot with none.
"""

from __future__ import annotations

from digest_http.encoding import text_to_octets
from digest_http.errors import MalformedField

__all__ = ["candidates", "downgrade", "encode", "hashed"]


def encode(text: str, *, utf8: bool) -> bytes:
    """The octets that stand in a directive: UTF-8 (Normalization Form C) if the server offered it, else ISO 8859-1.

    Raises MalformedField if the text does not fit.
    """
    try:
        return text_to_octets(text, "utf-8" if utf8 else "latin-1")
    except UnicodeEncodeError:
        # `from None`: the cause would quote the text, which may be a password.
        raise MalformedField(
            "a name or password holds characters that the charset of this exchange has not", reason="charset"
        ) from None


def downgrade(octets: bytes) -> bytes:
    """The ISO 8859-1 form of UTF-8 octets if every character fits, else the octets as they are."""
    if octets.isascii():
        return octets
    try:
        return octets.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return octets


def hashed(text: str, *, utf8: bool, downgraded: bool) -> bytes:
    """The octets of a name or password that a client hashes."""
    octets = encode(text, utf8=utf8)
    return downgrade(octets) if utf8 and downgraded else octets


def candidates(username: bytes, realm: bytes, password: str) -> list[tuple[bytes, bytes, bytes]]:
    """The (username, realm, password) octets that a client may have hashed, likeliest first.

    `username` and `realm` as received. All forms are of the same password, so trying each weakens nothing. Forms that
    are alike are not left out, so that their number tells nothing of the password.
    """
    plain = encode(password, utf8=True)
    return [
        (downgrade(username), downgrade(realm), downgrade(plain)),  # JDK, Cyrus, RFC 2831 §8
        (username, realm, plain),  # UTF-8 as it is: Dovecot's clients, ldap3, pure-sasl
        (username, realm, downgrade(plain)),  # GNU SASL
    ]
