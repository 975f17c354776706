"""Arguments and options that several commands take, each described once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import click
from click.shell_completion import CompletionItem

from digest_http.users.htdigest_lines import HASHES

__all__ = [
    "complete_files",
    "create_option",
    "hash_option",
    "json_option",
    "name_argument",
    "password_options",
    "realm_option",
    "users_argument",
]

Command = TypeVar("Command", bound=Callable[..., None])


def complete_files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ask the shell for files: USERS may be one."""
    del context, parameter
    return [CompletionItem(incomplete, type="file")]


_file: Final = click.Path(path_type=Path, dir_okay=False, exists=True)

users_argument: Final = click.argument("users", shell_complete=complete_files)
name_argument: Final = click.argument("name")
realm_option: Final = click.option("--realm", required=True, help="The realm; it is part of what is stored.")
create_option: Final = click.option(
    "--create", is_flag=True, help="Make USERS if it is missing. Without this option a wrong name is an error."
)
hash_option: Final = click.option(
    "--hash", "hashes", multiple=True, type=click.Choice([*HASHES]), help="May be repeated. Default: SHA-256 and MD5."
)
json_option: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def password_options(function: Command) -> Command:
    """Where a password comes from, if not from a prompt."""
    for option in (
        click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
        click.option("--password-file", type=_file, help="A file with the password on its only line."),
    ):
        function = option(function)
    return function
