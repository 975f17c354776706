"""Credentials handles, what stands behind them, and the two identities that say more than a name and a password."""

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

#: The realm of a server that names none. Active Directory keeps hashes for this one beside those of the domain's names
#: (MS-SAMR, "Primary:WDigest - WDIGEST_CREDENTIALS Construction").
DEFAULT_REALM: Final = "Digest"

_CIPHERS: Final = ("3des", "rc4")


class DigestIdentity(WinNTAuthIdentity):
    """Whom to log in as, with Digest's own settings; an extension.

    `algorithms` limits what challenges are answered, by RFC 7616 names; None: all that this Python has. `ciphers` are
    those of DIGEST-MD5, best first. `random(n)` gives n octets.
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
    """The users that a server lets in; an extension. Windows asks its domain controller instead.

    `users` is a mapping of name to password or an object with `ha1(username, realm, algorithm)` that answers at once.
    `realm` is used where accept_security_context is given none. HTTP: `algorithms` by RFC 7616 names, one challenge
    each; `userhash`, `allow_rfc2069`, `lifetime` (seconds of a nonce) and `store` as for the middleware. SASL: an
    empty `realm` offers none, and the one that the client names is asked for; what the digest-uri must name (`service`,
    `hosts`; None: anything), `ciphers`, and `authorize(username, realm, authzid)`.
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
    """What accept_security_context needs."""

    accounts: DigestAccounts
    http: HTTPService


class Credential(HoldsSecrets):
    """One acquired credential: `identity` for the client's side, `server` for the other; None: not acquired for it."""

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
        raise TypeError("a credentials handle is not pickled: a pickle would hold the password")


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
