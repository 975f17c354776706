"""Logins that are over: when each user was logged out, for sources of users that do not keep that themselves."""

from __future__ import annotations

from digest_http.encoding import nfc

__all__ = ["MemoryLogouts"]


class MemoryLogouts:
    """Keeps it in this process, one number for each user who was ever logged out. See LogoutUsers."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._since)

    def logged_out(self, username: str, realm: str) -> int:
        """See LogoutUsers.logged_out; there is one of these for each realm."""
        del realm
        return self._since.get(username, 0)

    def log_out(self, username: str, realm: str, now: int) -> None:
        """See LogoutUsers.log_out."""
        del realm
        name = nfc(username)
        self._since[name] = max(now, self._since.get(name, 0))
