"""Passwords from a prompt, standard input or a file, and never from the command line, which every user can read."""

from __future__ import annotations

import sys
from pathlib import Path

import click

__all__ = ["read_password"]


def read_password(file: Path | None, *, standard_input: bool, twice: bool) -> str:
    """One password; a line end at the end of a file or of the input is no part of it. Raises UsageError if empty."""
    if file is not None and standard_input:
        raise click.UsageError("give --password-file or --password-stdin, not both")
    if file is not None:
        password = _first_line(file.read_text(encoding="utf-8"))
    elif standard_input:
        password = _first_line(sys.stdin.read())
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=twice, err=True)
    if not password:
        raise click.UsageError("the password is empty, which would let anyone in")
    return str(password)


def _first_line(text: str) -> str:
    line, _, rest = text.removesuffix("\n").removesuffix("\r").partition("\n")
    if rest:
        raise click.UsageError("a password is one line; this is more")
    return line
