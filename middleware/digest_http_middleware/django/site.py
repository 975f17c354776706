"""The guard of a Django site, made of the setting DIGEST_HTTP when somebody first asks for it.

DIGEST_HTTP is a dict with the keywords of the guard, but `users`, `proxy` and `logger`, and with `protect`, `public`,
`optional`, `beside`, `allow_preflight`, `stripped_prefix`, `rewritten_by`, `original_target_header`, `trusted_proxies`,
`client_header` and `source_timeout` of the ASGI middleware. `realm` is the one that must be there. A callable `protect`
is given the request. Without `keys` they are made of SECRET_KEY and SECRET_KEY_FALLBACKS, so that all workers have the
same.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import iscoroutinefunction
from threading import Lock
from typing import Any, Final, Self, cast

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from digest_http import settings, stores
from digest_http.errors import ConfigurationError, SourceUnavailable
from digest_http.guard import NO_CREDENTIALS, Accepted, Guard, Refusal, Refused
from digest_http.guard.key_sources import configured_keys
from digest_http.httpauth.verdict import Verdict
from digest_http.httpauth.waiting import Wait, at_once, run
from digest_http.secrecy import HoldsSecrets
from digest_http_middleware.asgi import Headers
from digest_http_middleware.beside import Others
from digest_http_middleware.browsers import warn_of_realm
from digest_http_middleware.content_lengths import announces_more
from digest_http_middleware.events import log_accepted, log_beside, log_refused
from digest_http_middleware.fronts import Front
from digest_http_middleware.hints import hint
from digest_http_middleware.identity import Digest
from digest_http_middleware.logouts import LOGIN, Login
from digest_http_middleware.paths import is_preflight, path_rule
from digest_http_middleware.policies import GUARDS
from digest_http_middleware.source_timeouts import DEFAULT_TIMEOUT, SourceTimeout
from digest_http_middleware.throttles import awaiting, blocking
from digest_http_middleware.workers_apart import WorkersApart

from .backends_asked import AWAITING, BLOCKING, Asked
from .known_users import REQUEST, KnownUser, in_django
from .names import SETTING
from .requests import Exchange
from .responses import RefusedResponse, challenge, keep_private, prove, vary
from .users import DjangoUsers

__all__ = ["Site", "anonymous", "forget_site", "site"]

_POLICY: Final = (GUARDS - {"proxy", "logger"}) | {"max_body"}
_OURS: Final = frozenset(
    {"realm", "store", "keys", "protect", "public", "allow_preflight", "optional", "beside", "throttle",
     "source_timeout"}
)  # fmt: skip
_FRONT: Final = frozenset(
    {"stripped_prefix", "rewritten_by", "original_target_header", "trusted_proxies", "client_header"}
)

#: Where a request keeps what became of it.
_OUTCOME: Final = "_digest_http_accepted"

#: Where it keeps that nobody has signed it, and nobody had to.
_STRANGER: Final = "_digest_http_stranger"

#: Where it keeps that its user came by another way.
_BESIDE: Final = "_digest_http_beside"

#: Refusals that Django calls a failed login: its signal is what lock-out apps listen to.
_FAILED_LOGINS: Final = frozenset({Verdict.UNKNOWN_USER, Verdict.WRONG_DIGEST})


class Site(HoldsSecrets):
    """Verifies requests, and puts the proof on responses. Raises ConfigurationError for settings that cannot work."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        unknown = sorted(set(given) - _POLICY - _OURS - _FRONT)
        if unknown:
            known = ", ".join(sorted(_POLICY | _OURS | _FRONT))
            raise ConfigurationError(f"{SETTING} has {unknown[0]!r}, which is not known; it may have {known}")
        if "realm" not in given:
            raise ConfigurationError(f"{SETTING} has no realm: write {SETTING} = {{'realm': 'Members'}}")
        policy = {name: value for name, value in given.items() if name in _POLICY}
        if not policy.get("old_clients") and policy.get("qop", True):
            # Named, since the table holds what is named: a user's rows are made for all of them at once.
            policy.setdefault("algorithms", ("SHA-256", "MD5"))
        store = stores.open_store(given.get("store", "memory://"))
        keys = configured_keys(given.get("keys")) or _keys_of_django()
        self._throttle: Final = given.get("throttle")
        self.guard: Final = Guard(
            DjangoUsers(), given["realm"], store=store, keys=keys, throttle=self._throttle,
            logger="digest_http.middleware", **policy,
        )  # fmt: skip
        awaited = (store.advance, getattr(store, "refresh", None))
        self._blocks: Final = not any(iscoroutinefunction(each) for each in awaited)
        self._others: Final = Others(_ways(given.get("beside", ())), self.guard.observing, self.guard.throttling)
        protect = given.get("protect", ("/",))
        self._by_request: Final = protect if callable(protect) else None
        self._needs_login: Final = path_rule(protect, given.get("public", ()))
        self._allow_preflight: Final = settings.flag("allow_preflight", given.get("allow_preflight", False))
        self.optional: Final = settings.flag("optional", given.get("optional", False))
        """Where no login is needed, one is looked at, and a 401 of the site's own gets the challenges."""
        self._front: Final = Front(**{name: value for name, value in given.items() if name in _FRONT})
        self._wait: Final = SourceTimeout(given.get("source_timeout", DEFAULT_TIMEOUT)).wait
        self._workers_apart: Final = WorkersApart(store, keys, self.guard.now)
        warn_of_realm(self.guard.realm)

    def for_blocking(self) -> Self:
        """The same, if the store answers at once. Raises ConfigurationError."""
        if not self._blocks:
            raise ConfigurationError(
                f"{SETTING} has an asynchronous store, and a blocking view cannot await it: write "
                "'store': 'sqlite:////path/nonces.db', or make the view and all middlewares around it asynchronous"
            )
        blocking(self._throttle)
        return self

    def for_awaiting(self) -> Self:
        """The same, if nothing of it blocks for long. Raises ConfigurationError."""
        awaiting(self._throttle)
        return self

    def needs_login(self, request: HttpRequest) -> bool:
        """What `protect`, `public` and `allow_preflight` say of a request."""
        exchange = self._exchange(request)
        if self._by_request is not None:
            if not self._by_request(request):
                return False
        elif self._needs_login is not None and not self._needs_login(exchange.routed):
            return False
        return not (self._allow_preflight and is_preflight(exchange.scope))

    def enter(self, request: HttpRequest, *, needed: bool = True) -> RefusedResponse | None:
        """Verify a request once. None: it may pass, and has its user. For code that blocks.

        `needed`: whether it must be signed. If it need not be, and is not, it passes and its user is anonymous.
        """
        self.for_blocking()
        return run(self._enter(request, BLOCKING, at_once, needed=needed))

    async def aenter(self, request: HttpRequest, *, needed: bool = True) -> RefusedResponse | None:
        """The same for code that awaits."""
        self.for_awaiting()
        return await self._enter(request, AWAITING, self._wait, needed=needed)

    async def _enter(self, request: HttpRequest, django: Asked, wait: Wait, *, needed: bool) -> RefusedResponse | None:
        if hasattr(request, _OUTCOME):
            return None
        exchange = self._exchange(request)
        outcome = self.guard.examine(exchange, wait)
        if not isinstance(outcome, (Accepted, Refused)):
            outcome = await outcome
        if isinstance(outcome, Accepted):
            try:
                user = await django.authenticate(request, outcome)
            except Exception as error:  # noqa: BLE001 - whatever a backend raises
                outcome = _backends_down(outcome, error)
            else:
                outcome = self._let_in(request, exchange, outcome, user)
        elif outcome.reason == NO_CREDENTIALS:
            found = await self._others.find({**exchange.scope, REQUEST: request}, wait, exchange, outcome)
            if isinstance(found, KnownUser):
                self._let_in_beside(request, exchange, found)
                return None
            if not needed and found is None:
                setattr(request, _STRANGER, outcome)
                anonymous(request)
                return None
            outcome = found if isinstance(found, Refused) else outcome
        if isinstance(outcome, Accepted):
            return None
        failed = self._note(exchange, outcome)
        if failed is not None:
            await django.tell_of_failure(request, failed)
        whole = outcome.with_fields(await self._fields(request, outcome, wait))
        return RefusedResponse(whole, head=request.method == "HEAD")

    def proved(self, request: HttpRequest, response: Any) -> Any:  # noqa: ANN401 - any response of Django's
        """The response with the server's proof, if the request was verified."""
        accepted: Accepted | None = getattr(request, _OUTCOME, None)
        if accepted is not None:
            prove(response, accepted, self.guard, head=request.method == "HEAD")
        elif hasattr(request, _BESIDE):
            keep_private(response)
        elif hasattr(request, _STRANGER):
            vary(response)
        return response

    def challenged(self, request: HttpRequest, response: Any) -> Any:  # noqa: ANN401 - any response of Django's
        """The response; a 401 of a view to a stranger gets the challenges. For code that blocks."""
        refused: Refused | None = getattr(request, _STRANGER, None)
        if refused is not None and response.status_code == self.guard.refused_status:
            challenge(response, run(self._fields(request, refused, at_once)))
        return response

    async def achallenged(self, request: HttpRequest, response: Any) -> Any:  # noqa: ANN401 - any response of Django's
        """The same for code that awaits."""
        refused: Refused | None = getattr(request, _STRANGER, None)
        if refused is not None and response.status_code == self.guard.refused_status:
            challenge(response, await self._fields(request, refused, self._wait))
        return response

    def log_out(self, request: HttpRequest, *, everywhere: bool) -> bool:
        """End the login of a request; see logout.py. For code that blocks."""
        accepted: Accepted | None = getattr(request, _OUTCOME, None)
        if accepted is None:
            return False
        guard = self.for_blocking().guard
        guard.log_out(accepted)
        if everywhere:
            guard.log_out(accepted.username)
        return True

    async def alog_out(self, request: HttpRequest, *, everywhere: bool) -> bool:
        """The same for code that awaits."""
        accepted: Accepted | None = getattr(request, _OUTCOME, None)
        if accepted is None:
            return False
        await self.guard.log_out_async(accepted, wait=self._wait)
        if everywhere:
            await self.guard.log_out_async(accepted.username, wait=self._wait)
        return True

    def _exchange(self, request: HttpRequest) -> Exchange:
        return Exchange(request, self._front, self.guard.max_body)

    async def _fields(self, request: HttpRequest, refused: Refused, wait: Wait) -> Headers:
        """What goes with a refusal: the challenges of all ways."""
        too_long = self.guard.covers_bodies and announces_more(self._exchange(request).scope, self.guard.max_body)
        return self._others.beside(await self.guard.challenge(refused, auth_only=too_long, wait=wait), refused)

    def _let_in(self, request: HttpRequest, exchange: Exchange, accepted: Accepted, user: Any) -> Accepted | Refused:  # noqa: ANN401 - any model of users
        """Give the request its user; without one it is refused as if nobody had the name."""
        if user is None:
            verdict = Verdict.UNKNOWN_USER
            return Refused(Refusal.of_verdict(verdict, 401), accepted.context, verdict)
        _identify(request, user)
        request.digest = Digest(accepted.username, accepted.realm, accepted.algorithm, accepted.qop, accepted.nc)
        setattr(request, _OUTCOME, accepted)
        _leave(request, (self.guard, accepted))
        log_accepted(exchange.scope, accepted.context, self._front.client)
        return accepted

    def _let_in_beside(self, request: HttpRequest, exchange: Exchange, found: KnownUser) -> None:
        _identify(request, found.user)
        setattr(request, _BESIDE, True)
        # A layer outside may have left its own: this user has not come by Digest.
        _leave(request, None)
        log_beside(exchange.scope, found.username, self._front.client)

    def _note(self, exchange: Exchange, refused: Refused) -> dict[str, str] | None:
        """Log a refusal; what Django's signal of a failed login is to say, if it is one."""
        helping: str | None = None
        if refused.context is not None:
            if refused.verdict is not None:
                self._workers_apart.saw(refused.verdict, refused.context)
            elif refused.reason == "uri":
                helping = hint(refused.context.uri, exchange.scope, self._front)
        log_refused(exchange.scope, refused, hint=helping, address=self._front.client)
        if refused.context is None or refused.verdict not in _FAILED_LOGINS:
            return None
        return {"username": refused.context.credentials.name}


def _leave(request: Any, login: Login | None) -> None:  # noqa: ANN401 - Django's request
    """Leave a login where log_out of ASGI or WSGI looks: who calls the wrong one must not log out nobody."""
    for name in ("scope", "environ"):
        place: dict[str, Any] | None = getattr(request, name, None)
        if place is not None:
            place[LOGIN] = login


def _identify(request: Any, user: Any) -> None:  # noqa: ANN401 - Django's request, and any model of users
    async def auser() -> Any:  # noqa: ANN401 - any model of users
        return user

    request.user, request.auser = user, auser


def anonymous(request: HttpRequest) -> None:
    """Give a request that needs no login a user, unless another middleware has found one."""
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415 - this file is loaded before the models

    if not hasattr(request, "user"):
        request.user = AnonymousUser()


_lock: Final = Lock()
_site: Site | None = None


def site() -> Site:
    """The one of this process. Raises ConfigurationError for settings that cannot work."""
    global _site  # noqa: PLW0603 - Django's settings are one for a process, and so is this
    with _lock:
        if _site is None:
            given = getattr(django_settings, SETTING, None)
            if not isinstance(given, Mapping):
                raise ConfigurationError(f"the setting {SETTING} is missing: write {SETTING} = {{'realm': 'Members'}}")
            _site = Site(given)
        return _site


def forget_site(*, setting: str = SETTING, **_signal: object) -> None:
    """Make it anew when it is asked for: the settings have changed, as they do in tests."""
    global _site  # noqa: PLW0603 - as above
    if setting == SETTING:
        with _lock:
            _site = None


def _ways(beside: object) -> Any:  # noqa: ANN401 - what is no list of ways is refused by who reads it
    listed: list[object] = list(cast("list[object]", beside)) if isinstance(beside, (list, tuple)) else []
    return [in_django(each) for each in listed] if listed else beside


def _keys_of_django() -> list[bytes]:
    """Nonce keys that all workers have, and that rotate with Django's own."""
    secrets = [django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac("digest_http.nonces", "", secret=secret, algorithm="sha256").digest() for secret in secrets]


def _backends_down(accepted: Accepted, error: Exception) -> Refused:
    down = SourceUnavailable("The source of users is down; try again later", reason="users-down")
    return Refused(Refusal.of_error(down, 401), accepted.context, None, error)
