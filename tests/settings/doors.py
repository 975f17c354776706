"""Every door that takes settings, with what it is opened with when nothing is wrong.

A new door is one entry here, and one module of rows (see test_every_keyword.py).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import create_engine

from digest_http.algorithms import by_name
from digest_http.guard import Guard
from digest_http.guard.key_sources import KeyFile
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.challenge_selection import Preference
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.digest_client import DigestClient
from digest_http.httpauth.nonces import NonceSource
from digest_http.httpauth.sequence import sequence_rule
from digest_http.sasl import DigestMD5Client, DigestMD5Server
from digest_http.sasl.reauthentication import ClientSessions, ServerSessions
from digest_http.stores import MemoryStore, PackedMemoryStore, SQLiteStore
from digest_http.stores.redis import RedisStore
from digest_http.users import CachedUsers, CallableUsers, HtdigestUsers, MappingUsers
from digest_http.users.logouts import with_logouts
from digest_http.users.sql import SQLUsers
from digest_http.users.sql_logouts import BlockingSQLLogouts, SQLLogouts
from digest_http_client_auth.aiohttp import DigestAuth as DigestAuthOfAiohttp
from digest_http_client_auth.httpx import DigestAuth
from digest_http_client_auth.httpx2 import DigestAuth as DigestAuth2
from digest_http_client_auth.niquests import AsyncDigestAuth as NiquestsAsyncDigestAuth
from digest_http_client_auth.niquests import DigestAuth as NiquestsDigestAuth
from digest_http_client_auth.requests import DigestAuth as RequestsDigestAuth
from digest_http_client_auth.urllib3 import DigestAuth as Urllib3DigestAuth
from digest_http_middleware import DigestAuthMiddleware
from digest_http_middleware.beside import Beside, basic, bearer
from digest_http_middleware.fastapi import DigestAuth as FastAPIDigestAuth
from digest_http_middleware.limits import Throttle
from digest_http_middleware.presence import LoggedIn
from digest_http_middleware.shared_presence import SharedLoggedIn

__all__ = ["DOORS", "Door"]

MD5 = by_name("MD5")


async def app(_scope: Any, _receive: Any, _send: Any) -> None:
    """An application."""


class Door(NamedTuple):
    """What makes the object, and good settings for what has no default. `{folder}` stands for a new folder."""

    make: Callable[..., Any]
    good: dict[str, Any]

    @property
    def keywords(self) -> set[str]:
        """The names of all its settings."""
        return set(inspect.signature(self.make).parameters)

    def opened(self, folder: Path, **settings: Any) -> Any:
        """The object, with other settings in place of the good ones."""
        good = {
            name: value.format(folder=folder) if isinstance(value, str) else value for name, value in self.good.items()
        }
        return self.make(**{**good, **settings})


def _nonces() -> NonceSource:
    return NonceSource(b"r", [b"k" * 32], b"00000001")


_SASL = {"service": "imap", "host": "mail.example.com"}

DOORS = {
    "DigestAuthMiddleware": Door(DigestAuthMiddleware, {"app": app, "users": {"alice": "s3cret"}, "realm": "wonder"}),
    "DigestAuth of FastAPI": Door(FastAPIDigestAuth, {"users": {"alice": "s3cret"}, "realm": "wonder"}),
    "Beside": Door(Beside, {"find": lambda _request: None}),
    "bearer": Door(bearer, {"check": lambda _token: None, "realm": "wonder"}),
    "basic": Door(basic, {"check": lambda _username, _password: None, "realm": "wonder"}),
    "Guard": Door(Guard, {"users": {"alice": "s3cret"}, "realm": "wonder"}),
    "Throttle": Door(Throttle, {}),
    "LoggedIn": Door(LoggedIn, {}),
    "SharedLoggedIn": Door(SharedLoggedIn, {"engine": create_engine("sqlite:///presence.db")}),
    "DigestAuth": Door(DigestAuth, {"username": "alice", "password": "s3cret"}),
    "DigestAuth of aiohttp": Door(DigestAuthOfAiohttp, {"username": "alice", "password": "s3cret"}),
    "DigestAuth of httpx2": Door(DigestAuth2, {"username": "alice", "password": "s3cret"}),
    "DigestAuth of requests": Door(RequestsDigestAuth, {"username": "alice", "password": "s3cret"}),
    "DigestAuth of niquests": Door(NiquestsDigestAuth, {"username": "alice", "password": "s3cret"}),
    "AsyncDigestAuth of niquests": Door(NiquestsAsyncDigestAuth, {"username": "alice", "password": "s3cret"}),
    "DigestAuth of urllib3": Door(Urllib3DigestAuth, {"username": "alice", "password": "s3cret"}),
    "DigestClient": Door(DigestClient, {"username": "alice", "password": "s3cret"}),
    "Acceptor": Door(Acceptor, {"realm": "r", "algorithms": [MD5], "nonces": _nonces()}),
    "NonceSource": Door(NonceSource, {"realm": b"r", "keys": [b"k" * 32], "epoch": b"00000001"}),
    "sequence_rule": Door(sequence_rule, {"sequence": "window"}),
    "Identity": Door(Identity, {"username": "alice", "password": "s3cret"}),
    "Preference": Door(Preference, {}),
    "KeyFile": Door(KeyFile, {"path": "{folder}/keys"}),
    "MappingUsers": Door(MappingUsers, {"passwords": {"alice": "s3cret"}, "realm": "r", "algorithms": [MD5]}),
    "CallableUsers": Door(CallableUsers, {"look_up": lambda _username, _realm, _algorithm: None}),
    "CachedUsers": Door(CachedUsers, {"users": MappingUsers({"alice": "s3cret"}, "r", [MD5])}),
    "HtdigestUsers": Door(HtdigestUsers, {"path": "{folder}/users", "realm": "r"}),
    "SQLUsers": Door(SQLUsers, {"engine": "sqlite:///{folder}/users.db"}),
    "SQLLogouts": Door(SQLLogouts, {"engine": "sqlite:///{folder}/logouts.db"}),
    "BlockingSQLLogouts": Door(BlockingSQLLogouts, {"engine": create_engine("sqlite://")}),
    "with_logouts": Door(
        with_logouts, {"users": MappingUsers({"alice": "s3cret"}, "r", [MD5]), "logouts": SQLLogouts("sqlite://")}
    ),
    "MemoryStore": Door(MemoryStore, {}),
    "PackedMemoryStore": Door(PackedMemoryStore, {}),
    "SQLiteStore": Door(SQLiteStore, {"path": "{folder}/nonces.db"}),
    "RedisStore": Door(RedisStore, {"connect": lambda: None}),
    "DigestMD5Client": Door(DigestMD5Client, {"username": "alice", "password": "s3cret", **_SASL}),
    "DigestMD5Server": Door(DigestMD5Server, {"users": {"alice": "s3cret"}, **_SASL}),
    "ServerSessions": Door(ServerSessions, {}),
    "ClientSessions": Door(ClientSessions, {}),
}


def rows() -> dict[str, dict[str, list[Any]]]:
    """Wrong values by door and keyword, from the modules of rows."""
    found: dict[str, dict[str, list[Any]]] = {}
    for name in ("http_rows", "source_rows", "sasl_rows"):
        found.update(importlib.import_module(f"tests.settings.{name}").ROWS)
    return found
