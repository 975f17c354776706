"""Where the guard finds H(A1): the table, through Django's ORM."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model

from digest_http.algorithms import Algorithm
from digest_http.encoding import nfc
from digest_http.errors import ConfigurationError
from digest_http.names import spellings, user_name
from digest_http.secrecy import HoldsSecrets

from .rows import digest_hashes, digest_logouts, password_stamp

__all__ = ["DjangoUsers", "in_event_loop", "user_called"]

T = TypeVar("T")


class DjangoUsers(HoldsSecrets):
    """See UsersByHash and LogoutUsers. It answers at once, and in an event loop with something to await."""

    def ha1(self, username: str, realm: str, algorithm: Algorithm) -> bytes | Awaitable[bytes | None] | None:
        """See Users.ha1. None too for a user who is not active, and for H(A1) of another password."""
        return _asked(_ha1, username, realm, algorithm)

    def by_userhash(self, userhash: bytes, realm: str, algorithm: Algorithm) -> str | Awaitable[str | None] | None:
        """See UsersByHash.by_userhash."""
        return _asked(_by_userhash, userhash, realm, algorithm)

    def logged_out(self, username: str, realm: str) -> int | Awaitable[int]:
        """See LogoutUsers.logged_out."""
        return _asked(_logged_out, username, realm)

    def log_out(self, username: str, realm: str, now: int) -> Awaitable[None] | None:
        """See LogoutUsers.log_out. A name that no user has is nothing to keep."""
        return _asked(_log_out, username, realm, now)


def in_event_loop() -> bool:
    """Whether an event loop runs in this thread: Django's ORM refuses to work there."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def user_called(username: str) -> Any:  # noqa: ANN401 - any model of users
    """The user of exactly this name, in whichever Unicode form; None if there is none, or more than one."""
    if not _can_be_called(username):
        return None
    model = get_user_model()
    candidates = model._default_manager.filter(**{f"{model.USERNAME_FIELD}__in": spellings(username)})  # noqa: SLF001 - Django's documented name
    # A collation may find Alice for ALICE.
    found = [user for user in candidates if nfc(user.get_username()) == nfc(username)]
    return found[0] if len(found) == 1 else None


def _asked(question: Callable[..., T], *about: object) -> T | Awaitable[T]:
    return sync_to_async(question)(*about) if in_event_loop() else question(*about)


def _ha1(username: str, realm: str, algorithm: Algorithm) -> bytes | None:
    if not _can_be_called(username):
        return None
    # One question, whether there is such a user or not.
    named = {f"user__{get_user_model().USERNAME_FIELD}__in": spellings(username)}
    rows = digest_hashes().filter(**named, realm=realm, algorithm=algorithm.base).select_related("user")
    found = [row for row in rows if nfc(row.user.get_username()) == nfc(username)]
    if len(found) != 1 or not found[0].user.is_active or found[0].password_stamp != password_stamp(found[0].user):
        return None
    ha1: str = found[0].ha1
    return ha1.encode()


def _by_userhash(userhash: bytes, realm: str, algorithm: Algorithm) -> str | None:
    rows = digest_hashes().filter(userhash=userhash.decode("ascii", "replace"), realm=realm, algorithm=algorithm.base)
    names = {nfc(row.user.get_username()) for row in rows.select_related("user")}
    return names.pop() if len(names) == 1 else None


def _logged_out(username: str, realm: str) -> int:
    if not _can_be_called(username):
        return 0
    named = {f"user__{get_user_model().USERNAME_FIELD}__in": spellings(username)}
    since: list[int] = list(digest_logouts().filter(**named, realm=realm).values_list("since", flat=True))
    return max(since, default=0)


def _log_out(username: str, realm: str, now: int) -> None:
    user = user_called(username)
    if user is not None:
        kept, is_new = digest_logouts().get_or_create(user_id=user.pk, realm=realm, defaults={"since": now})
        if not is_new:
            # Of two workers the later time stands, whichever comes first.
            digest_logouts().filter(pk=kept.pk, since__lt=now).update(since=now)


def _can_be_called(username: str) -> bool:
    """Whether a user can have this name. A database may fail for what is none, a NUL for instance."""
    try:
        user_name(username)
    except ConfigurationError:
        return False
    return True
