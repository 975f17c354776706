"""What a fork copies and two processes must not go on with: counts, files, locks that another thread held.

A pre-fork server loads its app once and forks its workers from it, so whatever was made at import exists in each. An
object that remembers what it accepted would accept it once more in every child.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final

__all__ = ["ForkAware"]


class ForkAware:
    """A base for objects that are told of forks; each method by default does nothing. Nothing else is copied apart.

    A class calls `__init__` of this one last, when it is made: one whose settings were refused is not to be told.
    """

    __slots__ = ("__weakref__",)

    def __init__(self) -> None:
        _aware.add(self)

    def before_fork(self) -> None:
        """In the parent, before: let go of what must not be copied. Always followed by one of the two below."""

    def after_fork_in_parent(self) -> None:
        """In the parent, after; whether or not there is a child."""

    def after_fork_in_child(self) -> None:
        """In the child, which has one thread: begin anew, with fresh locks."""


_aware: Final[weakref.WeakSet[ForkAware]] = weakref.WeakSet()
# One fork at a time: two threads that fork would tell the same objects in turns.
_forking = Lock()
_told: Final[list[ForkAware]] = []


def _all() -> list[ForkAware]:
    while True:
        try:
            return list(_aware)
        except RuntimeError:
            # Another thread has made one meanwhile, as a guard of each connection does.
            continue


def _tell(calls: Iterable[Callable[[], None]]) -> None:
    """Make all of these calls: one that fails keeps nobody else from being told. Python shows what it raised."""
    failed: list[Exception] = []
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever one of them raises
            failed.append(error)
    if failed:
        raise ExceptionGroup("told of a fork", failed)


def _before() -> None:
    _forking.acquire()  # given back in _in_parent; a child has one of its own
    _told.extend(_all())
    _tell([each.before_fork for each in _told])


def _in_parent() -> None:
    told = _told[::-1]
    _told.clear()
    try:
        _tell([each.after_fork_in_parent for each in told])
    finally:
        _forking.release()


def _in_child() -> None:
    global _forking  # noqa: PLW0603 - the parent's is held
    _forking = Lock()
    _told.clear()
    _tell([each.after_fork_in_child for each in _all()])


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
