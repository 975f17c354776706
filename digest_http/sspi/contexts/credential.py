"""Credentials handles, the credentials behind them, and the two identities that have settings of Digest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, NoReturn

from digest_http.httpauth.nonces import DEFAULT_LIFETIME, steady_clock
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.secrecy import HoldsSecrets
from digest_http.sspi.values.constants import CredentialUse, WinNTAuthFlags
from digest_http.sspi.values.identity import AuthIdentity, WinNTAuthIdentity

from .http_realms import HTTPService

__all__ = ["DEFAULT_REALM", "CredHandle", "Credential", "DigestAccounts", "DigestIdentity", "ServerSide"]

#: The realm of a server that names none. Active Directory keeps hashes for this realm and for the domain's names
#: (MS-SAMR, "Primary:WDigest - WDIGEST_CREDENTIALS Construction").
DEFAULT_REALM: Final = "Digest"

_CIPHERS: Final = ("3des", "rc4")


class DigestIdentity(WinNTAuthIdentity):
    """The user to log in as, with Digest's own settings; an extension.

    `algorithms`: only challenges with these RFC 7616 names are answered; None: with all that this Python has. `ciphers`
    are the accepted ciphers of DIGEST-MD5, best first. `random(n)` returns n random octets.
    """

    def __init__(
        self,
        username: str | None = None,
        domain: str | None = None,
        password: str | None = None,
        *,
        flags: WinNTAuthFlags | int = 0,
        package_list: str | None = None,
        algorithms: Iterable[str] | None = None,
        ciphers: Iterable[str] = _CIPHERS,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        super().__init__(username, domain, password, flags=flags, package_list=package_list)
        self.algorithms: Final = None if algorithms is None else tuple(algorithms)
        self.ciphers: Final = tuple(ciphers)
        self.random: Final = random


class DigestAccounts(AuthIdentity):
    """The users who may log in to a server; an extension. Windows asks its domain controller instead.

    `users` is a mapping of name to password, or an object with `ha1(username, realm, algorithm)` that is not
    asynchronous. `realm` is used if accept_security_context gets none. `random(n)` returns n random octets, `clock()`
    seconds since 1970.

    HTTP: `algorithms` are RFC 7616 names, and there is one challenge for each. `userhash`, `allow_rfc2069`, `lifetime`
    (of a nonce, in seconds) and `store` are as for the middleware.

    SASL: an empty `realm` offers none, and `users` is asked for the realm that the client names. `service` and `hosts`
    are what the digest-uri must name; None: anything. `ciphers` are offered. `authorize(username, realm, authzid)` says
    whether the user may act as `authzid`; default: only as the same user.
    """

    def __init__(
        self,
        users: Mapping[str, str] | Users,
        *,
        realm: str = DEFAULT_REALM,
        algorithms: Iterable[str] = ("MD5-sess",),
        userhash: bool = False,
        allow_rfc2069: bool = False,
        lifetime: float = DEFAULT_LIFETIME,
        store: NonceStore | None = None,
        service: str | None = None,
        hosts: Iterable[str] | None = None,
        ciphers: Iterable[str] = _CIPHERS,
        authorize: Callable[[str, str, str], bool] | None = None,
        clock: Callable[[], float] = steady_clock,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.users: Final = users
        self.realm: Final = realm
        self.algorithms: Final = tuple(algorithms)
        self.userhash: Final = userhash
        self.allow_rfc2069: Final = allow_rfc2069
        self.lifetime: Final = lifetime
        self.store: Final = store
        self.service: Final = service
        self.hosts: Final = None if hosts is None else tuple(hosts)
        self.ciphers: Final = tuple(ciphers)
        self.authorize: Final = authorize
        self.clock: Final = clock
        self.random: Final = random

    def __repr__(self) -> str:
        return f"<DigestAccounts of realm {self.realm!r}>"


class ServerSide(NamedTuple):
    """The part of a credential that accept_security_context needs."""

    accounts: DigestAccounts
    http: HTTPService


class Credential(HoldsSecrets):
    """One acquired credential. `identity` is for the client, `server` for the server; None: not acquired for this."""

    __slots__ = ("identity", "server", "use")

    def __init__(self, use: CredentialUse, identity: DigestIdentity | None, accounts: DigestAccounts | None) -> None:
        self.use: Final = use
        self.identity: Final = identity if use & CredentialUse.SECPKG_CRED_OUTBOUND else None
        self.server: Final = ServerSide(accounts, _http_service(accounts)) if accounts is not None else None

    def __repr__(self) -> str:
        return f"WDigest, {self.use!r}"


class CredHandle:
    """Credentials of one or both sides; made by acquire_credentials_handle, freed with its last reference."""

    digest_credential: Credential | None = None

    def __repr__(self) -> str:
        held = self.digest_credential
        return f"<{type(self).__name__} {held!r}>" if held is not None else f"<{type(self).__name__}, empty>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credentials handle cannot be pickled: a pickle would contain the password")


def _http_service(accounts: DigestAccounts) -> HTTPService:
    return HTTPService(
        accounts.users,
        default_realm=accounts.realm,
        algorithms=accounts.algorithms,
        userhash=accounts.userhash,
        allow_rfc2069=accounts.allow_rfc2069,
        lifetime=accounts.lifetime,
        store=accounts.store,
        clock=accounts.clock,
        random=accounts.random,
    )
