"""`digest-http completion`: the script with which a shell completes commands, options and files."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from .printing import examples

__all__ = ["completion"]

_NAME: Final = "digest-http"


@click.command(
    short_help="Print a script for the shell's completion.",
    epilog=examples(
        'eval "$(digest-http completion bash)"      # in ~/.bashrc',
        'eval "$(digest-http completion zsh)"       # in ~/.zshrc',
        "digest-http completion fish > ~/.config/fish/completions/digest-http.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what a shell needs to complete this command; bash 4.4 or newer, zsh, or fish."""
    made = get_completion_class(shell)
    # click has these three since 8.0, and asks bash for its version when the script is made.
    if made is None:  # pragma: no cover
        raise click.ClickException(f"the installed version of click has no completion for {shell}")
    click.echo(made(context.find_root().command, {}, _NAME, "_DIGEST_HTTP_COMPLETE").source())
