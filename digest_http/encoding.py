"""Text and octets: charsets of names and passwords, quoted-string escaping, username* (RFC 8187).

RFC 7616 §4: with charset=UTF-8 names and passwords are UTF-8 in Normalization Form C before they are hashed.
"""

from __future__ import annotations

import unicodedata
from urllib.parse import quote_from_bytes, unquote_to_bytes

from .errors import MalformedField, caused
from .grammar import ext_value, forbidden_in_field

# attr-char of RFC 8187 §3.2.1 less the letters and digits, which urllib always keeps.
_ATTR_CHARS = "!#$&+-.^_`|~"


def text_to_octets(text: str, charset: str = "utf-8") -> bytes:
    """Encode a user name, realm or password for hashing: NFC first when UTF-8 (RFC 7616 §4).

    With another charset it is NFC only if the text does not fit as it is: ISO 8859-1 has "é", but no accent alone.
    Raises UnicodeEncodeError if `charset` cannot hold the text.
    """
    if text.isascii():
        return text.encode(charset)
    if charset.lower() in {"utf-8", "utf8"}:
        return nfc(text).encode(charset)
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        return nfc(text).encode(charset)


def nfc(text: str) -> str:
    """Text in Unicode's Normalization Form C, in which names and realms are kept, compared and looked up."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def printable(text: str) -> str:
    r"""Text for a log or a terminal: what is no letter, mark, digit, sign or blank is escaped as \x0a or \u2028.

    That is control characters (C0, DEL, C1), line and paragraph separators, marks that turn the direction of writing,
    invisible characters and halves of surrogate pairs. Nothing is dropped: what a stranger sent can be told from it.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def octets_to_text(octets: bytes) -> str:
    """Decode a received name: UTF-8 where it is valid UTF-8, else ISO 8859-1, which any octets are."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def quote_string(value: bytes) -> bytes:
    """Serialise octets as a quoted-string (RFC 9110 §5.6.4).

    Raises MalformedField if a control octet would break out of the header field.
    """
    if forbidden_in_field.search(value):
        raise MalformedField(
            "a header field may not contain a control character (CR, LF, NUL, ...): remove it from the value",
            reason="control-character",
        )
    if b'"' in value or b"\\" in value:
        value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + value + b'"'


def encode_ext_value(text: str) -> bytes:
    """Serialise text as RFC 8187 ext-value, always in UTF-8, without language."""
    return b"UTF-8''" + quote_from_bytes(text_to_octets(text), safe=_ATTR_CHARS).encode("ascii")


def decode_ext_value(octets: bytes) -> str:
    """Parse an RFC 8187 ext-value in UTF-8 (the one charset RFC 7616 §3.4 allows for username*).

    Raises MalformedField for another charset, bad percent-encoding, bad UTF-8 (overlong, surrogates) or controls.
    """
    match = ext_value.fullmatch(octets)
    if match is None or match["charset"].lower() != b"utf-8":
        raise MalformedField("username* is not of the form UTF-8''percent-encoded (RFC 8187)", reason="username*")
    try:
        text = unquote_to_bytes(match["value"]).decode("utf-8")
    except UnicodeDecodeError:
        raise caused(MalformedField("username* is not valid UTF-8", reason="username*"), None) from None
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise MalformedField("username* holds a control character", reason="username*")
    return text
