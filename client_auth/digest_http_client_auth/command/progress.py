"""How far a transfer has come: one line on standard error that is written over, and only on a terminal."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path
from typing import Final

import click

__all__ = ["Progress", "UploadedFile"]

#: Seconds between two renewals of the line; more often nobody can read it.
INTERVAL: Final = 0.2


class Progress:
    """Counts octets. `total` is how many there will be, None if nobody said."""

    def __init__(self, verb: str, total: int | None) -> None:
        self._verb: Final = verb
        self._total: Final = total
        self._shown: Final = sys.stderr.isatty()
        self._next = 0.0
        self.done = 0

    def moved_to(self, octets: int) -> None:
        """Note how many octets have passed so far; it goes back when a body is sent again."""
        self.done = octets
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + INTERVAL
            self._write(f"{self._verb} {self._amount()}")

    def finish(self) -> None:
        """Take the line away."""
        if self._shown and self._next:
            self._write("")

    def _amount(self) -> str:
        if not self._total:
            return f"{self.done / 1e6:.1f} MB"
        return f"{self.done / 1e6:.1f} of {self._total / 1e6:.1f} MB ({100 * self.done // self._total} %)"

    def _write(self, text: str) -> None:
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)


class UploadedFile(io.FileIO):
    """A file that is read from the disk while it is sent; it seeks, so it can be sent again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        if not self.seekable():
            self.close()
            raise click.UsageError(f"{path} is not a file on a disk, so it could not be sent a second time")
        self._progress: Final = Progress("sent", path.stat().st_size)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` octets, and tell how far the file is read."""
        octets = super().read(-1 if size is None else size) or b""
        self._progress.moved_to(self.tell())
        return octets

    def close(self) -> None:
        """Close the file, and take the progress line away."""
        if not self.closed and hasattr(self, "_progress"):
            self._progress.finish()
        super().close()
