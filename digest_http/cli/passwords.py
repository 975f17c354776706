"""Passwords from a prompt, standard input or a file. Never from the command line, which every user can read."""

from __future__ import annotations

import getpass
import sys
import warnings
from pathlib import Path

import click

__all__ = ["read_password"]


def read_password(file: Path | None, *, standard_input: bool, twice: bool) -> str:
    """One password; a line end at the end of the file or the input does not belong to it.

    Raises UsageError if it is empty, has several lines, or is not UTF-8, and if it must be typed and there is no
    terminal.
    """
    if file is not None and standard_input:
        raise click.UsageError("give --password-file or --password-stdin, not both")
    if file is not None:
        password = _first_line(file.read_bytes())
    elif standard_input:
        password = _first_line(sys.stdin.buffer.read())
    else:
        typed = _typed(twice=twice)
        # Surrogates stand for octets that the terminal's encoding could not decode. This restores the typed octets.
        password = _text(typed.encode("utf-8", "surrogateescape"))
    if not password:
        raise click.UsageError("the password is empty, which would let anyone in")
    return password


def _typed(*, twice: bool) -> str:
    with warnings.catch_warnings():
        # If getpass cannot hide what is typed, it only warns, and reads from a pipe.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=twice, err=True)
        except getpass.GetPassWarning:
            raise click.UsageError(
                "there is no terminal to ask for the password: give --password-stdin or --password-file FILE"
            ) from None
    return typed


def _first_line(octets: bytes) -> str:
    line, _, rest = octets.removesuffix(b"\n").removesuffix(b"\r").partition(b"\n")
    if rest or b"\r" in line:
        raise click.UsageError("the password has more than one line: give one line only")
    return _text(line)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        # Python's own message would show an octet of the password, and its position.
        raise click.UsageError("the password is not UTF-8: convert it") from None
