"""`digest-http user`: add, passwd, del, list and realms."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from digest_http.encoding import nfc, printable
from digest_http.names import realm_name, user_name

from .failures import no_such_realm, said
from .hashing import DEFAULT_HASHES, hashed
from .parameters import (
    create_option,
    hash_option,
    json_option,
    name_argument,
    password_options,
    realm_option,
    users_argument,
)
from .passwords import read_password
from .printing import examples, print_json
from .sources import Source, by_user, open_source

__all__ = ["user"]


@click.group(
    short_help="Keep users in a file or a database.",
    epilog=examples(
        'digest-http user add --create users alice --realm "Staff area"',
        "digest-http user list users",
        "digest-http user import --create sqlite:///users.db users",
    ),
)
def user() -> None:
    """Keep users.

    USERS is an htdigest file (users, /srv/users) or a database (sqlite:///users.db, postgresql://app@db/app).
    Passwords come from a prompt, a file or standard input, never from an argument, which all users of a machine
    can read. What is stored is H(A1), a hash of name, realm and password.
    """


@user.command(
    short_help="Add a user.",
    epilog=examples(
        'digest-http user add --create users alice --realm "Staff area"',
        'pass show alice | digest-http user add users alice --realm "Staff area" --password-stdin',
    ),
)
@users_argument
@name_argument
@realm_option
@hash_option
@create_option
@password_options
def add(
    *,
    users: str,
    name: str,
    realm: str,
    hashes: tuple[str, ...],
    create: bool,
    password_file: Path | None,
    password_stdin: bool,
) -> None:
    """Add the user NAME. It is an error if the user exists already, or if USERS is missing."""
    with said():
        name, realm = user_name(name, "NAME"), realm_name(realm, "--realm")
        source = open_source(users, create=create)
        if _hashes_of(source, name, realm):
            raise click.ClickException(f"{name!r} is there already in the realm {realm!r}: use 'user passwd'")
        password = read_password(password_file, standard_input=password_stdin, twice=True)
        source.replace(hashed(name, realm, password, hashes or DEFAULT_HASHES))
        if not name.isascii():
            click.echo("Note: the name is not ASCII, and Firefox cannot send such a name.", err=True)


@user.command(
    short_help="Change a user's password.",
    epilog=examples(
        'digest-http user passwd users alice --realm "Staff area"',
        'digest-http user passwd users alice --realm "Staff area" --hash SHA-512-256 --password-file secret',
    ),
)
@users_argument
@name_argument
@realm_option
@hash_option
@password_options
def passwd(
    *, users: str, name: str, realm: str, hashes: tuple[str, ...], password_file: Path | None, password_stdin: bool
) -> None:
    """Change the password of NAME. This renews all stored hashes, and adds those of --hash."""
    with said():
        name, realm = user_name(name, "NAME"), realm_name(realm, "--realm")
        source = open_source(users)
        stored = _hashes_of(source, name, realm)
        if not stored:
            raise click.ClickException(f"there is no {name!r} in the realm {realm!r}: use 'user add'")
        password = read_password(password_file, standard_input=password_stdin, twice=True)
        source.replace(hashed(name, realm, password, (*stored, *hashes)))


@user.command(
    name="del",
    short_help="Delete a user.",
    epilog=examples('digest-http user del users alice --realm "Staff area"'),
)
@users_argument
@name_argument
@realm_option
def delete(users: str, name: str, realm: str) -> None:
    """Delete the user NAME from the realm."""
    with said():
        if not open_source(users).delete(name, realm):
            raise click.ClickException(f"there is no {name!r} in the realm {realm!r}")


@user.command(
    name="list",
    short_help="List users.",
    epilog=examples("digest-http user list users", "digest-http user list sqlite:///users.db --json"),
)
@users_argument
@click.option("--realm", help="Only this realm.")
@json_option
def list_(users: str, realm: str | None, *, as_json: bool) -> None:
    """List users, realms and algorithms, separated by tabs. H(A1) itself is never shown."""
    with said():
        entries = [entry for entry in open_source(users).entries() if realm is None or nfc(realm) == entry.realm]
        if realm is not None and not entries:
            raise no_such_realm(realm)
    rows = [
        (name, place, list(dict.fromkeys(entry.hash for entry in found)))
        for (place, name), found in by_user(entries).items()
    ]
    if as_json:
        print_json([{"user": name, "realm": place, "hashes": hashes} for name, place, hashes in rows])
        return
    for name, place, hashes in rows:
        click.echo(f"{printable(name)}\t{printable(place)}\t{' '.join(hashes)}")


@user.command(
    short_help="List realms, and how many users each has.",
    epilog=examples("digest-http user realms users", "digest-http user realms users --json"),
)
@users_argument
@json_option
def realms(users: str, *, as_json: bool) -> None:
    """List realms, the number of their users, and how many have which hash, separated by tabs."""
    with said():
        entries = open_source(users).entries()
    rows: list[tuple[str, int, dict[str, int]]] = []
    for realm in sorted({entry.realm for entry in entries}):
        here = {entry.key for entry in entries if entry.realm == realm}
        rows.append((realm, len({key[0] for key in here}), dict(sorted(Counter(key[2] for key in here).items()))))
    if as_json:
        print_json([{"realm": realm, "users": number, "hashes": hashes} for realm, number, hashes in rows])
        return
    for realm, number, hashes in rows:
        shown = " ".join(f"{base}={count}" for base, count in hashes.items())
        click.echo(f"{printable(realm)}\t{number}\t{shown}")


def _hashes_of(source: Source, name: str, realm: str) -> tuple[str, ...]:
    return tuple(entry.hash for entry in source.entries() if (entry.user, entry.realm) == (name, realm))
