"""Wrong settings of the users' sources and of the stores. A new keyword is one line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from digest_http.users import MappingUsers
from digest_http.users.sql_logouts import SQLLogouts

from .http_rows import ALGORITHM_OBJECTS, USERS
from .wrong import FUNCTION, HUGE, NUMBER, PATH, REALM, SECONDS, TEXT

CAPACITY: list[Any] = [*NUMBER, 0]


class _NoMethod:
    ha1 = b"0" * 32


class _ShortMethod:
    def ha1(self, username: str) -> None:
        """Too few arguments."""


ROWS: dict[str, dict[str, list[Any]]] = {
    "MappingUsers": {
        # An empty one may be filled later.
        "passwords": [value for value in USERS if value != {}],
        "realm": REALM,
        "algorithms": ALGORITHM_OBJECTS,
    },
    "CallableUsers": {"look_up": FUNCTION},
    "CachedUsers": {
        "users": [None, 5, {}, {"alice": "s3cret"}, MappingUsers, _NoMethod(), _ShortMethod(), lambda *_: None],
        "seconds": SECONDS,
        "entries": CAPACITY,
        "clock": FUNCTION,
    },
    "HtdigestUsers": {"path": [*PATH, "/nowhere/users", "/"], "realm": REALM, "seconds": FUNCTION},
    "SQLUsers": {
        "engine": [None, 5, "", "users.db", "gopher://x", "htdigest:///users", create_engine("sqlite://"), {}],
        "table": [*TEXT, ""],
    },
    "SQLLogouts": {
        "engine": [None, 5, "", "users.db", "gopher://x", "htdigest:///users", create_engine("sqlite://"), {}],
        "table": [*TEXT, ""],
    },
    "BlockingSQLLogouts": {
        "engine": [None, 5, "", "sqlite://", create_async_engine("sqlite+aiosqlite://"), {}],
        "table": [*TEXT, ""],
    },
    "with_logouts": {
        "users": [None, 5, {}, {"alice": "s3cret"}, MappingUsers, _NoMethod(), _ShortMethod(), lambda *_: None],
        "logouts": [None, 5, {}, SQLLogouts, _NoMethod(), lambda *_: None],
    },
    "MemoryStore": {"capacity": CAPACITY},
    "PackedMemoryStore": {"capacity": CAPACITY},
    "SQLiteStore": {"path": [*PATH, "/nowhere/nonces.db", "/"], "capacity": [*CAPACITY, HUGE, 1 << 63]},
    "RedisStore": {"connect": [*FUNCTION, "redis://host"], "prefix": [*TEXT, "", "a{b", "}"]},
}
