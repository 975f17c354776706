"""Clients of redis-py from URLs: one server, Sentinel, Cluster; TLS as the library spells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from digest_http.errors import ConfigurationError

from .redis_wire import Client, ClientOfPool, HeldConnection, ThroughClient, Wire

__all__ = ["SCHEMES", "connector"]

#: Our scheme -> the library's scheme, and which of its clients.
SCHEMES: Final = {
    "redis": ("redis", "server"),
    "rediss": ("rediss", "server"),
    "valkey": ("redis", "server"),
    "valkeys": ("rediss", "server"),
    "unix": ("unix", "server"),
    "redis+cluster": ("redis", "cluster"),
    "rediss+cluster": ("rediss", "cluster"),
    "redis+sentinel": ("redis", "sentinel"),
    "rediss+sentinel": ("rediss", "sentinel"),
}

#: Seconds. A request waits source_timeout, which by default is longer than both.
_TIMEOUTS: Final = {"socket_timeout": 3.0, "socket_connect_timeout": 2.0}


def connector(url: str) -> Callable[[], Wire]:
    """A function that makes a wire to what a URL names; nothing is sent before the first step.

    `redis://`, `rediss://` (TLS), `unix://` as the library has them, with its query (`?ssl_ca_certs=...`);
    `valkey://`; `redis+cluster://host:port`; `redis+sentinel://host:port,host:port/service/db`.
    Raises ConfigurationError for one that cannot work, without showing it: it may hold a password.
    """
    scheme, _, rest = url.partition("://")
    library_scheme, kind = SCHEMES[scheme]
    try:
        library = import_module("redis.asyncio")
    except ModuleNotFoundError as error:
        raise ConfigurationError("a store in Redis needs its client: pip install 'digest-http[redis]'") from error
    library_url = f"{library_scheme}://{rest}"
    # HeldConnection bounds the whole of an exchange, and it alone decides what is tried again.
    retry = library.retry.Retry(import_module("redis.backoff").NoBackoff(), 0)
    settings = {**_TIMEOUTS, "socket_timeout": None, "retry": retry}

    def connect() -> Wire:
        if kind == "cluster":
            return ThroughClient(library.RedisCluster.from_url(library_url, **_TIMEOUTS))
        if kind == "sentinel":
            return HeldConnection(_sentinel(library, library_url, settings))
        return HeldConnection(library.Redis.from_url(library_url, **settings))

    try:
        connect()
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"store '{scheme}://' has a URL that the Redis client does not take") from error
    return connect


def _sentinel(library: ModuleType, url: str, common: dict[str, Any]) -> ClientOfPool:
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("no service name")
    addresses = [(host, int(port or 26379)) for host, _, port in (h.partition(":") for h in hosts.split(","))]
    settings = {"db": int(database or 0), "ssl": parts.scheme == "rediss", **common}
    if credentials:
        settings |= {"username": unquote(user) or None, "password": unquote(password)}
    sentinel = library.sentinel.Sentinel(addresses, sentinel_kwargs=dict(_TIMEOUTS))
    return _Master(sentinel.master_for(service, **settings), sentinel.sentinels)


class _Master:
    """The client of a service's master; closing it closes those that ask the sentinels too."""

    def __init__(self, client: ClientOfPool, sentinels: Iterable[Client]) -> None:
        self._client: Final = client
        self._sentinels: Final = sentinels
        self.connection_pool: Final = client.connection_pool
        self.register_script: Final = client.register_script

    async def aclose(self) -> None:
        """See Client.aclose."""
        for client in (self._client, *self._sentinels):
            await client.aclose()
