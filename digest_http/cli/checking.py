"""`digest-http user check`: one password, or all that is stored."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from digest_http.encoding import nfc, printable
from digest_http.file_modes import warn_if_open
from digest_http.users.htdigest_lines import HASHES, Entry

from .failures import no_such_realm, said
from .hashing import hashed
from .parameters import json_option, password_options, users_argument
from .passwords import read_password
from .printing import examples, print_json
from .sources import by_user, open_source

__all__ = ["check", "faults_in"]

logger: Final = logging.getLogger("digest_http.users")


@click.command(
    short_help="Check one password, or all that is stored.",
    epilog=examples(
        "digest-http user check users",
        'digest-http user check users alice --realm "Staff area"',
        'pass show alice | digest-http user check users alice --realm "Staff area" --password-stdin --json',
    ),
)
@users_argument
@click.argument("name", required=False)
@click.option("--realm", help="The realm; without NAME: only this realm.")
@password_options
@json_option
def check(
    *,
    users: str,
    name: str | None,
    realm: str | None,
    password_file: Path | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Say whether the password of NAME is right, for each hash that is stored; exit status 1 if it is not.

    Without NAME: look for faults that keep users out, with exit status 1 if there is one. A note is only good to know.
    """
    if name is None and (password_stdin or password_file is not None):
        raise click.UsageError("whose password is it? Give NAME and --realm")
    if name is not None and realm is None:
        raise click.UsageError("in which realm? Give --realm, or leave NAME out to check all that is stored")
    realm = None if realm is None else nfc(realm)
    with said():
        entries = [entry for entry in open_source(users).entries() if realm is None or entry.realm == realm]
        if realm is not None and not entries:
            raise no_such_realm(realm)
        if name is None:
            _warn_of_mode(users)
    if name is None or realm is None:
        _check_all(entries, as_json=as_json)
        return
    name = nfc(name)
    right = _is_right(entries, name, realm, password_file, password_stdin=password_stdin)
    if as_json:
        print_json({"user": name, "realm": realm, "right": right})
    elif right:
        click.echo("right")
    else:
        # The same text for an unknown user and a wrong password, as in a server's answer.
        click.echo("wrong", err=True)
    sys.exit(0 if right else 1)


def _is_right(
    entries: Sequence[Entry], name: str, realm: str, password_file: Path | None, *, password_stdin: bool
) -> bool:
    with said():
        mine = [entry for entry in entries if entry.user == name]
        stored = {entry.hash: entry.ha1 for entry in mine}
        if len(stored) < len(mine):
            raise click.ClickException(
                f"{name!r} is stored in two Unicode forms, so this user cannot log in: use 'user passwd'"
            )
        password = read_password(password_file, standard_input=password_stdin, twice=False)
        expected = {entry.hash: entry.ha1 for entry in hashed(name, realm, password, stored)}
    return bool(stored) and all(secrets.compare_digest(ha1, expected[base]) for base, ha1 in stored.items())


def _warn_of_mode(users: str) -> None:
    # Of a database's file SQLUsers warns, when it is opened.
    if "://" not in users and Path(users).exists():
        warn_if_open(Path(users), logger)


def _check_all(entries: Sequence[Entry], *, as_json: bool) -> None:
    faults = [*faults_in(entries)]
    notes = [*_notes_of(entries)]
    number = len(by_user(entries))
    if as_json:
        print_json({"users": number, "sound": not faults, "faults": faults, "notes": notes})
    else:
        for line in faults:
            click.echo(f"fault\t{printable(line)}")
        for line in notes:
            click.echo(f"note\t{printable(line)}")
        click.echo(f"{number} user{'' if number == 1 else 's'}, {'not sound' if faults else 'sound'}")
    sys.exit(1 if faults else 0)


def faults_in(entries: Sequence[Entry]) -> Iterator[str]:
    """The faults that keep users out, one line each. A server does not read an htdigest file with such a line."""
    for (realm, name), found in by_user(entries).items():
        who = f"{name!r} in the realm {realm!r}"
        hashes = [entry.hash for entry in found]
        if len(set(hashes)) < len(hashes):
            yield f"{who} is stored in two Unicode forms, so this user cannot log in: use 'user passwd'"
        for entry in found:
            digits = HASHES.get(entry.hash)
            if digits is None:
                yield f"{who} has the hash {entry.hash!r}; write one of {', '.join(HASHES)}"
            elif len(entry.ha1) != digits or not set(entry.ha1) <= set("0123456789abcdef"):
                yield f"{who} has no H(A1) for {entry.hash} in lower-case hex: use 'user passwd'"


def _notes_of(entries: Sequence[Entry]) -> Iterator[str]:
    """The notes: a hash that some users do not have is offered to nobody, and some names cannot be sent."""
    realms: dict[str, dict[str, set[str]]] = {}
    for (realm, name), found in by_user(entries).items():
        realms.setdefault(realm, {})[name] = {entry.hash for entry in found}
    for realm, having in realms.items():
        for base in sorted(set[str]().union(*having.values())):
            lacking = [name for name, hashes in having.items() if base not in hashes]
            if lacking:
                some = f"{len(lacking)} of {len(having)} users of the realm {realm!r}"
                yield f"{some} have no {base}, for instance {lacking[0]!r}"
        if all(hashes == {"MD5"} for hashes in having.values()):
            yield f"the realm {realm!r} has MD5 alone: 'user passwd --hash SHA-256' adds a strong hash"
        for name in having:
            if not name.isascii():
                yield f"{name!r} in the realm {realm!r} is not ASCII, and Firefox cannot send such a name"
