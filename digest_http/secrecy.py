"""A base for what holds secrets: a password, H(A1), a key, or an object that leads to one."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["HoldsSecrets", "refuse_to_pickle"]


class HoldsSecrets:
    """Neither pickled nor copied: a pickle goes to disks, queues and other machines, and the secret with it."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        refuse_to_pickle(type(self).__name__)


def refuse_to_pickle(name: str) -> NoReturn:
    """What __reduce__ of such a class does; for classes that cannot have another base."""
    raise TypeError(
        f"a {name} can be neither pickled nor copied: that would copy secrets. Make a new one from its settings"
    )
