"""DigestAuth for FastAPI: `Depends(digest)` verifies the request and gives the route its user.

A plug of the guard. The proxies in front and the log are those of the ASGI middleware.

FastAPI reads the body of a request before it calls a dependency. So auth-int, which signs the body, is not possible
here: the octets may be gone by then. It is possible with the middleware.
"""

# No `from __future__ import annotations`: FastAPI looks at the types of __call__ while the app runs, and it does not
# find the names of this file for an object.

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import HTTPException, Response, WebSocketException
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes

from digest_http import settings
from digest_http.errors import ConfigurationError
from digest_http.guard import NO_CREDENTIALS, Accepted, Guard, Observer, Refused, Throttle
from digest_http.guard.key_sources import KeyFile
from digest_http.httpauth.nonces import DEFAULT_LIFETIME
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.httpauth.sequence import DEFAULT_WINDOW

from .addresses import DEFAULT_CLIENT_HEADER
from .asgi import Message
from .beside import Beside
from .connections import Connection
from .fastapi_parts import DigestRefused, Scheme, component_name
from .identity import DigestUser, credentials_of
from .logouts import log_out
from .proof_layer import AuthenticationInfo, hand_over
from .roles import RoleSetting
from .source_timeouts import DEFAULT_TIMEOUT
from .verifier import Verifier, names_auth_int

__all__ = ["AuthenticationInfo", "DigestAuth", "DigestRefused", "DigestUser", "log_out"]

#: Where a request keeps who it is for each DigestAuth, so that none counts it twice.
_SEEN: Final = "digest_http.fastapi"


class DigestAuth(Scheme):
    """A dependency that verifies HTTP Digest (RFC 7616) and gives a `DigestUser`. Make one for each realm.

    `users`, `realm`, `algorithms`, `old_clients`, `store`, `keys`, `nonce_lifetime`, `sequence`, `window`, `userhash`,
    `allow_rfc2069`, `rfc2069_uses`, `proxy`, `beside`, `roles`, `stripped_prefix`, `rewritten_by`,
    `original_target_header`, `trusted_proxies`, `client_header`, `throttle`, `observers`, `source_timeout`, `clock`,
    `random`: as for the ASGI middleware and the guard. `qop`: auth, or [] for the form of RFC 2069. `scheme_name`: the
    name in the OpenAPI document, by default made of the realm. `description`: what OpenAPI says of it.

    The route finds the same in its request as behind the middleware: `request.user`, `request.auth` and
    `request.scope["digest"]`.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        users: Mapping[str, str] | Users | Callable[..., object] | str,
        realm: str,
        *,
        algorithms: Iterable[str] | None = None,
        qop: Iterable[str] | None = None,
        old_clients: bool = False,
        store: NonceStore | str = "memory://",
        keys: Sequence[bytes] | KeyFile | str | None = None,
        nonce_lifetime: float = DEFAULT_LIFETIME,
        sequence: str = "window",
        window: int = DEFAULT_WINDOW,
        userhash: bool = False,
        allow_rfc2069: bool = False,
        rfc2069_uses: int = 1,
        proxy: bool = False,
        beside: Iterable[Beside] = (),
        roles: RoleSetting = None,
        stripped_prefix: str = "",
        rewritten_by: str | None = None,
        original_target_header: str | None = None,
        trusted_proxies: Iterable[str] = (),
        client_header: str = DEFAULT_CLIENT_HEADER,
        throttle: Throttle | None = None,
        observers: Iterable[Observer] = (),
        source_timeout: float = DEFAULT_TIMEOUT,
        scheme_name: str | None = None,
        description: str | None = None,
        clock: Callable[[], float] | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._verifier: Final = Verifier(
            users,
            realm,
            algorithms=algorithms,
            qop=_without_bodies(qop),
            old_clients=old_clients,
            store=store,
            keys=keys,
            nonce_lifetime=nonce_lifetime,
            sequence=sequence,
            window=window,
            max_body=0,
            userhash=userhash,
            allow_rfc2069=allow_rfc2069,
            rfc2069_uses=rfc2069_uses,
            proxy=proxy,
            beside=beside,
            roles=roles,
            stripped_prefix=stripped_prefix,
            rewritten_by=rewritten_by,
            original_target_header=original_target_header,
            trusted_proxies=trusted_proxies,
            client_header=client_header,
            throttle=throttle,
            observers=observers,
            source_timeout=source_timeout,
            clock=clock,
            random=random,
        )
        self.guard: Final[Guard] = self._verifier.guard
        super().__init__(
            component_name(scheme_name, self.guard.realm),
            f"HTTP Digest, realm {self.guard.realm}"
            if description is None
            else settings.text("description", description, example="Log in with your name"),
        )
        self.optional: Final = OptionalDigestAuth(self._optional_user, self.scheme_name, self.model.description or "")
        """The same for routes that need no login: None for a request without Digest credentials."""

    async def __call__(self, connection: HTTPConnection, response: Response, scopes: SecurityScopes) -> DigestUser:
        """The user. Raises DigestRefused, or WebSocketException where a server cannot answer a handshake.

        `scopes`: those of `Security(digest, scopes=[...])`. Who lacks one of these roles gets 403.
        """
        user = await self._user(connection, response)
        if isinstance(user, Refused):
            raise await self._refusal(connection, user)
        return _with_roles(user, scopes, connection)

    async def start(self) -> None:
        """Load what is needed before the first request: call it in the app's lifespan.

        Raises ConfigurationError for a store that can never work. Without this call the first login finds it out.
        """
        await self._verifier.start()

    @property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        """What OpenAPI should say of refusals: for `responses=` of a route, a router or the app."""
        status = self.guard.refused_status
        field = "Proxy-Authenticate" if status == 407 else "WWW-Authenticate"  # noqa: PLR2004 - a status of HTTP
        return {
            status: {
                "description": f"Digest credentials for the realm {self.guard.realm} are needed",
                "headers": {field: {"description": "A Digest challenge", "schema": {"type": "string"}}},
            }
        }

    async def _optional_user(self, connection: HTTPConnection, response: Response) -> DigestUser | None:
        user = await self._user(connection, response)
        if not isinstance(user, Refused):
            return user
        if user.reason == NO_CREDENTIALS:
            return None
        raise await self._refusal(connection, user)

    async def _user(self, connection: HTTPConnection, response: Response) -> DigestUser | Refused:
        """Who it is, asked once a request: the second time the count would be a replay."""
        seen: dict[DigestAuth, DigestUser | Refused] = connection.scope.setdefault(_SEEN, {})
        if self not in seen:
            seen[self] = await self._verify(connection, response)
        return seen[self]

    async def _verify(self, connection: HTTPConnection, response: Response) -> DigestUser | Refused:
        scope = connection.scope
        found = await self._verifier.verify(Connection(scope, _no_body, self._verifier.connection_settings), scope)
        if isinstance(found, Refused):
            return found
        scope["user"], scope["auth"] = found.user, credentials_of(found.user)
        if found.accepted is not None:
            scope["digest"] = found.digest
            self._prove(connection, response, found.accepted)
        return found.user

    def _prove(self, connection: HTTPConnection, response: Response, accepted: Accepted) -> None:
        field, refused = self.guard.proof_field, self.guard.refused_status
        if not hand_over(connection.scope, field, refused, (accepted.context, accepted.message)):
            response.headers[field.decode()] = accepted.prove().decode("latin-1")

    async def _refusal(self, connection: HTTPConnection, refused: Refused) -> Exception:
        fields = await self._verifier.refuse(refused, connection.scope)
        if _cannot_answer(connection):
            return WebSocketException(1008, refused.reason)
        return DigestRefused(refused.refusal, fields)

    def __repr__(self) -> str:
        return f"<DigestAuth of realm {self.guard.realm!r}>"


class OptionalDigestAuth(Scheme):
    """A dependency that gives a `DigestUser`, or None for a request without Digest credentials: see `optional`.

    Credentials that are not right are refused, also here: the client may need a new nonce.
    """

    def __init__(
        self,
        user: Callable[[HTTPConnection, Response], Awaitable[DigestUser | None]],
        scheme_name: str,
        description: str,
    ) -> None:
        super().__init__(scheme_name, description)
        self._user: Final = user

    async def __call__(
        self, connection: HTTPConnection, response: Response, scopes: SecurityScopes
    ) -> DigestUser | None:
        """The user, if there is one. Raises as DigestAuth does."""
        user = await self._user(connection, response)
        return None if user is None else _with_roles(user, scopes, connection)


def _with_roles(user: DigestUser, scopes: SecurityScopes, connection: HTTPConnection) -> DigestUser:
    """The user, who must have each role that the route asks for."""
    lacking = [role for role in scopes.scopes if role not in credentials_of(user).scopes]
    if not lacking:
        return user
    if _cannot_answer(connection):
        raise WebSocketException(1008, "roles")
    raise HTTPException(403, "Your user does not have the role that is needed here.")


def _cannot_answer(connection: HTTPConnection) -> bool:
    """Whether a server can only close a handshake."""
    scope = connection.scope
    return scope["type"] == "websocket" and "websocket.http.response" not in (scope.get("extensions") or {})


async def _no_body() -> Message:
    raise AssertionError("auth-int is not on offer here")


def _without_bodies(qop: Iterable[str] | None) -> Iterable[str] | None:
    if names_auth_int(qop):
        raise ConfigurationError(
            "qop has auth-int, which no dependency can verify: FastAPI reads the body first; leave qop out, or put "
            "DigestAuthMiddleware around the app"
        )
    return qop
