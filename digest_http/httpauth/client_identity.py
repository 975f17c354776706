"""Who the client is: a user name and a password, and the H(A1) that follow from them.

The one object of the client side that holds secrets. It has no repr of them, cannot be pickled and raises no error
that quotes them.
"""

from __future__ import annotations

import codecs
from typing import Final, NoReturn

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.encoding import octets_to_text, text_to_octets
from digest_http.errors import ConfigurationError
from digest_http.grammar import forbidden_in_field
from digest_http.names import user_name
from digest_http.settings import refusal

__all__ = ["Identity"]

#: H(A1) kept at most; one client rarely meets more realms than this, and a hash costs little.
MAX_CACHED = 256


class Identity:
    """A user name and a password, as text or as octets that are hashed as they stand.

    `charset` encodes text where the challenge does not say UTF-8 (RFC 7616 §4). Raises ConfigurationError for text
    that it cannot hold; for a name that is empty or has a colon, which could not be told from the realm; and for
    control characters in the name, which no header field can carry (a name as octets may hold what only as text would
    be one: which character 0x85 is depends on the charset). The password may be empty: there are devices with none.

    `field_charset` encodes the name in the header field where that is not what is hashed: there are servers that read
    fields as ISO 8859-1 and hash UTF-8. None for the octets that are hashed.
    """

    __slots__ = ("_field_charset", "_ha1", "_password", "_username", "charset", "is_text", "username")

    def __init__(
        self,
        username: str | bytes,
        password: str | bytes,
        *,
        charset: str = "utf-8",
        field_charset: str | None = None,
    ) -> None:
        self.charset: Final = _charset("charset", charset)
        self._field_charset: Final = None if field_charset is None else _charset("field_charset", field_charset)
        if isinstance(username, bytes):
            _check_octets(username)
        else:
            username = user_name(username, shown=False)
        if not isinstance(password, (str, bytes)):
            raise ConfigurationError(f"password is of the type {type(password).__name__}; write text or octets")
        self._username: Final = username
        self._password: Final = password
        # Told by value, not by exception: UnicodeEncodeError carries the whole text, and a context is printed.
        for what, value in (("user name", username), ("password", password)):
            if not (_fits(value, self.charset) and _fits(value, "utf-8")):
                raise ConfigurationError(f"the {what} has characters that {self.charset} does not have; write others")
        if self._field_charset is not None and not _fits(username, self._field_charset):
            raise ConfigurationError(
                "the user name has characters that field_charset does not have; "
                f"write another than {self._field_charset}"
            )
        #: False if the name was given as octets, which only the caller knows the charset of.
        self.is_text: Final = isinstance(username, str)
        self.username: Final = username if isinstance(username, str) else octets_to_text(username)
        self._ha1: Final[dict[tuple[str, bytes, str], bytes]] = {}

    def charset_for(self, *, utf8: bool) -> str:
        """The charset to hash in; a challenge with charset=UTF-8 decides it."""
        return "utf-8" if utf8 else self.charset

    def name_octets(self, charset: str) -> bytes:
        """The user name as it is hashed."""
        return _encode(self._username, charset)

    def field_octets(self, charset: str) -> bytes:
        """The user name as it stands in the header field, where `charset` is the one that is hashed in."""
        return _encode(self._username, self._field_charset or charset)

    def is_same_as(self, other: Identity) -> bool:
        """Whether name and password are those of another one."""
        return (self._username, self._password) == (other._username, other._password)

    def ha1(self, algorithm: Algorithm, realm: bytes, charset: str) -> bytes:
        """The user hash in hex, cached for this user, realm, hash and charset (and never for anything less)."""
        key = (algorithm.base, realm, charset)
        found = self._ha1.get(key)
        if found is None:
            raw = calculation.user_hash(
                algorithm, _encode(self._username, charset), realm, _encode(self._password, charset)
            )
            found = calculation.hex_octets(raw)
            if len(self._ha1) >= MAX_CACHED:
                self._ha1.clear()
            self._ha1[key] = found
        return found

    def __repr__(self) -> str:
        return f"<Identity {self.username!a}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "credentials cannot be pickled: a pickle would contain the password. Make new ones from your settings"
        )


def _encode(value: str | bytes, charset: str) -> bytes:
    return text_to_octets(value, charset) if isinstance(value, str) else value


def _charset(setting: str, name: object) -> str:
    try:
        charset = codecs.lookup(name).name if isinstance(name, str) else ""
        # Text both ways: Python's list also has transforms of octets ("hex"), which fail later.
        "".encode(charset)
    except (LookupError, ValueError):
        charset = ""
    if not charset:
        raise refusal(setting, name, f"a charset that Python has, for instance {setting}='latin-1'")
    return charset


def _check_octets(username: bytes) -> None:
    faults = {
        "is empty": not username,
        "has a colon, which is not allowed in a user name": b":" in username,
        "has a control character, which is not allowed in a user name": forbidden_in_field.search(username) is not None,
    }
    for fault, found in faults.items():
        if found:
            raise ConfigurationError(f"username {fault}; write another, for instance username=b'alice'")


def _fits(value: str | bytes, charset: str) -> bool:
    try:
        _encode(value, charset)
    except UnicodeEncodeError:
        return False
    return True
