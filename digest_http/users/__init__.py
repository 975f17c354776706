"""Where H(A1) comes from: implementations of `httpauth.protocols.Users`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import Users
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import function, provider

from .cached import CachedUsers
from .htdigest import HtdigestUsers
from .mapping import MappingUsers
from .urls import from_url

__all__ = ["CachedUsers", "CallableUsers", "HtdigestUsers", "MappingUsers", "open_users"]

#: What a function of users looks like, for errors.
_EXAMPLE: Final = "look_up, with def look_up(username, realm, algorithm)"

LookUp = Callable[[str, str, Algorithm], "bytes | Awaitable[bytes | None] | None"]


class CallableUsers(HoldsSecrets):
    """Users from one function (username, realm, algorithm) -> hex H(A1) or None, plain or async.

    It is given the name and the realm in Normalization Form C, however the client spelt them. Raises ConfigurationError
    for what cannot be called with three arguments.
    """

    __slots__ = ("_look_up",)

    def __init__(self, look_up: LookUp) -> None:
        self._look_up: Final = function("users", look_up, 3, example=_EXAMPLE)

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """See Users.ha1."""
        return self._look_up(nfc(username), nfc(realm), algorithm)


def open_users(
    users: Mapping[str, str] | Users | Callable[..., Any] | str, realm: str, algorithms: Iterable[Algorithm]
) -> Users:
    """The users of a setting: a mapping of name to password, an object of the Users protocol, a callable, or a URL.

    Raises ConfigurationError for anything else, and for an empty mapping: it is read once, so nobody could log in.
    """
    if isinstance(users, str):
        return from_url(users, realm)
    if isinstance(users, type):
        provider("users", users, {}, example="HtdigestUsers('/etc/app/users', 'Members')")  # which refuses it
    if isinstance(users, Users):
        return provider("users", users, {"ha1": 3}, example="HtdigestUsers('/etc/app/users', 'Members')")
    if callable(users):
        return CallableUsers(users)
    if isinstance(users, Mapping):
        if not users:
            raise ConfigurationError(
                "users is empty, so nobody could log in; write a mapping of name to password, for instance "
                "users={'alice': password}, or an object of MappingUsers, which can be filled later"
            )
        return MappingUsers(users, realm, algorithms)
    raise ConfigurationError(
        f"users is a {type(users).__name__}; give a mapping of name to password, an object with ha1(username, realm, "
        "algorithm), or such a function"
    )
