"""The system's keyring, with a store of the test's own behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
import keyring.backend

__all__ = ["Ring", "keyring_in_memory"]


class Ring(keyring.backend.KeyringBackend):
    """Passwords in memory."""

    priority: float = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@contextmanager
def keyring_in_memory() -> Iterator[Ring]:
    """The keyring that is in use while the block runs."""
    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    try:
        yield ring
    finally:
        keyring.set_keyring(before)
