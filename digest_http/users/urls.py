"""Users from URLs: `htdigest:///file` and those of SQLAlchemy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlencode

from digest_http.errors import ConfigurationError
from digest_http.httpauth.protocols import Users
from digest_http.setting_urls import no_fragment, parts_of, query_of
from digest_http.settings import seconds

from .cached import CachedUsers
from .htdigest import HtdigestUsers

__all__ = ["from_url", "htdigest_file"]

#: What a URL of users may begin with, in front of the driver.
DATABASES: Final = frozenset({"sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql"})


def from_url(url: str, realm: str) -> Users:
    """Users of a realm from a URL; `?cache=SECONDS` puts a cache in front of them, `?table=NAME` names a SQL table.

    `htdigest:///relative` or `htdigest:////absolute/path`; `sqlite:///users.db`, `postgresql+asyncpg://...`.
    Raises ConfigurationError for any other, without showing it: it may hold a password.
    """
    parts = parts_of("users", url, "write 'htdigest:///file' or 'sqlite:///users.db'")
    settings = query_of("users", parts)
    life = settings.pop("cache", None)
    if parts.scheme == "htdigest":
        users: Users = HtdigestUsers(htdigest_file(url, settings), realm)
    elif parts.scheme.partition("+")[0] in DATABASES:
        table = settings.pop("table", "digest_users")
        users = _sql(f"{url.partition('?')[0]}?{urlencode(settings)}".rstrip("?"), table)
    else:
        raise ConfigurationError(
            f"users {parts.scheme + '://'!r} are not known; use 'htdigest:///file', or a database as 'sqlite:///users.db'"
        )
    return users if life is None else CachedUsers(users, _seconds(life))


def htdigest_file(url: str, settings: Mapping[str, str]) -> str:
    """The path in an htdigest URL. `settings`: those that no part has taken. Raises ConfigurationError."""
    parts = parts_of("users", url, "write 'htdigest:///file'")
    no_fragment("users", url)
    path = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not path or settings:
        raise ConfigurationError(
            "users 'htdigest:///file' take a path, and ?cache=SECONDS; write three slashes before a relative path, "
            "four before an absolute one"
        )
    return path


def _sql(url: str, table: str) -> Users:
    try:
        from .sql import SQLUsers  # noqa: PLC0415 - only this needs the extra
    except ModuleNotFoundError as error:
        raise ConfigurationError("users in a database need SQLAlchemy: pip install 'digest-http[sql]'") from error
    return SQLUsers(url, table)


def _seconds(text: str) -> float:
    try:
        life = float(text)
    except ValueError:
        raise ConfigurationError(f"?cache={text}: give a number of seconds") from None
    return seconds("?cache", life, example=5)
