"""Arguments and options that several commands take, each described once, and the examples of their help."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from click.shell_completion import CompletionItem

from digest_http.users.htdigest_lines import HASHES

__all__ = [
    "create_option",
    "examples",
    "hash_option",
    "json_option",
    "name_argument",
    "password_options",
    "print_json",
    "realm_option",
    "users_argument",
]

Command = TypeVar("Command", bound=Callable[..., None])


class _UsersPlace(click.ParamType):
    """A file or a URL; a shell completes it as a file."""

    name = "users"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Ask the shell to complete files."""
        del ctx, param
        return [CompletionItem(incomplete, type="file")]


_file: Final = click.Path(path_type=Path, dir_okay=False, exists=True)

users_argument: Final = click.argument("users", type=_UsersPlace())
name_argument: Final = click.argument("name")
realm_option: Final = click.option("--realm", required=True, help="The realm; it is part of what is stored.")
create_option: Final = click.option(
    "--create", is_flag=True, help="Make USERS if it is missing; without this a wrong name is an error."
)
hash_option: Final = click.option(
    "--hash", "hashes", multiple=True, type=click.Choice([*HASHES]), help="May be repeated. Default: SHA-256 and MD5."
)
json_option: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def password_options(function: Command) -> Command:
    """Where a password comes from, if not from a prompt."""
    for option in (
        click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
        click.option("--password-file", type=_file, help="A file whose one line is the password."),
    ):
        function = option(function)
    return function


def examples(*lines: str) -> str:
    """The end of a command's help. click leaves a paragraph that begins with a backspace as it is."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Print a value. It is ASCII: what somebody wrote into a file cannot reach a terminal as anything but letters."""
    click.echo(json.dumps(value, indent=2))
