"""The stores in the memory of one process, as their users see them: a setting, forks, and how they are shown."""

from __future__ import annotations

from threading import Lock
from typing import Final, NoReturn

from digest_http.forks import ForkAware
from digest_http.settings import number

from .process import ProcessCounts

__all__ = ["DEFAULT_CAPACITY", "ProcessStore"]

#: Live nonces. One per client and lifetime is the usual need.
DEFAULT_CAPACITY: Final = 100_000


# Checkers take `__weakref__` for a field, and two bases with fields for a conflict.
class ProcessStore(ProcessCounts, ForkAware):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    """What is not done for each request, so it is never compiled: people derive from the stores.

    Raises ConfigurationError for a capacity that is no number of nonces.
    """

    __slots__ = ()

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        super().__init__(number("capacity", capacity, 1, example=DEFAULT_CAPACITY), Lock())
        ForkAware.__init__(self)

    def after_fork_in_child(self) -> None:
        """See ForkAware: what was counted in one process was not counted in the other."""
        self._lock = Lock()
        self._begin_epoch()

    def __reduce__(self) -> NoReturn:
        # Two stores that share some of their counts, and not their epoch, would be neither one store nor two.
        raise TypeError(
            f"a {type(self).__name__} can be neither pickled nor copied: give all who count the same object"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} nonces, at most {self.capacity}>"
