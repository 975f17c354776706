"""The commands. What goes wrong is said in one line on standard error, with exit status 1; a usage error is 2."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final, TypeVar

import click

from digest_http import __version__, calculation
from digest_http.algorithms import by_name
from digest_http.encoding import nfc, text_to_octets
from digest_http.errors import DigestError
from digest_http.names import realm_name, user_name
from digest_http.users.htdigest_lines import HASHES

from .over_http import Commands
from .passwords import read_password
from .sources import Source, open_source

__all__ = ["command"]

#: What the middleware offers by default, so that its first choice works with a new user's entry.
DEFAULT_HASHES: Final = ("SHA-256", "MD5")

#: Octets of a nonce key: the output of the MAC's hash.
KEY_OCTETS: Final = 32

_users = click.argument("users")
_name = click.argument("name")
_realm = click.option("--realm", required=True, help="The realm; it is part of what is stored.")
_file = click.option("--password-file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
_hashes = click.option(
    "--hash", "hashes", multiple=True, type=click.Choice([*HASHES]), help="May be repeated. Default: SHA-256 and MD5."
)


Command = TypeVar("Command", bound=Callable[..., None])


def _sets_a_password(function: Command) -> Command:
    """The arguments and options of a command that stores a new password, in the order of its help."""
    for parameter in (_stdin, _file, _hashes, _realm, _name, _users):
        function = parameter(function)
    return function


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="digest-http", message="%(prog)s %(version)s")
def command() -> None:
    """HTTP Digest authentication: users, keys, requests, and a look at servers."""


@command.group()
def user() -> None:
    """Users in USERS: an htdigest file, or a database as sqlite:///users.db."""


@user.command()
@_sets_a_password
def add(
    *, users: str, name: str, realm: str, hashes: tuple[str, ...], password_file: Path | None, password_stdin: bool
) -> None:
    """Add the user NAME; it is an error if there is one."""
    with _said():
        name, realm = user_name(name, "NAME"), realm_name(realm, "--realm")
        source = open_source(users)
        if _hashes_of(source, name, realm):
            raise click.ClickException(f"{name!r} is there already in the realm {realm!r}: use 'user passwd'")
        password = read_password(password_file, standard_input=password_stdin, twice=True)
        source.replace(name, realm, _hashed(name, realm, password, hashes or DEFAULT_HASHES))
        if not name.isascii():
            click.echo("Note: the name is not ASCII, and Firefox cannot send such a name.", err=True)


@user.command()
@_sets_a_password
def passwd(
    *, users: str, name: str, realm: str, hashes: tuple[str, ...], password_file: Path | None, password_stdin: bool
) -> None:
    """Change the password of NAME, for all hashes that are stored and those named."""
    with _said():
        name, realm = user_name(name, "NAME"), realm_name(realm, "--realm")
        source = open_source(users)
        stored = _hashes_of(source, name, realm)
        if not stored:
            raise click.ClickException(f"there is no {name!r} in the realm {realm!r}: use 'user add'")
        password = read_password(password_file, standard_input=password_stdin, twice=True)
        source.replace(name, realm, _hashed(name, realm, password, (*stored, *hashes)))


@user.command(name="del")
@_users
@_name
@_realm
def delete(users: str, name: str, realm: str) -> None:
    """Take NAME out of the realm."""
    with _said():
        if not open_source(users).delete(name, realm):
            raise click.ClickException(f"there is no {name!r} in the realm {realm!r}")


@user.command(name="list")
@_users
@click.option("--realm", help="Only this realm.")
def list_(users: str, realm: str | None) -> None:
    """List users, realms and hashes: tab-separated, never H(A1)."""
    with _said():
        found: dict[tuple[str, str], list[str]] = {}
        for entry in open_source(users).entries():
            if realm is None or nfc(realm) == entry.realm:
                found.setdefault((entry.realm, entry.user), []).append(entry.hash)
    for (place, name), hashes in sorted(found.items()):
        click.echo(f"{name}\t{place}\t{' '.join(sorted(hashes))}")


@user.command()
@_users
@_name
@_realm
@_file
@_stdin
def check(*, users: str, name: str, realm: str, password_file: Path | None, password_stdin: bool) -> None:
    """Say whether a password is right, for each hash that is stored; exit status 1 if it is not."""
    name, realm = nfc(name), nfc(realm)
    with _said():
        entries = [e for e in open_source(users).entries() if (e.user, e.realm) == (name, realm)]
        stored = {e.hash: e.ha1 for e in entries}
        if len(stored) < len(entries):
            raise click.ClickException(
                f"{name!r} is there in two Unicode forms, so neither lets anybody in: use 'user passwd'"
            )
        password = read_password(password_file, standard_input=password_stdin, twice=False)
    expected = _hashed(name, realm, password, tuple(stored))
    wrong = [base for base, ha1 in stored.items() if not secrets.compare_digest(ha1, expected[base])]
    if wrong or not stored:
        # One text for an unknown user and a wrong password, as the server gives one answer.
        click.echo("wrong", err=True)
        sys.exit(1)
    click.echo("right")


@command.group()
def key() -> None:
    """Keys that nonces are signed with."""


@key.command()
def new() -> None:
    """Print a new key, for keys=, DIGEST_HTTP_KEYS or a line of a key file."""
    click.echo(secrets.token_hex(KEY_OCTETS))


def _hashes_of(source: Source, name: str, realm: str) -> tuple[str, ...]:
    return tuple(entry.hash for entry in source.entries() if (entry.user, entry.realm) == (name, realm))


def _hashed(name: str, realm: str, password: str, hashes: tuple[str, ...]) -> dict[str, str]:
    octets = [text_to_octets(text) for text in (name, realm, password)]
    return {base: calculation.user_hash(by_name(base), *octets).hex() for base in hashes}


@contextlib.contextmanager
def _said() -> Generator[None]:
    """What went wrong in one line. A database's own message may hold its URL, so only its kind is shown."""
    try:
        yield
    except (click.ClickException, click.Abort):
        raise
    except (OSError, ValueError, DigestError) as error:
        raise click.ClickException(str(error)) from None
    except Exception as error:  # noqa: BLE001 - each driver has its own errors
        raise click.ClickException(f"the database could not be used: {type(error).__name__}") from None
