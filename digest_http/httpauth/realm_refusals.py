"""Refusals of one origin that names another realm each time, so that no realm has a refusal of its own to remember.

Each realm gets its try, since each may have a password of its own. But whoever names a new one after each try would be
told of the same password as often as he is called, and servers lock accounts for which a wrong one comes again and
again. So after some realms in a row the origin as a whole is held back, as a realm is after one refusal.
"""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_REFUSED_REALMS", "REFUSAL_SECONDS", "RealmRefusals"]

#: How long a refused password counts as refused. After that a plain 401 gets its one retry again.
REFUSAL_SECONDS: Final = 60.0

#: Realms in a row that may refuse before the origin is held back: fewer than the five tries after which accounts are
#: often locked, and more than the realms that a device usually has.
MAX_REFUSED_REALMS: Final = 3


class RealmRefusals:
    """What the realms of one origin have refused since one of them accepted. Threads may share it.

    Times are seconds of any steady clock.
    """

    __slots__ = ("_at", "_realm", "count")

    def __init__(self) -> None:
        self._realm: bytes | None = None
        #: Realms that have refused.
        self.count = 0
        self._at = 0.0

    def note(self, realm: bytes, now: float) -> None:
        """Note that a password was refused in a realm that has never accepted one."""
        if realm != self._realm:
            self._realm = realm
            self.count += 1
        self._at = now

    def clear(self) -> None:
        """Note that a realm has accepted its password."""
        self._realm, self.count = None, 0

    def hold(self, now: float) -> bool:
        """Whether realms that have never accepted a password get none."""
        return self.count >= MAX_REFUSED_REALMS and now - self._at < REFUSAL_SECONDS
