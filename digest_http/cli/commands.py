"""The whole command. An error is one line on standard error, with exit status 1; a usage error has exit status 2."""

from __future__ import annotations

import secrets
from typing import Final

import click

from digest_http import COMPILED, __version__

from .checking import check
from .completion import completion
from .importing import import_
from .over_http import Commands
from .printing import examples
from .users import user

__all__ = ["command"]

#: Octets of a nonce key: the output of the MAC's hash.
KEY_OCTETS: Final = 32


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        'digest-http user add --create users alice --realm "Staff area"',
        "digest-http get https://camera.example/ --user admin",
        "digest-http probe https://camera.example/ --user admin",
        "digest-http COMMAND --help                 # its options, with examples",
    ),
)
@click.version_option(
    __version__,
    prog_name="digest-http",
    message=f"%(prog)s %(version)s ({'compiled' if COMPILED else 'pure Python'})",
)
def command() -> None:
    """HTTP Digest authentication: users, keys, requests, and a look at servers."""


user.add_command(check)
user.add_command(import_)
command.add_command(user)
command.add_command(completion)


@command.group(short_help="Make keys for nonces.", epilog=examples("digest-http key new >> keys"))
def key() -> None:
    """Keys that nonces are signed with. Workers that share a store of nonce counts share the keys, too."""


@key.command(
    short_help="Print a new key.",
    epilog=examples("digest-http key new >> keys", "export DIGEST_HTTP_KEYS=$(digest-http key new)"),
)
def new() -> None:
    """Print a new key, for keys=, DIGEST_HTTP_KEYS or a line of a key file."""
    click.echo(secrets.token_hex(KEY_OCTETS))
