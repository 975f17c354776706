"""One request of Django's as the guard, the path rules and the log see it."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, RawPostDataException

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.errors import MalformedField
from digest_http.guard.uploads import too_large
from digest_http_middleware.asgi import Headers, Scope
from digest_http_middleware.content_lengths import announces_more
from digest_http_middleware.fronts import Front
from digest_http_middleware.wsgi_requests import scope_of

__all__ = ["Exchange"]


class Exchange:
    """See digest_http.guard.requests.Request. `limit`: octets of a body that may be covered."""

    __slots__ = ("_front", "_limit", "_request", "fields", "method", "scope")

    def __init__(self, request: HttpRequest, front: Front, limit: int) -> None:
        self._request: Final = request
        self._front: Final = front
        self._limit: Final = limit
        of_asgi: Scope | None = getattr(request, "scope", None)
        self.scope: Final[Scope] = scope_of(request.environ) if of_asgi is None else of_asgi
        self.fields: Final[Headers] = self.scope["headers"]
        method: str = self.scope["method"]
        self.method: Final = method.encode("latin-1", "replace")

    @property
    def client(self) -> str | None:
        """The address of who sent it, None if it is not known."""
        return self._front.client(self.scope)

    @property
    def routed(self) -> Scope:
        """The same with the path as Django's URL patterns see it."""
        path: Any = self._request.path_info
        return {**self.scope, "path": path or "/", "root_path": "", "raw_path": None}

    def is_named_by(self, uri: bytes) -> bool:
        """See Request."""
        return self._front.is_named_by(uri, self.scope)

    def hash_body(self, algorithm: Algorithm, /) -> bytes:
        """See Request. Django keeps the octets, so that the view reads the same ones."""
        if announces_more(self.scope, self._limit):
            raise too_large(self._limit)
        try:
            body: bytes = self._request.body
        except (RequestDataTooBig, RawPostDataException):
            # More than Django's own limit; or somebody has read it before us, and the octets are gone.
            raise too_large(self._limit) from None
        except Exception:  # noqa: BLE001 - UnreadablePostError, and what servers raise of bad chunks that is no OSError
            raise MalformedField("The body did not arrive whole", reason="body") from None
        if len(body) > self._limit:
            raise too_large(self._limit)
        return calculation.entity_hash(algorithm, body)
