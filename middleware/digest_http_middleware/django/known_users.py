"""Users of Django's whom another way than Digest has found.

A way is given the request as ASGI shows it, with Django's own in "django.request". It gives a name, a user of Django's,
or None; a name is that of a user of Django's who is active, or it is nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from inspect import isawaitable
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.contrib import auth

from digest_http_middleware.beside import Beside
from digest_http_middleware.identity import DigestUser

from .users import in_event_loop, user_called

__all__ = ["REQUEST", "KnownUser", "in_django"]

#: Where a way finds Django's own request.
REQUEST: Final = "django.request"


class KnownUser(DigestUser):
    """A user of Django's whom a way has found: `user`."""

    __slots__ = ("user",)

    def __init__(self, user: Any) -> None:  # noqa: ANN401 - any model of users
        super().__init__(user.get_username())
        self.user: Final = user


def in_django(way: object) -> object:
    """A way that gives users of Django's, also where nobody may block. What is no way stays as it is."""
    if not isinstance(way, Beside):
        return way
    find = way.find

    async def awaited(shown: Mapping[str, Any]) -> KnownUser | None:
        found: object = await sync_to_async(find)(shown)
        return await sync_to_async(_known)(await found if isawaitable(found) else found)

    def asked(shown: Mapping[str, Any]) -> KnownUser | Awaitable[Any] | None:
        if in_event_loop():
            return awaited(shown)
        found = find(shown)
        # What has to be awaited is handed on: here nobody can.
        return found if isawaitable(found) else _known(found)

    return Beside(asked, way.challenge, claims=way.claims)


def _known(found: object) -> KnownUser | None:
    if isinstance(found, auth.get_user_model()):
        user: Any = found
    elif isinstance(found, (str, DigestUser)):
        user = user_called(found if isinstance(found, str) else found.username)
    elif found is None:
        user = None
    else:
        raise TypeError(
            f"the check of a Beside returned {type(found).__name__}: return a name, a Django user, or None for nobody"
        )
    return KnownUser(user) if user is not None and user.is_active else None
