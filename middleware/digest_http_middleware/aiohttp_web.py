"""DigestAuth for aiohttp.web: `DigestAuth(users=..., realm="...").setup(app)`.

A plug of the guard. The path rules, the proxies in front and the log are those of the ASGI middleware.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, cast

from aiohttp import web
from multidict import CIMultiDict

from digest_http import settings
from digest_http.errors import ConfigurationError
from digest_http.guard import NO_CREDENTIALS, Accepted, Guard, Refused
from digest_http.guard.uploads import DEFAULT_MAX_BODY
from digest_http.httpauth.protocols import Users
from digest_http.secrecy import HoldsSecrets

from .aiohttp_exchange import Exchange, root_of
from .asgi import Headers
from .held_bodies import check_spool_above
from .identity import UnauthenticatedUser
from .logouts import Login, end
from .own_refusals import has_challenge, with_challenges
from .paths import is_preflight, path_rule
from .policies import AROUND, BODIES, check_names
from .verifier import Verifier

__all__ = ["DIGEST", "USER", "DigestAuth", "log_out"]


def _text_key(name: str, _kind: type) -> str:
    return name


# Before aiohttp 3.14 a key was text, and now it warns of text.
_key: Any = getattr(web, "RequestKey", _text_key)

#: `request[USER]` is a DigestUser, or an UnauthenticatedUser where no credentials were needed.
USER: Final[Any] = _key("digest_user", object)

#: `request[DIGEST]` is how the request was verified (`Digest`), None for others.
DIGEST: Final[Any] = _key("digest", object)

#: What goes with the answer: the proof of a login, or the challenges of a request of nobody.
_OUTCOME: Final[Any] = _key("digest_http.outcome", object)

#: What log_out ends; outcomes of requests of nobody are not there.
_LOGIN: Final[Any] = _key("digest_http.login", object)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Rule = Callable[[web.Request], bool]

_BODILESS: Final = frozenset({101, 204, 304})


class DigestAuth(HoldsSecrets):
    """Protect an aiohttp app, or a sub-app, with HTTP Digest (RFC 7616).

    The settings are those of the ASGI middleware, but for `answer`; `policy` takes those of the guard and the rest. A
    callable `protect` is given the request. A prefix means the path as the routes of the app have it, so in a sub-app
    the path less the prefix that this was added with.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        users: Mapping[str, str] | Users | Callable[..., object] | str,
        realm: str,
        *,
        protect: Iterable[str] | Rule = ("/",),
        public: Iterable[str] = (),
        optional: bool = False,
        allow_preflight: bool = False,
        max_body: int = DEFAULT_MAX_BODY,
        spool_above: int | None = None,
        **policy: Any,  # noqa: ANN401 - the guard knows the types of its settings
    ) -> None:
        check_names("DigestAuth for aiohttp.web", policy, AROUND, BODIES, ["source_timeout"])
        self._verifier: Final = Verifier(users, realm, max_body=max_body, **policy)
        self.guard: Final[Guard] = self._verifier.guard
        self._spool_above: Final = check_spool_above(spool_above, max_body)
        self._optional: Final = settings.flag("optional", optional)
        self._allow_preflight: Final = settings.flag("allow_preflight", allow_preflight)
        self._by_request: Final = protect if callable(protect) else None
        self._needs_credentials: Final = path_rule(cast("Any", protect), public)

    def setup(self, app: web.Application) -> None:
        """Put the login around all other middlewares of `app`, the proof on its answers, and the start at its start."""
        root: str | None = None

        @web.middleware
        async def login(request: web.Request, handler: Handler) -> web.StreamResponse:
            nonlocal root
            if root is None:
                # Known when all apps are put together, and the same from then on.
                root = root_of(app, request.match_info.apps)
            return await self._serve(request, handler, root)

        async def start(_app: web.Application) -> None:
            await self._verifier.start()

        app.middlewares.insert(0, login)
        app.on_response_prepare.append(self._prepare)
        app.on_startup.append(start)

    @property
    def __middleware_version__(self) -> int:
        # aiohttp asks for it when its app starts: it would call an object among `middlewares`, and each answer be 500.
        raise ConfigurationError("DigestAuth itself is not a middleware: write DigestAuth(...).setup(app)")

    async def _serve(self, request: web.Request, handler: Handler, root: str) -> web.StreamResponse:
        exchange = Exchange(request, self._verifier.front, self.guard.max_body, self._spool_above, root)
        try:
            return await self._answer(exchange, request, handler)
        finally:
            if exchange.held is not None:
                exchange.held.close()

    async def _answer(self, exchange: Exchange, request: web.Request, handler: Handler) -> web.StreamResponse:
        free = self._passes_freely(exchange, request)
        if free and not self._optional:
            return await self._serve_nobody(request, handler)
        found = await self._verifier.verify(exchange, exchange.scope)
        if not isinstance(found, Refused):
            request[USER], request[DIGEST], request[_OUTCOME] = found.user, found.digest, found.accepted
            # An app around this one may have left its own.
            request[_LOGIN] = None if found.accepted is None else (self.guard, found.accepted)
        elif free and found.reason == NO_CREDENTIALS:
            request[_OUTCOME] = found, exchange
            return await self._serve_nobody(request, handler)
        else:
            fields = await self._verifier.refuse(found, exchange.scope)
            return web.Response(text=f"{found.text}\n", status=found.status, headers=_headers(fields))
        return await handler(request)

    def _passes_freely(self, exchange: Exchange, request: web.Request) -> bool:
        if self._by_request is not None:
            if not self._by_request(request):
                return True
        elif self._needs_credentials is not None and not self._needs_credentials(exchange.scope):
            return True
        return self._allow_preflight and is_preflight(exchange.scope)

    @staticmethod
    async def _serve_nobody(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Another login outside may have found somebody.
        if USER not in request:
            request[USER], request[DIGEST] = UnauthenticatedUser(), None
        return await handler(request)

    async def _prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """What goes with an answer, of whichever kind it is, just before its header is sent."""
        outcome: Accepted | tuple[Refused, Exchange] | None = request.get(_OUTCOME)
        refused = response.status == self.guard.refused_status
        if isinstance(outcome, Accepted):
            name = self.guard.proof_field.decode()
            # An app, or what it proxies, may have a field of that name: two would contradict each other.
            response.headers.pop(name, None)
            if not refused:
                response.headers[name] = outcome.prove(_body(request, response)).decode("latin-1")
        elif outcome is not None and refused:
            octets = [
                (name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in response.headers.items()
            ]
            if not has_challenge(octets):
                nobody, exchange = outcome
                challenges = await self._verifier.challenges(nobody, exchange.scope)
                headers = _headers(with_challenges(octets, challenges))
                response.headers.clear()
                response.headers.extend(headers)

    def __repr__(self) -> str:
        return f"<DigestAuth of realm {self.guard.realm!r}>"


async def log_out(request: web.Request, *, everywhere: bool = False) -> bool:
    """End the login of a request. False: it has none.

    `everywhere`: all logins of this user, on all devices. Call it before the answer begins. Raises SourceUnavailable
    and ConfigurationError as Guard.log_out_async does.
    """
    found: Login | None = request.get(_LOGIN)
    if found is None:
        return False
    await end(found, everywhere=everywhere)
    return True


def _headers(fields: Headers) -> CIMultiDict[str]:
    return CIMultiDict((name.decode(), value.decode("utf-8", "surrogateescape")) for name, value in fields)


def _body(request: web.Request, response: web.StreamResponse) -> bytes | None:
    """The octets that will be sent; None if they are not known yet: a stream, a file, or what will be compressed."""
    if request.method == "HEAD" or response.status in _BODILESS:
        return b""
    if not isinstance(response, web.Response) or response.compression:
        return None
    body = response.body
    if body is None:
        return b""
    return bytes(body) if isinstance(body, (bytes, bytearray)) else None
