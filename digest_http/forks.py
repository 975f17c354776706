"""What a fork copies and two processes must not go on with: counts, files, locks that another thread held.

A pre-fork server loads its app once and forks its workers from it, so whatever was made at import exists in each. An
object that remembers what it accepted would accept it once more in every child.
"""

from __future__ import annotations

import os
import weakref
from threading import Lock
from typing import Final

__all__ = ["ForkAware"]


class ForkAware:
    """A base for objects that are told of forks; each method by default does nothing. Nothing else is copied apart."""

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


def _before() -> None:
    _forking.acquire()  # given back in _in_parent; a child has one of its own
    for each in list(_aware):
        each.before_fork()
        _told.append(each)


def _in_parent() -> None:
    try:
        while _told:
            _told.pop().after_fork_in_parent()
    finally:
        _forking.release()


def _in_child() -> None:
    global _forking  # noqa: PLW0603 - the parent's is held
    _forking = Lock()
    _told.clear()
    for each in list(_aware):
        each.after_fork_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
