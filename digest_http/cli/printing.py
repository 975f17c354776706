"""How the commands show examples in their help, and values to programs."""

from __future__ import annotations

import json
from typing import Any

import click

__all__ = ["examples", "print_json"]


def examples(*lines: str) -> str:
    """The end of a command's help. click leaves a paragraph that begins with a backspace as it is."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Print a value. The output is ASCII, so no control character from a file can reach a terminal."""
    click.echo(json.dumps(value, indent=2))
