"""Where a server's passwords come from: a mapping, a callable, or an object with ha1()."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol, TypeAlias, cast, runtime_checkable

from digest_http.algorithms import Algorithm, by_name
from digest_http.errors import SourceUnavailable
from digest_http.names import distinct_names
from digest_http.settings import function, provider, refusal

__all__ = ["Lookup", "Source", "lookup_of"]

#: A password as text, or H(username:realm:password) as 16 raw octets or 32 hex digits; None or empty: no such user.
Secret: TypeAlias = str | bytes | None

#: Between names that are looked at together: a control character that no name may hold.
_SEPARATOR: Final = "\n"

# A name with a colon or a control character.
_unusual: Final = re.compile(r"[:\x00-\x09\x0b-\x1f\x7f]")

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
    """One callable over any source; whatever the source raises becomes SourceUnavailable, which refuses the login.

    It is given names and realms in Normalization Form C. Raises ConfigurationError for what is no source, and for a
    mapping that has a name which cannot be one, or one name in two spellings.
    """
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
    if isinstance(users, type):
        return provider("users", users, {}, example="HtdigestUsers('/etc/app/users', 'example.com')")
    if isinstance(users, HasHA1):
        ha1 = provider("users", users, {"ha1": 3}, example="HtdigestUsers('/etc/app/users', 'example.com')").ha1
        return lambda username, realm: ha1(username, realm, by_name("MD5"))
    if callable(users):
        return function("users", users, 2, example="look_up, with def look_up(username, realm)")
    if not isinstance(users, Mapping):
        raise refusal(
            "users",
            users,
            "a mapping of name to password, a function of (username, realm), or an object with ha1(), for instance "
            "users={'alice': password}",
        )
    spelt = _other_spellings(users)
    # The mapping itself is asked: what changes in it counts at the next login.
    return lambda username, _realm: users.get(spelt.get(username, username))


def _other_spellings(users: Mapping[str, str | bytes]) -> dict[str, str]:
    """The names that are not in Normalization Form C, by that form. Raises ConfigurationError as distinct_names.

    A server is made for each login, so usual names are looked at all together.
    """
    names: list[object] = list(users)
    try:
        joined = _SEPARATOR.join(cast("list[str]", names))
    except TypeError:  # a name that is no text
        joined = ":"
    if (
        joined.isascii()
        and joined.count(_SEPARATOR) < max(len(names), 1)
        and "" not in users
        and not _unusual.search(joined)
    ):
        return {}
    return {name: given for name, given in distinct_names(names).items() if name != given}
