"""HTTP Digest for any ASGI app: `DigestAuthMiddleware(app, users=..., realm="...")`."""

from __future__ import annotations

from .identity import AuthCredentials, Digest, DigestUser, UnauthenticatedUser
from .logouts import log_out
from .middleware import DigestAuthMiddleware
from .refusals import Refusal

__all__ = [
    "AuthCredentials",
    "Digest",
    "DigestAuthMiddleware",
    "DigestUser",
    "Refusal",
    "UnauthenticatedUser",
    "log_out",
]
