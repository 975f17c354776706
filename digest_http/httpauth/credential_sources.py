"""Where a client gets name and password from, once a server has asked for them: netrc, the environment, a keyring.

A source is any function that gets `Asked` and returns a name and a password, or None if it has none. It may be a
coroutine function, for asynchronous clients. It is called only when they are needed, and once more if the server has
refused them.
"""

from __future__ import annotations

import netrc
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from digest_http.errors import ConfigurationError
from digest_http.settings import file_path, text

__all__ = ["Asked", "CredentialSource", "Login", "from_environment", "from_keyring", "from_netrc"]

#: Name and password, as text or as octets.
Login: TypeAlias = tuple[str | bytes, str | bytes]


class Asked(NamedTuple):
    """Who asks for credentials."""

    host: str
    """Host of the server or proxy; empty for `DigestClient`, which knows none."""
    port: int
    scheme: str
    """http or https; empty for `DigestClient`."""
    realm: str
    """What the server calls the place; octets beyond UTF-8 as ISO 8859-1. Anybody may have written it."""
    refused: bool
    """Whether the server has just refused what the source gave before."""


CredentialSource: TypeAlias = Callable[[Asked], Login | Awaitable[Login | None] | None]


def from_netrc(path: str | os.PathLike[str] | None = None) -> Callable[[Asked], Login | None]:
    """The entry of a netrc file for the host that asks, or its default entry. The file is read each time.

    Without a path it is the file that NETRC names, else ~/.netrc. A missing file has no entries. Raises
    ConfigurationError when it is called, if the file cannot be read. The error never quotes the file.
    """
    if path is not None:
        path = file_path("path", path, example="/etc/robot.netrc")

    def ask(asked: Asked) -> Login | None:
        file = Path(path or os.environ.get("NETRC") or "~/.netrc").expanduser()
        if not file.exists():
            return None
        try:
            found = netrc.netrc(str(file)).authenticators(asked.host)
        except (OSError, UnicodeDecodeError, netrc.NetrcParseError) as error:
            # The parser quotes the word that it cannot read, which may be a password.
            where = f", line {error.lineno}" if isinstance(error, netrc.NetrcParseError) else ""
            raise ConfigurationError(f"the netrc file {file} cannot be read{where}; correct it") from None
        if found is None or not found[0]:
            return None
        return found[0], found[2] or ""

    return ask


def from_environment(username: str, password: str) -> Callable[[Asked], Login | None]:
    """Name and password from two environment variables, of which these are the names.

    None if one of them is missing; they are read each time.
    """
    names = (
        text("username", username, example="API_USER"),
        text("password", password, example="API_PASSWORD"),
    )

    def ask(_: Asked) -> Login | None:
        name, secret = (os.environ.get(variable) for variable in names)
        return None if name is None or secret is None else (name, secret)

    return ask


def from_keyring(service: str, username: str) -> Callable[[Asked], Login | None]:
    """The password that the system's keyring keeps for a service and a name; needs the package `keyring`."""
    try:
        import keyring  # noqa: PLC0415  # the core has no dependency
    except ModuleNotFoundError as error:
        if error.name != "keyring":
            raise
        raise ModuleNotFoundError(
            "from_keyring needs keyring: pip install 'digest-http[keyring]'", name="keyring"
        ) from None
    service = text("service", service, example="cameras")
    username = text("username", username, example="alice")

    def ask(_: Asked) -> Login | None:
        secret: str | None = keyring.get_password(service, username)
        return None if secret is None else (username, secret)

    return ask
