"""One WSGI request as the guard and the path rules see it.

The path rules, the proxies in front and the log know requests as ASGI scopes. What WSGI has decoded is made octets
again; the target as it came is taken from the server where it tells (RAW_URI of gunicorn, REQUEST_URI of others).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from digest_http.algorithms import Algorithm
from digest_http.guard.uploads import too_large

from .asgi import Scope
from .content_lengths import announces_more
from .fronts import Front
from .held_bodies import HeldBody
from .shown_requests import ShownRequest
from .wsgi_bodies import read_stream, stream_of

__all__ = ["Environ", "Exchange", "StartResponse", "WSGIApp", "scope_of"]

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Callable[[bytes], object]]
WSGIApp: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]

#: Fields that WSGI does not call HTTP_*.
_BARE: Final = {"CONTENT_TYPE": b"content-type", "CONTENT_LENGTH": b"content-length"}


class Exchange(ShownRequest):
    """A request in an environ; see digest_http.guard.requests.Request. `limit`: octets of a body that may be read.

    `spool_above`, `held`: see HeldBody; who has made the exchange closes what is held.
    """

    __slots__ = ("_limit", "_spool_above", "environ", "held", "method")

    def __init__(self, environ: Environ, front: Front, limit: int, spool_above: int | None = None) -> None:
        super().__init__(scope_of(environ), front)
        self.environ: Final = environ
        self._limit: Final = limit
        self._spool_above: Final = spool_above
        self.held: HeldBody | None = None
        self.method: Final = _octets(environ["REQUEST_METHOD"])

    def hash_body(self, algorithm: Algorithm, /) -> bytes:
        """See Request. The app reads the same octets, and no others."""
        limit = self._limit
        if announces_more(self.scope, limit):
            raise too_large(limit)
        environ = self.environ
        announced = environ.get("CONTENT_LENGTH") or ""
        if announced.isascii() and announced.isdigit():
            octets = int(announced)
        else:
            # PEP 3333: without a length there is no body, unless the server says that it ends by itself.
            octets = limit + 1 if environ.get("wsgi.input_terminated") else 0
        hentity, body = read_stream(environ["wsgi.input"], octets, algorithm, limit, self._spool_above)
        if isinstance(body, HeldBody):
            self.held, octets = body, body.octets
        else:
            octets = len(body)
        environ["wsgi.input"] = stream_of(body)
        environ["CONTENT_LENGTH"] = str(octets)
        return hentity


def scope_of(environ: Environ) -> Scope:
    """The request in an environ as an ASGI scope: the target as it came, where the server tells it."""
    root, path = environ.get("SCRIPT_NAME") or "", environ.get("PATH_INFO") or ""
    raw: str | None = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    headers = [
        (_BARE.get(name) or name[5:].replace("_", "-").lower().encode("latin-1"), _octets(value))
        for name, value in environ.items()
        if (name.startswith("HTTP_") or name in _BARE) and isinstance(value, str)
    ]
    return {
        "type": "http",
        "method": environ["REQUEST_METHOD"],
        "scheme": environ.get("wsgi.url_scheme", "http"),
        "http_version": str(environ.get("SERVER_PROTOCOL", "HTTP/1.1")).removeprefix("HTTP/"),
        # As an app sees the path at the top: an empty one is the root.
        "path": _text(root + path) or "/",
        "root_path": _text(root),
        "raw_path": None if raw is None else _octets(raw).partition(b"?")[0],
        "query_string": _octets(environ.get("QUERY_STRING") or "") if raw is None else _octets(raw).partition(b"?")[2],
        "headers": headers,
        "client": (environ["REMOTE_ADDR"], environ.get("REMOTE_PORT")) if environ.get("REMOTE_ADDR") else None,
        "extensions": {},
    }


def _octets(text: str) -> bytes:
    # PEP 3333: one octet a character. A server that breaks that gives characters which no signed uri has.
    return text.encode("latin-1", "replace")


def _text(path: str) -> str:
    return _octets(path).decode("utf-8", "surrogateescape")
