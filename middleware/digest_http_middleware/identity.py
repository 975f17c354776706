"""What an app finds in its scope after success: `user` and `auth` by Starlette's conventions, and `digest`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, cast

__all__ = [
    "ANYONE",
    "AUTHENTICATED",
    "AuthCredentials",
    "Digest",
    "DigestUser",
    "UnauthenticatedUser",
    "checked_roles",
    "credentials_of",
]


class DigestUser:
    """The user of a verified request; what `request.user` is in Starlette. `roles`: see the setting of that name."""

    __slots__ = ("roles", "username")

    is_authenticated = True

    def __init__(self, username: str, roles: Iterable[str] = ()) -> None:
        self.username = username
        self.roles = checked_roles(roles) if roles else ()

    @property
    def display_name(self) -> str:
        """The name, for people to read."""
        return self.username

    @property
    def identity(self) -> str:
        """The name, for programs to key by."""
        return self.username

    def __repr__(self) -> str:
        return f"DigestUser({self.username!r})"


class UnauthenticatedUser:
    """The user of a request that needed no credentials."""

    __slots__ = ()

    is_authenticated = False
    display_name = ""
    identity = ""

    def __repr__(self) -> str:
        return "UnauthenticatedUser()"


class AuthCredentials:
    """What `request.auth` is in Starlette: the scopes that `@requires` looks for."""

    __slots__ = ("scopes",)

    def __init__(self, scopes: Iterable[str] = ()) -> None:
        self.scopes = tuple(scopes)

    def __repr__(self) -> str:
        return f"AuthCredentials({self.scopes!r})"


#: One object for all requests, which is why `scopes` is a tuple.
AUTHENTICATED: Final = AuthCredentials(["authenticated"])


def credentials_of(user: DigestUser) -> AuthCredentials:
    """What goes with a user: "authenticated" and each role."""
    return AuthCredentials(["authenticated", *user.roles]) if user.roles else AUTHENTICATED


#: What the scope of a request that needed no credentials gets.
ANYONE: Final[dict[str, object]] = {"user": UnauthenticatedUser(), "auth": AuthCredentials()}


def checked_roles(found: object) -> tuple[str, ...]:
    """Names of roles, each once. Raises TypeError for what is none: one text alone would be its letters."""
    if not isinstance(found, Iterable) or isinstance(found, (str, bytes)):
        raise TypeError(f"roles are a list of text, not {type(found).__name__}")
    names = tuple(dict.fromkeys(cast("Iterable[object]", found)))
    if not all(isinstance(name, str) for name in names):
        raise TypeError("roles are a list of text")
    return cast("tuple[str, ...]", names)


class Digest(NamedTuple):
    """How a request was verified. `nc` is 0 for the RFC 2069 form, whose `qop` is empty."""

    username: str
    realm: str
    algorithm: str
    qop: str
    nc: int
