"""Passwords that are kept elsewhere: a netrc file, or the keyring of the desktop."""

from __future__ import annotations

import importlib
import netrc
from pathlib import Path
from typing import Any

import click

__all__ = ["from_keyring", "from_netrc"]


def from_netrc(host: str, name: str | None, file: Path | None) -> tuple[str, str]:
    """Name and password for a host; `file` None is ~/.netrc. Raises ClickException if there is none."""
    path = file or Path.home() / ".netrc"
    try:
        found = netrc.netrc(path).authenticators(host)
    except netrc.NetrcParseError as error:
        # Its own message may quote a word of the file, and that word may be a password.
        raise click.ClickException(
            f"{path}, line {error.lineno}: this is not a netrc file, or others may read it"
        ) from None
    except (OSError, UnicodeError) as error:
        raise click.ClickException(f"{path} cannot be read ({type(error).__name__})") from None
    if found is None or not found[2]:
        raise click.ClickException(f"{path} has no password for {host}")
    login, _, password = found
    if name is not None and name != login:
        raise click.ClickException(f"{path} has a password of {login!r} for {host}, not of {name!r}")
    return login, password


def from_keyring(origin: str, name: str) -> str:
    """The password that the keyring has for the service `origin` (as https://example.org). Raises ClickException."""
    try:
        keyring: Any = importlib.import_module("keyring")  # whoever uses it installs it; it is no dependency of ours
    except ModuleNotFoundError:
        raise click.ClickException("--keyring needs a package: pip install keyring") from None
    try:
        password: str | None = keyring.get_password(origin, name)
    except Exception as error:  # noqa: BLE001 - each desktop has its own errors
        raise click.ClickException(f"the keyring cannot be read ({type(error).__name__})") from None
    if not password:
        raise click.ClickException(f"the keyring has no password: store one with 'keyring set {origin} {name}'")
    return password
