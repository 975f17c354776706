"""The paths that a realm is known for beyond what its challenge names; those of longest use are forgotten first."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Final

from .logical_clock import tick

__all__ = ["MAX_PATHS", "PathMemory"]

#: Paths of one realm that are kept. All of them are paths that the user's own requests went to.
MAX_PATHS: Final = 1024


class PathMemory:
    """Path prefixes, each with the time of its last use. Looking one up takes no lock and does not go through them."""

    __slots__ = ("_lock", "_used")

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._used: Final[dict[bytes, int]] = {}

    def add(self, prefix: bytes) -> None:
        """Keep a prefix; if there are too many, the one that was not used for longest goes."""
        with self._lock:
            self._used[prefix] = tick()
            if len(self._used) > MAX_PATHS:
                # A copy, since look-ups note uses meanwhile.
                del self._used[min(self._used.copy().items(), key=lambda item: item[1])[0]]

    def reach(self, target: bytes) -> int:
        """Length of the longest prefix that covers a request target by segment; 0 for none."""
        path = target.partition(b"?")[0]
        end = len(path)
        while end > 0:
            # "/a/b", then "/a/", then "/a", then "/".
            prefix = path[:end]
            if prefix in self._used:
                self._used[prefix] = tick()
                return end
            end = end - 1 if path[end - 1] == ord("/") else path.rfind(b"/", 0, end) + 1
        return 0

    def __iter__(self) -> Iterator[bytes]:
        """All of them, in any order."""
        return iter(tuple(self._used))
