"""`digest-http user import`: copy users of a file or a database into another; also lists of names and passwords."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Final

import click

from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.names import realm_name, user_name
from digest_http.users.htdigest_lines import Entry, parse

from .checking import faults_in
from .failures import said
from .hashing import DEFAULT_HASHES, hashed
from .parameters import complete_files, create_option, hash_option, json_option, users_argument
from .printing import examples, print_json
from .sources import by_user, open_source

__all__ = ["import_"]

#: How many of the users that exist already are named in the error.
_NAMED: Final = 3


@click.command(
    name="import",
    short_help="Import users from a file or a database.",
    epilog=examples(
        "digest-http user import --create sqlite:///users.db /etc/apache2/htdigest",
        "digest-http user import users sqlite:///users.db --realm Staff --existing keep",
        "digest-http user import users list --passwords --realm Staff       # lines as name:password",
    ),
)
@users_argument
@click.argument("source", metavar="FROM", shell_complete=complete_files)
@click.option("--realm", help="Take the users of this realm only; with --passwords: the realm they get.")
@click.option("--passwords", is_flag=True, help="FROM is a file of lines name:password, in UTF-8.")
@hash_option
@click.option(
    "--existing",
    type=click.Choice(["refuse", "keep", "replace"]),
    default="refuse",
    show_default=True,
    help="What to do with users that USERS already has.",
)
@create_option
@json_option
def import_(
    *,
    users: str,
    source: str,
    realm: str | None,
    passwords: bool,
    hashes: tuple[str, ...],
    existing: str,
    create: bool,
    as_json: bool,
) -> None:
    """Take users over into USERS.

    FROM is an htdigest file (Apache's too), a database, or - for htdigest lines on standard input. H(A1) is copied as
    it is, so users keep their passwords, and realms keep their names, which are part of H(A1).

    All users are stored in one step, or none. A user that is replaced loses all earlier hashes.
    """
    if passwords and realm is None:
        raise click.UsageError("in which realm? Give --realm: it becomes a part of each hash")
    if hashes and not passwords:
        raise click.UsageError("--hash needs passwords to hash: give --passwords, or leave it out")
    with said():
        found = _of_passwords(source, realm or "", hashes) if passwords else _of_hashes(source, realm)
        faults = [*faults_in(found)]
        if faults:
            raise click.ClickException(f"nothing was imported: {faults[0]}")
        if not found:
            raise click.ClickException("there is no user to import" + ("" if realm is None else f" in {realm!r}"))
        target = open_source(users, create=create)
        there = {(entry.realm, entry.user) for entry in target.entries()}
        coming = by_user(found)
        both = [who for who in coming if who in there]
        if both and existing == "refuse":
            named = ", ".join(f"{name!r} in the realm {place!r}" for place, name in both[:_NAMED])
            more = ", ..." if len(both) > _NAMED else ""
            number = "1 user is" if len(both) == 1 else f"{len(both)} users are"
            raise click.ClickException(
                f"nothing was imported, because {number} there already ({named}{more}): "
                "give --existing keep or --existing replace"
            )
        stored = [entry for who, mine in coming.items() if who not in there or existing == "replace" for entry in mine]
        with _progress(len(stored)) as moved_to:
            if stored:
                target.replace(stored, whole=True, stored=moved_to)
    numbers = {"imported": len(coming) - len(both), "replaced": 0, "kept": 0}
    numbers["replaced" if existing == "replace" else "kept"] = len(both)
    if as_json:
        print_json(numbers)
    else:
        click.echo(", ".join(f"{word} {number}" for word, number in numbers.items()))


def _of_hashes(source: str, realm: str | None) -> list[Entry]:
    entries = parse(sys.stdin.buffer.read()).values() if source == "-" else open_source(source).entries()
    return [entry for entry in entries if realm is None or entry.realm == nfc(realm)]


def _of_passwords(source: str, realm: str, hashes: Sequence[str]) -> list[Entry]:
    """Raises ConfigurationError, which names a line only by its number, because the line has a password."""
    octets = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    given: dict[str, str] = {}
    for number, line in enumerate(octets.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            name, colon, password = line.removesuffix(b"\r").decode().partition(":")
            name = user_name(name, "the name")
        except (UnicodeDecodeError, ConfigurationError) as error:
            reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else "its name is not a valid user name"
            raise ConfigurationError(f"line {number} of the passwords: {reason}") from None
        if not colon or not password:
            raise ConfigurationError(f"line {number} of the passwords is not name:password")
        if name in given:
            raise ConfigurationError(f"line {number} of the passwords repeats a name of an earlier line: remove one")
        given[name] = password
    place = realm_name(realm, "--realm")
    with _progress(len(given)) as moved_to:
        entries: list[Entry] = []
        for done, (name, password) in enumerate(given.items(), 1):
            entries += hashed(name, place, password, hashes or DEFAULT_HASHES)
            moved_to(done)
    return entries


@contextlib.contextmanager
def _progress(total: int) -> Generator[Callable[[int], object]]:
    """A progress bar while users are stored, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield int
        return
    with click.progressbar(length=total, label="importing", file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)
