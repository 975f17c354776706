"""The plug for httpx."""

from __future__ import annotations

from .httpx_auth import HttpxDigestAuth
from .httpx_family import HttpxLibrary

try:
    import httpx
except ModuleNotFoundError as error:
    if error.name != "httpx":
        raise
    raise ModuleNotFoundError(
        "DigestAuth for httpx needs httpx: pip install 'digest-http[client]'", name="httpx"
    ) from None

__all__ = ["DigestAuth"]


class DigestAuth(HttpxDigestAuth[httpx.Request, httpx.Response], httpx.Auth):
    """HTTP Digest (RFC 7616) for httpx, blocking and asynchronous; a drop-in for `httpx.DigestAuth`.

    Share one object by all requests, clients, threads and tasks: it signs in advance what it has learnt to sign. All
    keywords are explained in docs/client.md. Raises ConfigurationError for settings that cannot work; while sending,
    WrongPrincipal (the server did not prove itself) and BodyNotReplayable.
    """

    _library = _reader = HttpxLibrary[httpx.Request, httpx.Response](httpx)
