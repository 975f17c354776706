"""Where the body of an answer goes: to standard output, or into a file that is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

import httpx

from .progress import Progress

__all__ = ["receive"]

#: The mode of a new file before the umask: what any program that writes a file asks for.
_MODE: Final = 0o666


def receive(response: httpx.Response, output: Path | None) -> None:
    """Write the decoded body to `output`, None for standard output. Raises OSError, and the library's own errors."""
    with _standard_output() if output is None else _whole_file(output) as write:
        length = response.headers.get("Content-Length", "")
        plain = "Content-Encoding" not in response.headers and length.isascii() and length.isdigit()
        progress = Progress("received", int(length[:18]) if plain else None)
        done = 0
        try:
            for octets in response.iter_bytes():
                write(octets)
                done += len(octets)
                # On a terminal the body itself would stand in the same place.
                if output is not None:
                    progress.moved_to(done)
        finally:
            progress.finish()


@contextlib.contextmanager
def _standard_output() -> Generator[Callable[[bytes], object]]:
    yield sys.stdout.buffer.write
    sys.stdout.buffer.flush()


@contextlib.contextmanager
def _whole_file(path: Path) -> Generator[Callable[[bytes], object]]:
    # A new file beside it, which then takes its place: whoever reads `path` never meets half of a body.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file.write
        _give_usual_mode(Path(name))
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _give_usual_mode(path: Path) -> None:
    """Give a temporary file, which only its owner may read, the mode that any new file has."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(_MODE & ~umask)
