"""Whom a client speaks for: one user everywhere, or for each realm whom a source names when it is asked."""

from __future__ import annotations

import inspect
from threading import Lock
from typing import Final, NamedTuple, cast

from digest_http.encoding import octets_to_text
from digest_http.errors import ConfigurationError
from digest_http.forks import ForkAware
from digest_http.secrecy import HoldsSecrets
from digest_http.settings import function

from .client_identity import Identity
from .credential_sources import Asked, CredentialSource, Login
from .protection_spaces import OriginSpaces

__all__ = ["Logins", "Wanted"]

#: How often one call asks: for a realm that is new, and after a refusal. A server that names a new realm each time is
#: not asked for without end.
MAX_ASKED: Final = 2


#: Name and password.
PAIR: Final = 2


class Wanted(NamedTuple):
    """Credentials that are needed to go on: for which realm of which origin, and what was refused."""

    spaces: OriginSpaces
    realm: bytes
    refused: Identity | None


class Logins(ForkAware, HoldsSecrets):
    """The user that was named, or the source that is asked. Threads may share it.

    Raises ConfigurationError for both or neither of them, and for what `Identity` refuses.
    """

    __slots__ = ("_asking", "_charset", "_field_charset", "fixed", "source")

    def __init__(
        self,
        username: str | bytes | None,
        password: str | bytes | None,
        credentials: CredentialSource | None,
        *,
        charset: str,
        field_charset: str | None,
    ) -> None:
        self._charset: Final = charset
        self._field_charset: Final = field_charset
        self._asking = Lock()
        #: The user of all realms; None if a source is asked.
        self.fixed: Final = None if credentials is not None else self._identity(username, password)
        self.source: Final = credentials
        if credentials is None:
            return
        if not callable(cast("object", credentials)):
            # Not shown: a name and a password in place of what gives them are the likeliest mistake.
            kind = type(credentials).__name__
            raise ConfigurationError(f"credentials is of the type {kind}; write a function, for instance from_netrc()")
        function("credentials", credentials, 1, example="from_netrc()")
        if username is not None or password is not None:
            raise ConfigurationError(
                "credentials is given together with username or password: write only one of the two"
            )
        # What stands in the settings is checked now, not when somebody asks.
        self._identity("name", "")
        super().__init__()

    def after_fork_in_child(self) -> None:
        """See ForkAware: whoever was being asked is asked in the parent."""
        self._asking = Lock()

    def known_for(self, spaces: OriginSpaces, realm: bytes) -> Identity | None:
        """The user for a realm; None if the source has not been asked yet, or had none."""
        return self.fixed or spaces.identity_for(realm)

    def ask(self, wanted: Wanted) -> None:
        """Ask a blocking source. Raises ConfigurationError for one that is asynchronous, and what the source raises."""
        # One prompt at a time; who waits meanwhile takes what the one before was told.
        with self._asking:
            if self._was_told(wanted):
                return
            found = self._put(wanted)
            if inspect.isawaitable(found):
                if inspect.iscoroutine(found):
                    found.close()
                raise ConfigurationError(
                    "credentials is asynchronous, and this client is not: write a function that is not asynchronous"
                )
            self._take(wanted, found)

    async def aask(self, wanted: Wanted) -> None:
        """Ask a source of either kind. Tasks that start together may each ask."""
        if self._was_told(wanted):
            return
        found = self._put(wanted)
        if inspect.isawaitable(found):
            found = await found
        self._take(wanted, found)

    def _put(self, wanted: Wanted) -> object:
        scheme, host, port = wanted.spaces.origin
        asked = Asked(host, port, scheme, octets_to_text(wanted.realm), wanted.refused is not None)
        return None if self.source is None else self.source(asked)

    def _was_told(self, wanted: Wanted) -> bool:
        known = wanted.spaces.identity_for(wanted.realm)
        return known is not None and known is not wanted.refused

    def _take(self, wanted: Wanted, found: object) -> None:
        if found is None:
            return
        if not isinstance(found, tuple) or len(cast("tuple[object, ...]", found)) != PAIR:
            raise ConfigurationError(
                "credentials returned neither a pair of name and password nor None; return one of them"
            )
        username, password = cast("Login", found)
        identity = self._identity(username, password)
        if wanted.refused is None or not identity.is_same_as(wanted.refused):
            wanted.spaces.take_identity(wanted.realm, identity)

    def _identity(self, username: str | bytes | None, password: str | bytes | None) -> Identity:
        # Identity refuses None by name, as it does other types.
        return Identity(
            cast("str", username), cast("str", password), charset=self._charset, field_charset=self._field_charset
        )

    @property
    def whom(self) -> str:
        """For whom, in a repr: the name in quotes, or that it is asked for."""
        return "whom a source names" if self.fixed is None else ascii(self.fixed.username)

    def __repr__(self) -> str:
        return f"<Logins of {self.whom}>"
