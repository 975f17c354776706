"""What FastAPI is shown of Digest: the scheme in OpenAPI, and the error of a request that must not pass."""

from __future__ import annotations

import re
from typing import Final

from fastapi import HTTPException
from fastapi.datastructures import Headers
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase

from digest_http import settings
from digest_http.guard import Refusal
from digest_http.secrecy import HoldsSecrets

from .asgi import Headers as Fields

__all__ = ["DigestRefused", "Scheme", "component_name"]

#: What OpenAPI allows in the name of a component.
_name: Final = re.compile(r"[A-Za-z0-9._-]+")
_no_name: Final = re.compile(r"[^A-Za-z0-9._-]+")


class DigestRefused(HTTPException):
    """A request that must not pass. `refusal` says why, in words for the client.

    `headers` has each challenge as a field of its own: a handler of one's own must give it to the answer as it is. A
    dict of it would hold one challenge.
    """

    def __init__(self, refusal: Refusal, fields: Fields) -> None:
        super().__init__(refusal.status, refusal.text, headers=Headers(raw=fields))
        self.refusal: Final = refusal


class Scheme(SecurityBase, HoldsSecrets):
    """What FastAPI looks for to show the lock."""

    def __init__(self, scheme_name: str, description: str) -> None:
        self.model = HTTPBase(scheme="digest", description=description)
        self.scheme_name = scheme_name


def component_name(scheme_name: str | None, realm: str) -> str:
    """The name of the scheme in OpenAPI. Raises ConfigurationError for one that is not allowed there."""
    if scheme_name is None:
        return "Digest-" + _no_name.sub("-", realm)
    if _name.fullmatch(settings.text("scheme_name", scheme_name, example="Digest-home")) is None:
        raise settings.refusal("scheme_name", scheme_name, "letters, digits, dots, hyphens and underscores")
    return scheme_name
