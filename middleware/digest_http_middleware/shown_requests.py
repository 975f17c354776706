"""A request of a framework or a server that is no ASGI, shown as the scope of one: what all of these have in common."""

from __future__ import annotations

from typing import Final

from .asgi import Headers, Scope
from .fronts import Front
from .targets import raw_target

__all__ = ["ShownRequest"]


class ShownRequest:
    """See digest_http.guard.requests.Request. `scope`: the request as ASGI would show it."""

    __slots__ = ("_front", "fields", "scope")

    def __init__(self, scope: Scope, front: Front) -> None:
        self._front: Final = front
        self.scope: Final = scope
        self.fields: Final[Headers] = scope["headers"]

    @property
    def client(self) -> str | None:
        """The address of who sent it, None if it is not known."""
        return self._front.client(self.scope)

    def is_named_by(self, uri: bytes) -> bool:
        """See Request."""
        target, front = raw_target(self.scope), self._front
        if uri == target and target[:1] == b"/" and not front.changes_targets:
            return True
        return front.is_named_by(uri, self.scope)
