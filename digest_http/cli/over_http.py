"""The commands that speak HTTP. They belong to the client, and are loaded when one of them is called."""

from __future__ import annotations

import importlib.util
from typing import Final

import click

__all__ = ["Commands"]

#: Command -> its line in `digest-http --help`, which must not need an import.
SUMMARIES: Final = {
    "get": "Fetch a URL that wants Digest.",
    "head": "Show the status and the fields of a URL.",
    "post": "Send data or a file to a URL.",
    "probe": "Explain what a server offers, and what is weak in it.",
}


class Commands(click.Group):
    """The commands of this room, and those of the client."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in alphabetical order."""
        return sorted([*super().list_commands(ctx), *SUMMARIES])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, for the help; those of the client are loaded by `resolve_command`."""
        summary = SUMMARIES.get(cmd_name)
        return super().get_command(ctx, cmd_name) if summary is None else click.Command(cmd_name, help=summary)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is to run, and its arguments."""
        if args[0] in SUMMARIES:
            return args[0], _loaded(args[0]), args[1:]
        return super().resolve_command(ctx, args)


def _loaded(name: str) -> click.Command:
    if importlib.util.find_spec("httpx") is None:
        raise click.ClickException(f"'digest-http {name}' needs httpx: pip install 'digest-http[cli,client]'")
    # The core imports no adapter. This is the only exception, and import-linter's list has it.
    from digest_http_client_auth.command import fetch, probe  # noqa: PLC0415

    commands: dict[str, click.Command] = {
        "get": fetch.get,
        "head": fetch.head,
        "post": fetch.post,
        "probe": probe.probe,
    }
    return commands[name]
