"""Whether a file is still the one that was read: it may be written in place, replaced, or put behind another link."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["FileVersion"]

Version = tuple[int, int, int, int, int]


class FileVersion:
    """What the file of a path was like when it was read last.

    The time of the last change of any kind (ctime) counts too. A copy may have the size and the date of what was there
    before, and a file that could not be read may be given to us by a change of its owner or mode alone.
    """

    __slots__ = ("_path", "_seen")

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._seen: Version | None = None

    def has_changed(self) -> bool:
        """Whether it is another one than at the last call. Raises OSError; then it is another one the next time."""
        before, self._seen = self._seen, None
        status = self._path.stat()
        self._seen = status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size
        return self._seen != before

    def forget(self) -> None:
        """Nothing of it was read: it is another one at the next call."""
        self._seen = None
