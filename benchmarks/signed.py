"""Requests signed beforehand, as ASGI scopes and WSGI environs: one user, one target, the fields that httpx sends."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from digest_http import calculation
from digest_http.algorithms import Algorithm
from digest_http.challenge import Challenge, parse_challenges
from digest_http.credentials import Credentials
from digest_http.users import MappingUsers

__all__ = [
    "FIELDS",
    "OTHER_PATH",
    "PASSWORD",
    "PATH",
    "QUERY",
    "REALM",
    "TARGET",
    "USERNAME",
    "Scope",
    "asgi_scope",
    "pick",
    "sign",
    "users",
    "wsgi_environ",
]

USERNAME: Final = "alice"
PASSWORD: Final = "correct horse"
REALM: Final = "Staff area"
PATH: Final = "/api/items/4711"
QUERY: Final = b"fields=name,price"
TARGET: Final = PATH.encode() + b"?" + QUERY

#: Another path of the same length, for clients that do not ask for one target again and again.
OTHER_PATH: Final = "/api/items/4712"

#: What a client sends besides: the field set of httpx.
FIELDS: Final = (
    (b"host", b"127.0.0.1:8000"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"connection", b"keep-alive"),
    (b"user-agent", b"python-httpx/0.28.1"),
)

Scope = dict[str, Any]


def users(algorithm: Algorithm) -> MappingUsers:
    """The one user, whose H(A1) is known beforehand."""
    return MappingUsers({USERNAME: PASSWORD}, REALM, [algorithm])


def sign(challenge: Challenge, algorithm: Algorithm, count: int, path: str = PATH) -> bytes:
    """An Authorization value for that path and QUERY, in the order of parameters that httpx writes."""
    target = path.encode() + b"?" + QUERY
    ha1 = users(algorithm).ha1(USERNAME, REALM, algorithm) or b""
    nc, cnonce = b"%08x" % count, os.urandom(8).hex().encode()
    ha2 = calculation.request_hash(algorithm, b"GET", target)
    response = calculation.response(algorithm, ha1, challenge.nonce, nc, cnonce, b"auth", ha2)
    credentials = Credentials(
        USERNAME.encode(), challenge.realm, challenge.nonce, target, response, algorithm.token, b"auth", nc, cnonce,
        challenge.opaque,
    )  # fmt: skip
    return b"Digest " + credentials.serialize()


def asgi_scope(authorization: bytes | None = None, path: str = PATH) -> Scope:
    """A GET of that path and QUERY as uvicorn describes it."""
    fields = [*FIELDS] if authorization is None else [*FIELDS, (b"authorization", authorization)]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "method": "GET",
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": QUERY,
        "headers": fields,
        "state": {},
    }


def wsgi_environ(authorization: bytes | None = None, cookie: str | None = None) -> dict[str, Any]:
    """The same GET for a WSGI app."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": PATH,
        "QUERY_STRING": QUERY.decode(),
        "REQUEST_URI": TARGET.decode(),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
        "wsgi.errors": None,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ.update({"HTTP_" + name.decode().upper().replace("-", "_"): value.decode() for name, value in FIELDS})
    if authorization is not None:
        environ["HTTP_AUTHORIZATION"] = authorization.decode()
    if cookie is not None:
        environ["HTTP_COOKIE"] = cookie
    return environ


def pick(values: Sequence[bytes], algorithm: Algorithm) -> Challenge:
    """The challenge with that algorithm; one without a name means MD5."""
    for challenge in parse_challenges(values):
        if isinstance(challenge, Challenge) and (challenge.algorithm or b"MD5").upper() == algorithm.token:
            return challenge
    raise RuntimeError(f"no {algorithm.name} challenge in {values!r}")
