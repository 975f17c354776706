"""The scope that an app gets with a verified request: who it is, and how that was verified.

Each request goes through this file, so it may be compiled. What stands in a scope is the server's, and `Any` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from digest_http.guard import Accepted, Guard

from .asgi import Scope
from .identity import AUTHENTICATED, Digest, DigestUser, credentials_of
from .logouts import LOGIN

__all__ = ["identified_scope"]

_UNHASHED: Final = frozenset({"http.response.pathsend", "http.response.zerocopysend"})

#: One call into C fills a named tuple at a third of the price of Digest(...).
_new: Final = cast("Callable[[type[Digest], Iterable[object]], Digest]", vars(tuple)["__new__"])


def identified_scope(scope: Scope, accepted: Accepted, user: DigestUser, realm: str, guard: Guard) -> Scope:
    """A copy of the scope with `user`, `auth`, `digest`, and what a logout needs."""
    context = accepted.context
    terms = context.terms
    # dict() copies a dict in one piece; {**scope, ...} would enter one key after the other.
    identified: dict[str, Any] = dict(scope)
    identified["user"] = user
    identified["auth"] = credentials_of(user) if user.roles else AUTHENTICATED
    identified["digest"] = _new(
        Digest, (accepted.username, realm, terms.algorithm.name, terms.qop_name, context.count if terms.qop else 0)
    )
    identified[LOGIN] = guard, accepted
    if context.covers_body and scope.get("extensions"):
        # Files sent past us (pathsend, zero copy) could not be hashed.
        identified["extensions"] = {n: v for n, v in scope["extensions"].items() if n not in _UNHASHED}
    return identified
