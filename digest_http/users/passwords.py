"""H(A1) made of a password, for the sources of users that write it down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from digest_http import calculation
from digest_http.algorithms import by_name
from digest_http.encoding import text_to_octets
from digest_http.errors import ConfigurationError

__all__ = ["DEFAULT_HASHES", "hashes_of", "password_octets"]

#: For the first user of a realm: what is offered by default, and what `digest-http user add` writes.
DEFAULT_HASHES: Final = ("SHA-256", "MD5")


def hashes_of(name: str, realm: str, password: str, known: Iterable[str]) -> dict[str, str]:
    """H(A1) in hex by hash. `name` and `realm` are checked and in Normalization Form C.

    `known` are the hashes that the users of the realm have, this one too. All are made anew: one that was left out
    would still open the door to the old password, or be offered and not found. Raises ConfigurationError for what is no
    password.
    """
    secret = password_octets(name, password)
    bases = sorted(set(known)) or DEFAULT_HASHES
    octets, place = name.encode(), realm.encode()
    return {base: calculation.user_hash(by_name(base), octets, place, secret).hex() for base in bases}


def password_octets(name: str, password: object) -> bytes:
    """The octets to hash. Raises ConfigurationError; what is wrong with a password is said without it."""
    if not isinstance(password, str) or not password:
        what = "empty" if password == "" else f"of the type {type(password).__name__}"
        raise ConfigurationError(
            f"users: the password of {name!r} is {what}; write a non-empty string, or leave the user out"
        )
    try:
        return text_to_octets(password)
    except UnicodeEncodeError:
        # `from None`: the cause would quote the password.
        raise ConfigurationError(
            f"users: the password of {name!r} holds half of a surrogate pair, which no client can send; write text"
        ) from None
