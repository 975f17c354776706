"""DigestBackend for Starlette's own AuthenticationMiddleware: `request.user`, `request.auth` and `@requires`.

A plug of the guard. Starlette gives a backend no body, so auth-int, which signs the body, is not to be had here: it is
had with DigestAuthMiddleware, which any Starlette app takes as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, ParamSpec, TypeAlias

from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, BaseUser
from starlette.authentication import requires as starlette_requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from digest_http.errors import ConfigurationError
from digest_http.guard import NO_CREDENTIALS, Guard, Refusal, Refused
from digest_http.httpauth.protocols import Users
from digest_http.secrecy import HoldsSecrets

from .asgi import ASGIApp, Headers, Message, Receive, Scope, Send
from .connections import Connection
from .identity import DigestUser, credentials_of
from .own_refusals import challenged
from .policies import AROUND, check_names
from .proof_layer import AuthenticationInfo, hand_over
from .verifier import Known, Verifier, names_auth_int

__all__ = ["DigestBackend", "DigestRefused", "StarletteUser", "requires"]

P = ParamSpec("P")
_Decorated: TypeAlias = Callable[P, Any]

#: Where the layer around the login finds whether anybody is known.
_KNOWN: Final = "digest_http.known"

#: What a request without credentials would be told.
_NOBODY: Final = Refused(Refusal(401, NO_CREDENTIALS, "Digest credentials are needed."))


class StarletteUser(DigestUser, BaseUser):
    """A DigestUser that is one of Starlette's users too."""

    __slots__ = ()


class DigestRefused(AuthenticationError):
    """A request that must not pass. `refusal` says why, in words for the client; `fields` go along with the answer."""

    def __init__(self, refusal: Refusal, fields: Headers) -> None:
        super().__init__(refusal.text)
        self.refusal: Final = refusal
        self.fields: Final = fields


class DigestBackend(AuthenticationBackend, HoldsSecrets):
    """Who it is, for Starlette. Make one for each realm, and give `middleware` to the app.

    `users`, `realm`: as for DigestAuthMiddleware. `policy`: its other settings, but for `protect`, `public`,
    `optional`, `answer`, `allow_preflight`, `proxy` and `max_body`. The routes say what needs a login: `@requires`.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        users: Mapping[str, str] | Users | Callable[..., object] | str,
        realm: str,
        **policy: Any,  # noqa: ANN401 - the guard knows the types of its settings
    ) -> None:
        check_names("DigestBackend", policy, AROUND, ["source_timeout"])
        if names_auth_int(policy.get("qop")):
            raise ConfigurationError(
                "qop has auth-int, which no backend can verify: Starlette gives it no body; leave qop out, or put "
                "DigestAuthMiddleware around the app"
            )
        if policy.get("proxy"):
            raise ConfigurationError("a backend of Starlette's is for servers: leave proxy out")
        self._verifier: Final = Verifier(users, realm, max_body=0, **policy)
        self.guard: Final[Guard] = self._verifier.guard

    @property
    def middleware(self) -> list[Middleware]:
        """What an app, a Mount or a Route takes as `middleware=`: the login, its answers, and the server's proof."""
        return [
            Middleware(_Answers, backend=self),
            Middleware(AuthenticationMiddleware, backend=self, on_error=self.on_error),
        ]

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """See AuthenticationBackend; None for a request without credentials. Raises DigestRefused for wrong ones."""
        scope = conn.scope
        found = await self._verifier.verify(Connection(scope, _no_body, self._verifier.connection_settings), scope)
        if isinstance(found, Refused):
            if found.reason == NO_CREDENTIALS:
                return None
            raise DigestRefused(found.refusal, await self._verifier.refuse(found, scope))
        if found.accepted is not None:
            scope["digest"] = found.digest
            request = found.accepted.context, found.accepted.message
            hand_over(scope, self.guard.proof_field, self.guard.refused_status, request)
        scope.get(_KNOWN, []).append(found)
        user = found.user
        starlette_user = user if isinstance(user, BaseUser) else StarletteUser(user.username, user.roles)
        return AuthCredentials(credentials_of(user).scopes), starlette_user

    @staticmethod
    def on_error(_conn: HTTPConnection, error: AuthenticationError) -> Response:
        """The answer to a request that must not pass; see AuthenticationMiddleware."""
        if not isinstance(error, DigestRefused):
            return AuthenticationMiddleware.default_on_error(_conn, error)
        answer = PlainTextResponse(f"{error.refusal.text}\n", error.refusal.status)
        answer.raw_headers.extend(error.fields)
        return answer

    async def start(self) -> None:
        """Load what is needed before the first request: call it in the app's lifespan.

        Raises ConfigurationError for a store that can never work. Without this call the first login finds it out.
        """
        await self._verifier.start()

    async def challenges(self, scope: Scope) -> Headers:
        """The challenges for a request without credentials."""
        return await self._verifier.challenges(_NOBODY, scope)

    def __repr__(self) -> str:
        return f"<DigestBackend of realm {self.guard.realm!r}>"


class _Answers:
    """Around the login: the proof goes on each answer to a user, and the challenges on each 401 to nobody."""

    def __init__(self, app: ASGIApp, backend: DigestBackend) -> None:
        self._proving: Final = AuthenticationInfo(app)
        self._backend: Final = backend

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._proving(scope, receive, send)
            return
        known: list[Known] = []

        async def challenges() -> Headers:
            return await self._backend.challenges(scope)

        asking = challenged(send, self._backend.guard.refused_status, challenges)

        async def send_by_who_it_is(message: Message) -> None:
            await (send if known else asking)(message)

        await self._proving({**scope, _KNOWN: known}, receive, send_by_who_it_is)


def requires(scopes: str | Sequence[str] = "authenticated") -> Callable[[_Decorated[P]], _Decorated[P]]:
    """Starlette's @requires with two answers: 401, which asks for a login, for nobody; 403 for who lacks a scope."""

    def decorate(route: _Decorated[P]) -> _Decorated[P]:
        return starlette_requires("authenticated", status_code=401)(starlette_requires(scopes)(route))

    return decorate


async def _no_body() -> Message:
    raise AssertionError("auth-int is not on offer here")
