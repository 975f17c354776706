"""BlackSheep's `request.user`: who DigestAuthMiddleware has let in, as an identity that `@auth()` looks at.

It verifies nothing itself: DigestAuthMiddleware stands around the app.
"""

from __future__ import annotations

from typing import Any

from blacksheep import Request
from guardpost import AuthenticationHandler, Identity, User

__all__ = ["DigestHandler"]


class DigestHandler(AuthenticationHandler):
    """`app.use_authentication().add(DigestHandler())`.

    The claims of the user are `sub` and `name`, both the name, and `roles`. How the request was verified stands in
    `request.scope["digest"]`.
    """

    @property
    def scheme(self) -> str:
        """The name that `@auth(authentication_schemes=[...])` takes."""
        return "Digest"

    def authenticate(self, context: Request) -> Identity | None:
        """Set the identity of a request, if somebody was let in."""
        user: Any = context.scope.get("user")
        if user is None or not user.is_authenticated:
            return None
        claims = {"sub": user.identity, "name": user.display_name, "roles": list(getattr(user, "roles", ()))}
        context.user = User(claims, self.scheme)
        return context.user
