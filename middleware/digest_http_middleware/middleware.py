"""DigestAuthMiddleware: HTTP Digest for any ASGI app.

The plug only: it gives a request to the guard, which verifies it (digest_http.guard), and turns the outcome into an
answer or a call of the app.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from logging import DEBUG
from typing import Any, Final, cast

from digest_http import settings, stores
from digest_http.errors import DigestError
from digest_http.guard import NO_CREDENTIALS, Accepted, Guard, Observer, Refused, Throttle
from digest_http.guard.key_sources import KeyFile
from digest_http.httpauth.nonces import DEFAULT_LIFETIME
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.httpauth.sequence import DEFAULT_WINDOW
from digest_http.secrecy import HoldsSecrets

from .addresses import DEFAULT_CLIENT_HEADER
from .admission import ANSWER, ASK, CALL, LATER, WAIT, Admission
from .apps import asgi_app
from .asgi import ASGIApp, Headers, Receive, Scope, Send
from .beside import Beside, Others
from .bodies import DEFAULT_MAX_BODY, Disconnected
from .browsers import warn_of_realm
from .connections import ConnectionSettings
from .events import log_accepted, log_beside, logger
from .exchanges import Exchange
from .fronts import Front
from .held_bodies import check_spool_above
from .identity import ANYONE, credentials_of
from .logouts import LOGIN
from .nonce_keys import keys_of
from .own_refusals import challenged
from .paths import Rule, is_preflight, path_rule
from .refusals import Answer
from .refusing import Refusing
from .roles import Roles, RoleSetting
from .source_timeouts import DEFAULT_TIMEOUT, SourceTimeout
from .startup import started
from .throttles import awaiting
from .workers_apart import WorkersApart

__all__ = ["DigestAuthMiddleware"]

#: What a function that makes bodies looks like, for errors.
_ANSWER: Final = "body_of, with def body_of(scope, refusal) -> (media type, octets)"


class DigestAuthMiddleware(HoldsSecrets):
    """Protect `app` with HTTP Digest (RFC 7616).

    `users`: a mapping of name to password, an object of the Users protocol, a callable
    (username, realm, algorithm) -> H(A1), or a URL. `realm`: the name of the area; users see it, and it is part of
    every H(A1).

    `algorithms`, `qop`: what is offered, in order of preference. Default of `algorithms`: those of SHA-256 and MD5 for
    which all users have a hash; of `qop`: auth. `old_clients`: offer MD5 and auth, which all clients know. `store`: a
    NonceStore or a URL. `keys`: the secrets that sign nonces, newest first, 16 octets at least each, or text or a
    KeyFile (guard/key_sources.py); by default the environment variable DIGEST_HTTP_KEYS, else a random key, which
    several workers do not share. `nonce_lifetime`: seconds in which the head of a request must arrive. `sequence`:
    "window" (counts in any order within `window`) or "strict" (only the next count). `max_body`: octets that auth-int
    may hold back, of requests and of responses. `spool_above`: octets of a body that may be in memory; the rest of a
    longer request goes into a file, and a longer response is not held back. `userhash`, `allow_rfc2069`,
    `allow_preflight`: off by default. `proxy`: answer 407 and use the Proxy- fields.
    `protect`, `public`: path prefixes, or a callable of the scope. `optional`: where no credentials are needed, verify
    Digest credentials if there are some, and add the challenges to the app's own 401. `beside`: other ways to log in
    (beside.py). `roles`: a mapping of name to roles, or a function (username, realm); by default those of `users`
    (RoledUsers).
    `stripped_prefix`: the path prefix that a proxy in front removes. `rewritten_by`: the proxy that rewrites paths,
    "nginx", "apache" or "caddy". `original_target_header`: the field in which a proxy puts the original target.
    `trusted_proxies`: the addresses and networks of proxies in front, which tell the client's address in
    `client_header`. `throttle`: a limiter of failed logins. `observers`: functions that are called with an Event for
    each request (digest_http.guard). `answer`: custom bodies for refusals. `source_timeout`: how many seconds the users
    or the store may take. `clock`, `random`: for tests.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        app: ASGIApp,
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
        max_body: int = DEFAULT_MAX_BODY,
        spool_above: int | None = None,
        userhash: bool = False,
        allow_rfc2069: bool = False,
        allow_preflight: bool = False,
        proxy: bool = False,
        protect: Iterable[str] | Rule = ("/",),
        public: Iterable[str] = (),
        optional: bool = False,
        beside: Iterable[Beside] = (),
        roles: RoleSetting = None,
        stripped_prefix: str = "",
        rewritten_by: str | None = None,
        original_target_header: str | None = None,
        trusted_proxies: Iterable[str] = (),
        client_header: str = DEFAULT_CLIENT_HEADER,
        throttle: Throttle | None = None,
        observers: Iterable[Observer] = (),
        answer: Answer | None = None,
        source_timeout: float = DEFAULT_TIMEOUT,
        clock: Callable[[], float] | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._max_body = settings.number("max_body", max_body, 0, example=DEFAULT_MAX_BODY)
        checked_spool_above = check_spool_above(spool_above, max_body)
        self.app = asgi_app(app)
        self.store = stores.open_store(store)
        nonce_keys = keys_of(keys, self.store)
        self.guard = guard = Guard(
            users,
            realm,
            algorithms=algorithms,
            qop=qop,
            old_clients=old_clients,
            store=self.store,
            keys=nonce_keys,
            nonce_lifetime=nonce_lifetime,
            sequence=sequence,
            window=window,
            max_body=max_body,
            userhash=userhash,
            allow_rfc2069=allow_rfc2069,
            proxy=proxy,
            throttle=awaiting(throttle),
            observers=observers,
            logger="digest_http.middleware",
            clock=clock,
            random=random,
        )
        self.users = guard.users
        self._realm = guard.realm
        self._wait = SourceTimeout(source_timeout).wait
        warn_of_realm(guard.realm)
        self._allow_preflight = settings.flag("allow_preflight", allow_preflight)
        self._needs_credentials = path_rule(protect, public, app)
        self._some_pass_freely = self._needs_credentials is not None or self._allow_preflight
        self._optional = settings.flag("optional", optional)
        self._others = Others(beside, guard.observing, guard.throttling, proxy=proxy)
        self._has_others = bool(self._others)
        self._roles = Roles(roles, guard.users)
        self._front = Front(stripped_prefix, rewritten_by, original_target_header, trusted_proxies, client_header)
        refusing = Refusing(
            guard,
            self._wait,
            self._front,
            others=self._others,
            answer=None if answer is None else settings.function("answer", answer, 2, example=_ANSWER),
            workers_apart=WorkersApart(self.store, nonce_keys, guard.now),
            max_body=self._max_body,
        )
        self._refuse, self._challenges = refusing.refuse, refusing.challenges
        asks_others = self._has_others or (self._some_pass_freely and self._optional)
        admission = Admission(
            guard,
            self._wait,
            ConnectionSettings(self._front, guard, self._max_body, checked_spool_above),
            asks_roles=self._roles.given,
            asks_others=asks_others,
            refusing=refusing,
            refuses_alike=answer is None and not asks_others and not guard.covers_bodies,
        )
        self._admit, self._identify = admission.admit, admission.identify
        self._refused_by = guard.examination.refused_by

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: C901, PLR0912 - one coroutine
        """Serve one connection: http and websocket scopes are verified, lifespan passes.

        Raises ValueError for any other kind, as ASGI asks: what cannot be verified is not let through.
        """
        kind = scope["type"]
        if kind != "http" and kind != "websocket":  # noqa: PLR1714 - less than to look into a tuple of both
            if kind != "lifespan":
                raise ValueError(f"DigestAuthMiddleware cannot verify a connection of the ASGI type {kind!r}")
            if await started(self.guard, self._wait, receive, send):
                await self.app(scope, receive, send)
            return
        free = self._some_pass_freely and self._passes_freely(scope)
        if free and not self._optional:
            await self.app({**ANYONE, **scope}, receive, send)
            return
        exchange: Exchange | None = None
        try:
            try:
                way, first, second, third = self._admit(scope, receive, send)
                while way == WAIT:
                    exchange = first
                    try:
                        answer = await second
                    except DigestError as error:
                        way, second = ASK, cast("Any", self._refused_by(error, third[2]))
                    else:
                        way, first, second, third = self._admit(scope, receive, send, exchange, third, answer)
            except Disconnected:
                return
            if way == CALL:
                await self.app(first, second, third)
            elif way == ANSWER:
                await send(first)
                await send(second)
            elif way == LATER:
                await first
            else:
                exchange = first
                await self._serve(first, second, (scope, receive, send), free=free)
        finally:
            if exchange is not None and exchange.held is not None:
                exchange.held.close()

    async def _serve(
        self,
        exchange: Exchange,
        outcome: Accepted | Refused | Awaitable[Accepted | Refused],
        connection: tuple[Scope, Receive, Send],
        *,
        free: bool,
    ) -> None:
        """Serve a request for which observers, other ways to log in, roles or the log have to be asked."""
        try:
            if not isinstance(outcome, (Accepted, Refused)):
                outcome = await outcome
        except Disconnected:
            return
        if isinstance(outcome, Refused):
            if (free or self._has_others) and outcome.refusal.reason == NO_CREDENTIALS:
                await self._otherwise(outcome, exchange, connection, free=free)
            else:
                await self._send_refused(outcome, connection)
            return
        roles: tuple[str, ...] = ()
        if self._roles.given:
            found = await self._roles.of(outcome.username, self._realm, self._wait)
            if isinstance(found, Refused):
                await self._send_refused(found, connection)
                return
            roles = found
        if logger.isEnabledFor(DEBUG):
            log_accepted(connection[0], outcome.context, self._front.client)
        _, identified, receive, send = self._identify(exchange, outcome, roles, *connection)
        await self.app(identified, receive, send)

    async def _otherwise(
        self, refused: Refused, request: Exchange, connection: tuple[Scope, Receive, Send], *, free: bool
    ) -> None:
        """Serve a request without Digest credentials."""
        scope, receive, send = connection
        found = await self._others.find(scope, self._wait, request, refused) if self._has_others else None
        if isinstance(found, Refused):
            await self._send_refused(found, connection)
        elif found is not None:
            log_beside(scope, found.username, self._front.client)
            known = {**scope, "user": found, "auth": credentials_of(found)}
            # A layer outside may have left its own: this user has not come by Digest.
            known.pop("digest", None)
            known.pop(LOGIN, None)
            await self.app(known, receive, send)
        elif free:

            async def challenges() -> Headers:
                fields = self._challenges(refused, scope)
                return fields if isinstance(fields, list) else await fields

            await self.app({**ANYONE, **scope}, receive, challenged(send, self.guard.refused_status, challenges))
        else:
            await self._send_refused(refused, connection)

    async def _send_refused(self, refused: Refused, connection: tuple[Scope, Receive, Send]) -> None:
        refusing = self._refuse(refused, *connection)
        if isinstance(refusing, tuple):
            for message in refusing:
                await connection[2](message)
        else:
            await refusing

    def _passes_freely(self, scope: Scope) -> bool:
        if self._needs_credentials is not None and not self._needs_credentials(scope):
            return True
        return self._allow_preflight and is_preflight(scope)
