"""Wrong settings of the HTTP doors. A new keyword is one line."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from digest_http.algorithms import by_name
from digest_http.guard.uploads import DEFAULT_MAX_BODY
from digest_http.stores import MemoryStore
from digest_http.users import MappingUsers
from digest_http_middleware.limits import Throttle
from digest_http_middleware.presence import LoggedIn

from .wrong import (
    FLAG,
    FUNCTION,
    HUGE,
    LIST,
    MAYBE_FUNCTION,
    NAME,
    NUMBER,
    PATH,
    REALM,
    SECONDS,
    SECRET,
    TEXT,
    WORD,
    WORDS,
)

ALGORITHMS: list[Any] = ["MD5", "SHA-256,MD5", "", *LIST, ["SHA-1"], ["MD5", ""], [by_name("MD5")], [True], ["\ud800"]]
#: Objects here; names are for the middleware.
ALGORITHM_OBJECTS: list[Any] = ["MD5", *LIST, ["MD5"], [by_name("MD5"), "MD5"]]
KEYS: list[Any] = [
    "abc", SECRET, SECRET * 2 + ", short", SECRET.encode() * 9, [SECRET * 9], [SECRET.encode()], [], (), 5, True,
    [None],    [b"k" * 32, SECRET * 9], object(), {SECRET: 1}, "file:///nowhere/keys", lambda: [SECRET],
]  # fmt: skip
USERS: list[Any] = [
    None, 5, True, b"alice", ["alice"], {"alice"}, object(), {}, MappingUsers, "alice", "gopher://users", "htdigest://",
    lambda _name: SECRET, lambda: SECRET,
    *({name: SECRET} for name in NAME if not isinstance(name, list)),
    *({"alice": password}
      for password in [None, "", 5, True, SECRET.encode(), [SECRET], lambda: SECRET, "\ud800" + SECRET]),
    {"Jos\u00e9": SECRET, "Jose\u0301": "other"},
]  # fmt: skip
PREFIXES: list[Any] = ["/api", "", None, 5, True, b"/api", {"/api": 1}, [None], [5], [b"/api"], ["api"], [["/api"]]]


class _NoStore:
    epoch = b"00000001"


class _ShortStore(_NoStore):
    def advance(self, nonce_id: int) -> None:
        """Too few arguments."""


class _OnlyDelay:
    def delay(self, _name: str, _client: str | None) -> float:
        """Half a limiter."""
        return 0.0


_CLIENT: dict[str, list[Any]] = {
    "username": [*NAME, b"", b"a:r", b"a\nb", lambda: "alice"],
    "password": [None, 5, True, [SECRET], lambda: SECRET, "\ud800" + SECRET],
    "credentials": [
        5, True, "netrc", SECRET, ("alice", SECRET), {"alice": SECRET},
        lambda: ("alice", SECRET), lambda _asked: ("alice", SECRET),
    ],
    "verify": [*WORD, "yes", "always "],
    "algorithms": [value for value in ALGORITHMS if value is not None],
    "qop": WORDS,
    "allow_rfc2069": [value for value in FLAG if value is not None],
    "allow_weaker": FLAG,
    "prefer": WORD,
    "charset": ["utf-12", "", None, 5, b"utf-8", "hex", "\u00e9", "a\0b", ["utf-8"]],
    "field_charset": ["utf-12", "", 5, b"utf-8", "hex", "\u00e9", "a\0b", ["utf-8"]],
    "probe": FLAG,
    "proxy": FLAG,
    "challenge_header": ["X Challenge", "", "X:", "\u00e9", "X\n", "\ud800", 5, True, b"X", ["X"]],
    "quote_all": FLAG,
    "random": FUNCTION,
    "clock": FUNCTION,
}  # fmt: skip

_NOT_OF_DIGEST_CLIENT = ("proxy", "challenge_header", "random", "probe")

#: What the middleware hands on as it is.
_GUARD: dict[str, list[Any]] = {
    "users": USERS,
    "realm": REALM,
    "algorithms": [value for value in ALGORITHMS if value is not None],
    "qop": [value for value in WORDS if value is not None],
    "old_clients": FLAG,
    "store": [
        None,
        5,
        True,
        b"memory://",
        {},
        object(),
        MemoryStore,
        _NoStore(),
        _ShortStore(),
        "",
        "memory",
        "redis//x",
        "gopher://x",
        "memory://host",
        "memory://?capacity=0",
        "memory://?capacity=many",
        "sqlite://",
        "redis:x",
    ],
    "keys": KEYS,
    "nonce_lifetime": SECONDS,
    "sequence": [*WORD, "sliding"],
    "window": [*NUMBER, 0, 4097, HUGE],
    "max_body": NUMBER,
    "userhash": FLAG,
    "allow_rfc2069": FLAG,
    "proxy": FLAG,
    "throttle": [5, True, "memory://", b"", [], object(), Throttle, _OnlyDelay(), lambda _name, _client: 0],
    "observers": [None, 5, True, "seen", print, {"seen": 1}, [5], [None], ["seen"], [LoggedIn], [lambda: None]],
    "clock": MAYBE_FUNCTION,
    "random": FUNCTION,
}

MAYBE_TEXT: list[Any] = [value for value in TEXT if value is not None]

#: What stands in front of a server.
_FRONT: dict[str, list[Any]] = {
    "stripped_prefix": [None, 5, True, b"/svc", "svc", " ", ["/svc"], "/\ud800", "/", "/svc?", "/a/../b"],
    "rewritten_by": [5, True, b"nginx", "", "Nginx", ["nginx"]],
    "original_target_header": [5, True, b"X-Original-URI", "", "X Original", "Host", ["X-Original-URI"]],
    "trusted_proxies": [
        None, 5, True, b"10.0.0.1", {"10.0.0.1": 1}, "", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "*", [5], [None],
        ["10.0.0.1", ""], "10.0.0.1, 10.0.0.2", "10.0.0.1:80",
    ],
    "client_header": [None, 5, True, b"X-Real-IP", "", "X Real", "X-Real-IP:", "\u00e9", ["X-Real-IP"]],
}  # fmt: skip

_LIMIT: list[Any] = [
    5,
    True,
    b"1/hour",
    ["1/hour"],
    "",
    "many",
    "-1/hour",
    "0/hour",
    "5",
    "1/hour; 2/day",
    "1 per year!",
]

#: Who may come by another way, and who may do what.
_BESIDE: dict[str, list[Any]] = {
    "beside": [None, 5, True, b"x", {}, "bearer", object(), [None], [5], [lambda _token: None]],
    "roles": [
        5, True, "admin", b"", ["admin"], object(), lambda _username: [], {"alice": "admin"}, {"alice": None},
        {"alice": [5]}, {"alice": {"admin": 1}}, {"a:b": []}, {"": []}, {5: []}, {"Jos\u00e9": [], "Jose\u0301": []},
    ],
}  # fmt: skip

ROWS: dict[str, dict[str, list[Any]]] = {
    "Throttle": {
        "storage": [
            *TEXT,
            "",
            "memory",
            "gopher://x",
            "memcached://127.0.0.1:1",
            "mongodb://127.0.0.1:1",
            f"redis+nonsense://u:{SECRET}@127.0.0.1:1",
        ],
        "login": _LIMIT,
        "address": _LIMIT,
        "clock": FUNCTION,
    },
    "LoggedIn": {"lifetime": SECONDS, "capacity": [*NUMBER, 0], "clock": FUNCTION},
    "SharedLoggedIn": {
        "engine": [
            *(None, 5, "", "sqlite:///presence.db", {}, create_engine, create_async_engine("sqlite+aiosqlite://")),
            # Each thread would have a database of its own.
            *map(create_engine, ("sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=ro&uri=true")),
        ],
        "lifetime": SECONDS,
        # As long as the lifetime or longer: nobody would be seen.
        "every": [*SECONDS, 300, 301.0],
        "capacity": [*NUMBER, 0],
        "table": [*TEXT, ""],
        "clock": FUNCTION,
    },
    "Guard": {
        **_GUARD,
        "rfc2069_uses": [*NUMBER, 0, 101],
        "same_target": [*MAYBE_FUNCTION, lambda _uri: True],
        "logger": TEXT,
    },
    "DigestAuthMiddleware": {
        **_GUARD,
        "app": FUNCTION,
        # None is right here. A number has to be below max_body.
        "spool_above": [*(value for value in NUMBER if value is not None), DEFAULT_MAX_BODY, HUGE],
        "allow_preflight": FLAG,
        "protect": [*PREFIXES, lambda: True],
        "public": [*PREFIXES, lambda _scope: True],
        "optional": FLAG,
        **_BESIDE,
        **_FRONT,
        "answer": MAYBE_FUNCTION,
        "source_timeout": SECONDS,
    },
    "DigestAuth of FastAPI": {
        **{name: rows for name, rows in _GUARD.items() if name != "max_body"},
        **_BESIDE,
        **_FRONT,
        "qop": [*_GUARD["qop"], ["auth-int"], ("auth", "AUTH-INT")],
        "rfc2069_uses": [*NUMBER, 0, 101],
        "source_timeout": SECONDS,
        "scheme_name": [*MAYBE_TEXT, "", "my login", "\u00e9"],
        "description": MAYBE_TEXT,
    },
    "Beside": {
        "find": [*FUNCTION, lambda: None],
        "claims": [*MAYBE_FUNCTION, lambda: None],
        "challenge": [*MAYBE_TEXT, "", " ", "Bearer\n", "\u00e9", "Digest", 'digest realm="x"'],
    },
    "bearer": {"check": [*FUNCTION, lambda: None], "realm": REALM},
    "basic": {"check": [*FUNCTION, lambda _username: None], "realm": REALM},
    "DigestAuth": _CLIENT,
    "DigestAuth of aiohttp": _CLIENT,
    "DigestAuth of httpx2": _CLIENT,
    "DigestAuth of requests": _CLIENT,
    "DigestAuth of niquests": _CLIENT,
    "AsyncDigestAuth of niquests": _CLIENT,
    "DigestAuth of urllib3": _CLIENT,
    "DigestClient": {
        **{name: rows for name, rows in _CLIENT.items() if name not in _NOT_OF_DIGEST_CLIENT},
        "decimal_nc": FLAG,
        "cnonce": MAYBE_FUNCTION,
    },
    "Acceptor": {
        "realm": REALM,
        "algorithms": ALGORITHM_OBJECTS,
        "nonces": [None, 5, "nonces", object(), [b"k" * 32]],
        "qop": WORDS,
        "allow_rfc2069": FLAG,
        "userhash": FLAG,
        "proxy": FLAG,
    },
    "NonceSource": {
        "realm": ["r", None, 5],
        "keys": [value for value in KEYS if not callable(value)],
        "epoch": [None, 5, "00000001"],
        "lifetime": SECONDS,
        # 0 is right here: nothing may come later.
        "overtime": [value for value in SECONDS if value is True or value != 0],
        "clock": FUNCTION,
        "random": FUNCTION,
        "algorithm": ["MD5", b"MD5", 5, [by_name("MD5")]],
        "proxy": FLAG,
        "auth_only": FLAG,
        "prefix": ["+v1", None, 5, b"a b", b"a:b", b'a"', b"a\\", b"\n", b"\xff"],
    },
    "sequence_rule": {"sequence": WORD, "window": [*NUMBER, 0, 4097, HUGE]},
    "Identity": {name: _CLIENT[name] for name in ("username", "password", "charset", "field_charset")},
    "Preference": {name: _CLIENT[name] for name in ("algorithms", "qop", "allow_rfc2069", "prefer")},
    "KeyFile": {"path": [*PATH, "/nowhere/keys", os.devnull], "seconds": FUNCTION},
}
