"""DigestAuthMiddleware for WSGI apps (PEP 3333): Flask, Django, Pyramid, plain ones.

A plug of the guard. The path rules, the proxies in front and the log are those of the ASGI middleware: a request is
shown to them as a scope (wsgi_requests.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Any

from digest_http import settings, stores
from digest_http.errors import ConfigurationError
from digest_http.guard import NO_CREDENTIALS, Guard, Refused, Throttle
from digest_http.guard.key_sources import KeyFile
from digest_http.guard.pauses import outcome_now
from digest_http.guard.uploads import DEFAULT_MAX_BODY
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.httpauth.waiting import at_once, run
from digest_http.secrecy import HoldsSecrets

from .addresses import DEFAULT_CLIENT_HEADER
from .apps import wsgi_app
from .asgi import Headers
from .beside import Beside, Others
from .browsers import warn_of_realm
from .content_lengths import announces_more
from .events import log_accepted, log_beside, log_refused
from .fronts import Front
from .held_bodies import check_spool_above, most_held
from .hints import hint
from .identity import Digest, DigestUser
from .logouts import LOGIN
from .logouts import log_out_at_once as log_out
from .nonce_keys import keys_of
from .own_refusals import has_challenge, with_challenges
from .paths import Rule, is_preflight, path_rule
from .policies import AROUND, BODIES, check_names
from .refusal_messages import RETRY_AFTER, UNAVAILABLE
from .roles import Roles, RoleSetting
from .throttles import blocking
from .workers_apart import WorkersApart
from .wsgi_bodies import ClosedWith
from .wsgi_proof import proved
from .wsgi_requests import Environ, Exchange, StartResponse, WSGIApp

__all__ = ["DigestAuthMiddleware", "log_out"]


class DigestAuthMiddleware(HoldsSecrets):
    """Protect a WSGI `app` with HTTP Digest (RFC 7616).

    The settings are those of the ASGI middleware, without `answer` and `source_timeout`; `policy` takes those of the
    guard (digest_http.guard.Guard): algorithms, qop, old_clients, nonce_lifetime, sequence, window, userhash,
    allow_rfc2069, rfc2069_uses, proxy, observers, clock, random. A callable `protect`, and each way in `beside`, is
    given the environ.

    The app finds REMOTE_USER (the name, in UTF-8, one octet a character, as PEP 3333 has all text), AUTH_TYPE, and
    "digest_http.digest" and "digest_http.user", objects of `Digest` and `DigestUser`. The body is still to be read.

    Raises ConfigurationError for a setting that cannot work. Users and stores that are asynchronous (Redis) cannot:
    WSGI blocks.
    """

    def __init__(
        self,
        app: WSGIApp,
        users: Mapping[str, str] | Users | Callable[..., object] | str,
        realm: str,
        *,
        store: NonceStore | str = "memory://",
        keys: Sequence[bytes] | KeyFile | str | None = None,
        max_body: int = DEFAULT_MAX_BODY,
        spool_above: int | None = None,
        allow_preflight: bool = False,
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
        **policy: Any,  # noqa: ANN401 - the guard knows the types of its settings
    ) -> None:
        check_names("DigestAuthMiddleware for WSGI", policy, AROUND, BODIES)
        self.app = wsgi_app(app)
        self.store = _blocking(stores.open_store(store))
        nonce_keys = keys_of(keys, self.store)
        policy.setdefault("logger", "digest_http.middleware")
        self.guard = guard = Guard(
            users, realm, store=self.store, keys=nonce_keys, max_body=max_body, throttle=blocking(throttle), **policy
        )
        if iscoroutinefunction(guard.users.ha1):
            raise ConfigurationError("users are asynchronous, and WSGI cannot await them: write users that are not")
        self._spool_above = check_spool_above(spool_above, guard.max_body)
        self._most_held = most_held(guard.max_body, spool_above)
        self._workers_apart = WorkersApart(self.store, nonce_keys, guard.now)
        warn_of_realm(guard.realm)
        self._allow_preflight = settings.flag("allow_preflight", allow_preflight)
        self._by_environ = protect if callable(protect) else None
        self._needs_credentials = path_rule(protect, public)
        self._optional = settings.flag("optional", optional)
        self._others = Others(beside, guard.observing, guard.throttling, proxy=bool(policy.get("proxy")))
        self._roles = Roles(roles, guard.users)
        self._front = Front(stripped_prefix, rewritten_by, original_target_header, trusted_proxies, client_header)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        exchange = Exchange(environ, self._front, self.guard.max_body, self._spool_above)
        try:
            answer = self._serve(exchange, start_response)
        except BaseException:
            if exchange.held is not None:
                exchange.held.close()
            raise
        return answer if exchange.held is None else ClosedWith(answer, exchange.held)

    def _serve(self, exchange: Exchange, start_response: StartResponse) -> Iterable[bytes]:
        environ, free = exchange.environ, self._passes_freely(exchange)
        if free and not self._optional:
            return self.app(environ, start_response)
        outcome = outcome_now(self.guard.examine(exchange, at_once))
        if isinstance(outcome, Refused):
            if outcome.reason == NO_CREDENTIALS:
                return self._otherwise(outcome, exchange, start_response, free=free)
            return self._refuse(outcome, exchange, start_response)
        roles = run(self._roles.of(outcome.username, outcome.realm, at_once)) if self._roles.given else ()
        if isinstance(roles, Refused):
            return self._refuse(roles, exchange, start_response)
        log_accepted(exchange.scope, outcome.context, self._front.client)
        self._identify(DigestUser(outcome.username, roles), environ)
        environ["AUTH_TYPE"] = "Digest"
        environ["digest_http.digest"] = Digest(
            outcome.username, outcome.realm, outcome.algorithm, outcome.qop, outcome.nc
        )
        environ[LOGIN] = self.guard, outcome
        return proved(self.app, environ, start_response, (outcome, self.guard, self._most_held))

    def _otherwise(
        self, refused: Refused, exchange: Exchange, start_response: StartResponse, *, free: bool
    ) -> Iterable[bytes]:
        """Serve a request without Digest credentials."""
        environ = exchange.environ
        found = run(self._others.find(environ, at_once, exchange, refused))
        if isinstance(found, Refused):
            return self._refuse(found, exchange, start_response)
        if found is not None:
            log_beside(exchange.scope, found.username, self._front.client)
            # A layer outside may have left its own: this user has not come by Digest.
            environ.pop("AUTH_TYPE", None)
            environ.pop("digest_http.digest", None)
            environ.pop(LOGIN, None)
            self._identify(found, environ)
            return self.app(environ, start_response)
        if not free:
            return self._refuse(refused, exchange, start_response)

        def start_with_challenges(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:  # noqa: ANN401 - the server's own
            if status.startswith(str(self.guard.refused_status)):
                fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
                if not has_challenge(fields):
                    headers = _texts(with_challenges(fields, self._challenges(refused, exchange)))
            return start_response(status, headers, *exc_info)

        return self.app(environ, start_with_challenges)

    def _passes_freely(self, exchange: Exchange) -> bool:
        if self._by_environ is not None:
            if not self._by_environ(exchange.environ):
                return True
        elif self._needs_credentials is not None and not self._needs_credentials(exchange.scope):
            return True
        return self._allow_preflight and is_preflight(exchange.scope)

    @staticmethod
    def _identify(user: DigestUser, environ: Environ) -> None:
        environ["REMOTE_USER"] = user.username.encode().decode("latin-1")
        environ["digest_http.user"] = user

    def _refuse(self, refused: Refused, exchange: Exchange, start_response: StartResponse) -> Iterable[bytes]:
        scope, context = exchange.scope, refused.context
        helping: str | None = None
        if context is not None:
            if refused.verdict is not None:
                self._workers_apart.saw(refused.verdict, context)
            elif refused.reason == "uri":
                helping = hint(context.uri, scope, self._front)
        log_refused(scope, refused, hint=helping, address=self._front.client)
        body = refused.refusal.plain_body
        headers = [
            *_texts(self._challenges(refused, exchange)),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            # A shared cache must not serve one client's challenge, whose nonce is his, to another.
            ("Cache-Control", "no-store"),
        ]
        if refused.status == UNAVAILABLE:
            headers.append(("Retry-After", RETRY_AFTER.decode()))
        start_response(f"{refused.status} {refused.reason}", headers)
        return [] if exchange.environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _challenges(self, refused: Refused, exchange: Exchange) -> Headers:
        too_long = self.guard.covers_bodies and announces_more(exchange.scope, self.guard.max_body)
        fields = run(self.guard.challenge(refused, auth_only=too_long, wait=at_once))
        return self._others.beside(fields, refused)


def _texts(fields: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]


def _blocking(store: NonceStore) -> NonceStore:
    if iscoroutinefunction(store.advance) or iscoroutinefunction(getattr(store, "refresh", None)):
        raise ConfigurationError(
            "store is asynchronous, and WSGI cannot await it: write store='sqlite:////path/nonces.db' for all workers "
            "of one machine"
        )
    return store
