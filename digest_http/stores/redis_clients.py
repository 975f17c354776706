"""Clients of redis-py from URLs: one server, Sentinel, Cluster; TLS as the library spells it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from digest_http.errors import ConfigurationError

from .redis_wire import Client, ClientOfPool, HeldConnection, ThroughClient, Wire

__all__ = ["SCHEMES", "connector"]

#: Our scheme -> the library's scheme, and which of its clients.
SCHEMES: Final = {
    "redis": ("redis", "server"),
    "rediss": ("rediss", "server"),
    "valkey": ("redis", "server"),
    "valkeys": ("rediss", "server"),
    "unix": ("unix", "socket"),
    "redis+cluster": ("redis", "cluster"),
    "rediss+cluster": ("rediss", "cluster"),
    "valkey+cluster": ("redis", "cluster"),
    "valkeys+cluster": ("rediss", "cluster"),
    "redis+sentinel": ("redis", "sentinel"),
    "rediss+sentinel": ("rediss", "sentinel"),
    "valkey+sentinel": ("redis", "sentinel"),
    "valkeys+sentinel": ("rediss", "sentinel"),
}

#: Seconds. A request waits source_timeout, which by default is longer than both.
_TIMEOUTS: Final = {"socket_timeout": 3.0, "socket_connect_timeout": 2.0}

_FORMS: Final = {
    "server": "'{}://user:password@host:6379/0'",
    "socket": "'{}://user:password@/run/redis.sock?db=0'",
    "cluster": "'{}://user:password@host:6379,host2:6379', without a database",
    "sentinel": "'{}://user:password@host:26379,host2:26379/service/0'",
}

#: Seconds for one sentinel: two that do not answer leave time for a third, and for the master (redis_wire.ANSWER).
_OF_A_SENTINEL: Final = 0.8

_PORT_OF_SERVER: Final = 6379
_PORT_OF_SENTINEL: Final = 26379

# node = ( name / "[" IPv6 address "]" ) [ ":" port ]
_node = re.compile(r"(?:(?P<name>[^\s:\[\],]+)|\[(?P<address>[^\s\[\],]+)\])(?::(?P<port>[0-9]{1,5}))?")


_database = re.compile(r"(?:/[0-9]*/?)?")

#: What the library would read out of a query too, or in place of what stands before it.
_PLACES: Final = {"host", "port", "path"}


def connector(url: str) -> Callable[[], Wire]:
    """A function that makes a wire to what a URL names; nothing is sent before the first step.

    `redis://`, `rediss://` (TLS), `unix://` as the library has them, with its query (`?ssl_ca_certs=...`);
    `valkey://`; `redis+cluster://host:port,host:port`, of which one must answer when a worker starts;
    `redis+sentinel://host:port,host:port/service/db`. Credentials and query settings are for all servers named; the
    sentinels themselves are asked without. The host has to be named. The library's own is this machine: in a fleet that
    lacks the address, each host would count for itself, and take what another one has accepted.
    Raises ConfigurationError for one that cannot work, without showing it: it may hold a password.
    """
    scheme, _, rest = url.partition("://")
    library_scheme, kind = SCHEMES[scheme]
    try:
        library = import_module("redis.asyncio")
    except ModuleNotFoundError as error:
        raise ConfigurationError("a store in Redis needs its client: pip install 'digest-http[redis]'") from error
    errors = import_module("redis.exceptions")
    make = {"server": _server, "socket": _socket, "cluster": _cluster, "sentinel": _sentinel}[kind]

    def connect() -> Wire:
        if _PLACES & parse_qs(urlsplit(url).query, keep_blank_values=True).keys():
            raise ValueError("a place in the query")
        return make(library, f"{library_scheme}://{rest}")

    try:
        connect()
    except (ValueError, TypeError, errors.RedisError, errors.RedisClusterException) as error:
        raise ConfigurationError(
            f"store '{scheme}://' has a URL that the Redis client does not accept; use {_FORMS[kind].format(scheme)}"
        ) from error
    return connect


def _server(library: ModuleType, url: str) -> Wire:
    parts = urlsplit(url)
    if len(_nodes(parts.netloc.rpartition("@")[2], _PORT_OF_SERVER)) > 1:
        raise ValueError("several servers are a cluster, or watched by Sentinel")
    _check_database(parts.path, parts.query)
    return HeldConnection(library.Redis.from_url(url, **_held(library)))


def _socket(library: ModuleType, url: str) -> Wire:
    parts = urlsplit(url)
    if parts.netloc.rpartition("@")[2] or parts.path.endswith("/") or not parts.path:
        raise ValueError("not the path of a file")
    return HeldConnection(library.Redis.from_url(url, **_held(library)))


def _cluster(library: ModuleType, url: str) -> Wire:
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    first, _, _ = hosts.partition(",")
    nodes = [library.cluster.ClusterNode(*node) for node in _nodes(hosts, _PORT_OF_SERVER)[1:]]
    url = parts._replace(netloc=f"{credentials}{at}{first}").geturl()
    return ThroughClient(library.RedisCluster.from_url(url, startup_nodes=nodes, **_TIMEOUTS))


def _sentinel(library: ModuleType, url: str) -> Wire:
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("no service name")
    _check_database(f"/{database}", parts.query)
    # The library reads credentials and query out of a URL of the master, whose address only the sentinels know.
    master = parts._replace(netloc=f"{credentials}{at}master", path=f"/{int(database or 0)}").geturl()
    settings = {**_held(library), **import_module("redis.asyncio.connection").parse_url(master)}
    settings["ssl"] = settings.pop("connection_class", None) is not None
    del settings["host"]
    # One that is down is not tried again: the next one may know the master.
    each = {"socket_timeout": _OF_A_SENTINEL, "socket_connect_timeout": _OF_A_SENTINEL, "retry": _once(library)}
    sentinel = library.sentinel.Sentinel(_nodes(hosts, _PORT_OF_SENTINEL), sentinel_kwargs=each)
    return HeldConnection(_Master(sentinel.master_for(service, **settings), sentinel.sentinels))


def _check_database(path: str, query: str) -> None:
    """Raises ValueError unless a database is named once, by its number: the library takes what is none for 0."""
    if _database.fullmatch(path) is None or (path.strip("/") and "db" in parse_qs(query, keep_blank_values=True)):
        raise ValueError("not the number of a database")


def _held(library: ModuleType) -> dict[str, Any]:
    # HeldConnection bounds the whole of an exchange, and it alone decides what is tried again.
    return {**_TIMEOUTS, "socket_timeout": None, "retry": _once(library)}


def _once(library: ModuleType) -> object:
    return library.retry.Retry(import_module("redis.backoff").NoBackoff(), 0)


def _nodes(text: str, default_port: int) -> list[tuple[str, int]]:
    """Host and port of each node of "host:port,[::1]:port,host". Raises ValueError."""
    found = [_node.fullmatch(node) for node in text.split(",")]
    nodes = [(each["name"] or each["address"], int(each["port"] or default_port)) for each in found if each is not None]
    if len(nodes) != len(found) or not all(0 < port <= 65535 for _, port in nodes):  # noqa: PLR2004 - 16 bits
        raise ValueError("not a list of nodes")
    return nodes


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
