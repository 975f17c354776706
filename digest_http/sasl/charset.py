"""Which octets of a name or password are hashed (RFC 2831 §2.1.2.1 and the code of its §8).

The text and the sample code of the RFC disagree. JDK and Cyrus follow the code: user name, realm and password are each
hashed in ISO 8859-1 if every character fits, else in UTF-8. GNU SASL does this with the password only, Dovecot with
none of them.

No function here raises while it holds a password: error reporters show the local variables of a traceback.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from digest_http.encoding import text_to_octets
from digest_http.errors import MalformedField

__all__ = ["Downgrade", "candidates", "downgrade", "encode", "fitting", "hashed"]

#: What a client hashes in ISO 8859-1 where it fits: name, realm and password, the password alone, or nothing.
Downgrade: TypeAlias = Literal[True, False, "password"]


def encode(text: str, *, utf8: bool) -> bytes:
    """The octets of a name in a directive: UTF-8 (Normalization Form C) if the server offered it, else ISO 8859-1.

    Raises MalformedField if the charset does not have a character of the name. For passwords use fitting().
    """
    octets = fitting(text, utf8=utf8)
    if octets is None:
        raise MalformedField("a name has characters that the charset of this exchange does not have", reason="charset")
    return octets


def fitting(text: str, *, utf8: bool) -> bytes | None:
    """As encode, for names and passwords; None if the charset does not have a character of the text."""
    try:
        return text_to_octets(text, "utf-8" if utf8 else "latin-1")
    except UnicodeEncodeError:
        return None


def downgrade(octets: bytes) -> bytes:
    """The ISO 8859-1 form of UTF-8 octets if every character fits, else the octets as they are."""
    if octets.isascii():
        return octets
    try:
        return octets.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return octets


def hashed(text: str, *, utf8: bool, downgraded: bool) -> bytes | None:
    """The octets of a name or password that a client hashes; None if the charset does not have a character of it.

    `downgraded`: in place of UTF-8 use ISO 8859-1 if every character fits.
    """
    octets = fitting(text, utf8=utf8)
    return downgrade(octets) if octets is not None and utf8 and downgraded else octets


def candidates(username: bytes, realm: bytes, password: str) -> list[tuple[bytes, bytes, bytes]]:
    """The (username, realm, password) octets that a client may have hashed, likeliest first.

    `username` and `realm` as received. All forms come from the same password, so to try each of them weakens nothing.
    Equal forms are not left out, so that the number of forms reveals nothing about the password.
    """
    plain = text_to_octets(password)
    return [
        (downgrade(username), downgrade(realm), downgrade(plain)),  # JDK, Cyrus, RFC 2831 §8
        (username, realm, plain),  # UTF-8 as it is: Dovecot's clients, ldap3, pure-sasl
        (username, realm, downgrade(plain)),  # GNU SASL
    ]
