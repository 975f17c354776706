"""Changing an htdigest file: one writer at a time, the whole new file or the old one, never half.

The new text goes to a file beside it, to the disk, and then takes the old one's name, so that a reader and a crash see
one of the two. Lines that are not changed, comments and blank ones too, stay as they are.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from digest_http.encoding import nfc

from .file_locks import locked
from .htdigest_lines import Entry, line_of, parse

__all__ = ["delete", "entries_in", "replace"]


def entries_in(path: Path) -> list[Entry]:
    """What is in the file. Raises OSError or ValueError."""
    return list(parse(path.read_bytes()).values())


def replace(path: Path, entries: Iterable[Entry], *, make: bool = False, whole: bool = False) -> None:
    """Put entries in place of those with the same user, realm and hash, or at the end; `make` a missing file.

    `whole`: other hashes of these users go.

    Raises OSError, or ValueError for a broken file or an entry that no line can hold.
    """
    # A line that spelt the user in another Unicode form is replaced too.
    lines = {_normal(entry.key): line_of(entry) for entry in entries}
    users = {key[:2] for key in lines}

    def edit(old: list[str]) -> list[str]:
        new: list[str] = []
        for line in old:
            key = _key(line)
            if key is None:
                new.append(line)
            elif key in lines:
                new.append(lines.pop(key))
            elif not (whole and key[:2] in users):
                new.append(line)
        return new + list(lines.values())

    _rewrite(path, edit, make=make)


def delete(path: Path, user: str, realm: str) -> int:
    """Take all entries of a user in a realm out, however spelt; how many there were. Raises OSError or ValueError."""
    gone = 0
    user, realm = nfc(user), nfc(realm)

    def edit(old: list[str]) -> list[str]:
        nonlocal gone
        kept = [line for line in old if (_key(line) or ("", ""))[:2] != (user, realm)]
        gone = len(old) - len(kept)
        return kept

    _rewrite(path, edit, make=False)
    return gone


def _normal(key: tuple[str, str, str]) -> tuple[str, str, str]:
    return nfc(key[0]), nfc(key[1]), key[2]


def _key(line: str) -> tuple[str, str, str] | None:
    return next(iter(parse(line.encode())), None)


def _rewrite(path: Path, edit: Callable[[list[str]], list[str]], *, make: bool) -> None:
    path = path.resolve()  # a link stays a link
    with locked(path, make=make) as before:
        old = path.read_bytes()
        parse(old)  # a broken file is not made worse
        new = edit(old.decode("utf-8-sig").splitlines())
        _put(path, "".join(f"{line}\n" for line in new).encode(), before)


def _put(path: Path, octets: bytes, before: os.stat_result) -> None:
    # mkstemp makes it 0600; a mode that is tighter than 0640 is kept, no other is widened to.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode) & 0o640)
            if hasattr(os, "fchown"):
                with contextlib.suppress(PermissionError):  # only root may keep another's ownership
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
