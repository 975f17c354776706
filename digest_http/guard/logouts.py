"""Logins that are over: when each user was logged out, for sources of users that do not keep that themselves."""

from __future__ import annotations

from typing import Final

from digest_http.encoding import nfc

__all__ = ["MemoryLogouts"]


class MemoryLogouts:
    """Keeps it in this process, one number for each user who was logged out lately. See LogoutUsers.

    `kept`: microseconds for which a nonce may be good. When they are over, no nonce is left that a logout speaks of.
    """

    __slots__ = ("_kept", "since")

    def __init__(self, kept: int) -> None:
        self._kept: Final = kept
        #: When each was logged out. Only ever changed in place, so that one who holds it sees whether it is empty.
        self.since: Final[dict[str, int]] = {}

    def __len__(self) -> int:
        return len(self.since)

    def logged_out(self, username: str, realm: str) -> int:
        """See LogoutUsers.logged_out; there is one of these for each realm."""
        del realm
        return self.since.get(username, 0)

    def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers.log_out."""
        del realm
        for over in [each for each, since in self.since.items() if since < now - self._kept]:
            del self.since[over]
        name = nfc(username)
        self.since[name] = max(now, self.since.get(name, 0))
