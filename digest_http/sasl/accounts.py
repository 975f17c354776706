"""Where a server's passwords come from: a mapping, a callable, or an object with ha1()."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

from digest_http.algorithms import Algorithm, by_name
from digest_http.errors import ConfigurationError, SourceUnavailable

__all__ = ["Lookup", "Source", "lookup_of"]

#: A password as text, or H(username:realm:password) as 16 raw octets or 32 hex digits; None or empty: no such user.
Secret: TypeAlias = str | bytes | None

#: By (username, realm).
Lookup: TypeAlias = Callable[[str, str], Secret]


@runtime_checkable
class HasHA1(Protocol):
    """The users of the HTTP side, as long as they answer at once; their hashes are of UTF-8 names."""

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """H(A1) in hex, or None."""
        ...


Source: TypeAlias = Mapping[str, str | bytes] | HasHA1 | Lookup


def lookup_of(users: Source) -> Lookup:
    """One callable over any source; whatever the source raises becomes SourceUnavailable, which refuses the login."""
    find = _finder(users)

    def lookup(username: str, realm: str) -> Secret:
        try:
            secret = find(username, realm)
        except Exception as error:
            raise SourceUnavailable("the source of users failed, so nobody can log in") from error
        if secret is not None and not isinstance(secret, (str, bytes)):
            raise SourceUnavailable(
                f"the source of users gave a {type(secret).__name__}: SASL needs str, bytes or None, and at once"
            )
        return secret

    return lookup


def _finder(users: Source) -> Callable[[str, str], object]:
    if isinstance(users, HasHA1):
        ha1 = users.ha1
        return lambda username, realm: ha1(username, realm, by_name("MD5"))
    if callable(users):
        return users
    try:
        find = users.get
    except AttributeError:
        raise ConfigurationError(
            "users is a mapping of name to password, a callable of (username, realm), or has ha1()"
        ) from None
    return lambda username, _realm: find(username)
