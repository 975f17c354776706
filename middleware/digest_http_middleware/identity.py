"""What an app finds in its scope after success: `user` and `auth` by Starlette's conventions, and `digest`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = ["ANYONE", "AUTHENTICATED", "AuthCredentials", "Digest", "DigestUser", "UnauthenticatedUser"]


class DigestUser:
    """The user of a verified request; what `request.user` is in Starlette."""

    __slots__ = ("username",)

    is_authenticated = True

    def __init__(self, username: str) -> None:
        self.username = username

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

#: What the scope of a request that needed no credentials gets.
ANYONE: Final[dict[str, object]] = {"user": UnauthenticatedUser(), "auth": AuthCredentials()}


class Digest(NamedTuple):
    """How a request was verified. `nc` is 0 for the RFC 2069 form, whose `qop` is empty."""

    username: str
    realm: str
    algorithm: str
    qop: str
    nc: int
