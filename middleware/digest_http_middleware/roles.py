"""Roles of a user who was let in: from a setting, or from the source of users (RoledUsers).

They are asked for after a request was verified, so that no stranger causes a look-up. A source that fails means 503:
nobody is let in with fewer roles, or more, than he has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from inspect import isawaitable
from typing import Any, Final, TypeAlias, cast

from digest_http import settings
from digest_http.errors import SourceUnavailable
from digest_http.guard import Refusal, Refused
from digest_http.httpauth.protocols import RoledUsers, Users
from digest_http.httpauth.waiting import Wait
from digest_http.names import distinct_names

from .identity import checked_roles

__all__ = ["RoleSetting", "Roles", "down"]

#: A mapping of name to roles, or a function (username, realm) -> roles, plain or async.
RoleSetting: TypeAlias = (
    Mapping[str, Iterable[str]] | Callable[[str, str], "Iterable[str] | Awaitable[Iterable[str]]"] | None
)

_EXAMPLE: Final = "roles_of, with def roles_of(username, realm)"


class Roles:
    """Asks for the roles of a user. Without a setting and without RoledUsers everybody has none.

    Raises ConfigurationError for a setting that cannot work.
    """

    __slots__ = ("_find", "given")

    def __init__(self, setting: RoleSetting, users: Users) -> None:
        self._find: Final[Callable[[str, str], Any]] = _finder(setting, users)
        #: False: nobody has roles, and nothing needs to be asked.
        self.given: Final = self._find is not _none

    async def of(self, username: str, realm: str, wait: Wait) -> tuple[str, ...] | Refused:
        """The roles, each once, in order; or the refusal of a source that is down."""
        try:
            found = self._find(username, realm)
            return checked_roles(await wait(found) if isawaitable(found) else found)
        except Exception as error:  # noqa: BLE001 - whatever a source raises
            return down(error)


def down(cause: BaseException) -> Refused:
    """The refusal of a source that failed: 503."""
    unavailable = SourceUnavailable("The source of users is down; try again later", reason="users-down")
    return Refused(Refusal.of_error(unavailable, unavailable.http_status), None, None, cause)


def _finder(setting: RoleSetting, users: Users) -> Callable[[str, str], Any]:
    if setting is None:
        return users.roles if isinstance(users, RoledUsers) else _none
    if isinstance(setting, Mapping):
        given: Mapping[str, object] = cast("Any", setting)
        table = {name: _listed(name, given[spelt]) for name, spelt in distinct_names(given, "roles").items()}
        return lambda username, _realm: table.get(username, ())
    return settings.function("roles", setting, 2, example=_EXAMPLE)


def _listed(name: str, roles: object) -> tuple[str, ...]:
    setting = f"roles[{name!r}]"
    names = settings.items(setting, roles, f"a list of roles, for instance {setting}=['editor']", empty=True)
    return tuple(settings.text(setting, each, example="editor") for each in names)


def _none(_username: str, _realm: str) -> tuple[str, ...]:
    return ()
