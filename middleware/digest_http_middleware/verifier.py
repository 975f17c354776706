"""Verifier: the guard and all around it, for plugs that stand inside a framework.

Proxies in front, other ways to log in, roles, time limits, the log, and the fields of a refusal. A plug shows a request
and answers in its framework's words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from digest_http import stores
from digest_http.guard import NO_CREDENTIALS, Accepted, Guard, Refused, Throttle
from digest_http.guard.key_sources import KeyFile
from digest_http.guard.requests import Request
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.secrecy import HoldsSecrets

from .addresses import DEFAULT_CLIENT_HEADER
from .asgi import Headers, Scope
from .beside import Beside, Others
from .browsers import warn_of_realm
from .connections import ConnectionSettings
from .content_lengths import announces_more
from .events import log_accepted, log_beside, log_refused
from .fronts import Front
from .hints import hint
from .identity import Digest, DigestUser
from .logouts import LOGIN
from .nonce_keys import keys_of
from .refusal_messages import RETRY_AFTER, UNAVAILABLE
from .roles import Roles, RoleSetting
from .source_timeouts import DEFAULT_TIMEOUT, SourceTimeout
from .throttles import awaiting
from .workers_apart import WorkersApart

__all__ = ["Known", "Verifier", "names_auth_int"]


class Known(NamedTuple):
    """Who it is. `accepted` is None for one who came by another way than Digest."""

    user: DigestUser
    accepted: Accepted | None

    @property
    def digest(self) -> Digest | None:
        """How it was verified."""
        found = self.accepted
        return None if found is None else Digest(found.username, found.realm, found.algorithm, found.qop, found.nc)


class Verifier(HoldsSecrets):
    """Verifies requests of one realm. The settings are those of the ASGI middleware; `policy` takes the guard's.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        users: Mapping[str, str] | Users | Callable[..., object] | str,
        realm: str,
        *,
        max_body: int,
        store: NonceStore | str = "memory://",
        keys: Sequence[bytes] | KeyFile | str | None = None,
        stripped_prefix: str = "",
        rewritten_by: str | None = None,
        original_target_header: str | None = None,
        trusted_proxies: Iterable[str] = (),
        client_header: str = DEFAULT_CLIENT_HEADER,
        throttle: Throttle | None = None,
        source_timeout: float = DEFAULT_TIMEOUT,
        beside: Iterable[Beside] = (),
        roles: RoleSetting = None,
        **policy: Any,  # noqa: ANN401 - the guard knows the types of its settings
    ) -> None:
        opened = stores.open_store(store)
        nonce_keys = keys_of(keys, opened)
        policy.setdefault("logger", "digest_http.middleware")
        self.guard: Final = Guard(
            users, realm, store=opened, keys=nonce_keys, max_body=max_body, throttle=awaiting(throttle), **policy
        )
        self.wait: Final = SourceTimeout(source_timeout).wait
        self.front: Final = Front(stripped_prefix, rewritten_by, original_target_header, trusted_proxies, client_header)
        self.connection_settings: Final = ConnectionSettings(self.front, self.guard, 0)
        """For plugs that read no body themselves."""
        self._others: Final = Others(
            beside, self.guard.observing, self.guard.throttling, proxy=bool(policy.get("proxy"))
        )
        self._roles: Final = Roles(roles, self.guard.users)
        self._workers_apart: Final = WorkersApart(opened, nonce_keys, self.guard.now)
        warn_of_realm(self.guard.realm)

    async def start(self) -> None:
        """Learn what had better be known before the first request.

        Raises ConfigurationError for a store that can never work.
        """
        await self.guard.start(self.wait)

    async def verify(self, request: Request, scope: Scope) -> Known | Refused:
        """Who it is. `scope` is the same request, as ASGI shows it; other ways to log in are given it."""
        outcome = self.guard.examine(request, self.wait)
        if not isinstance(outcome, (Accepted, Refused)):
            outcome = await outcome
        if isinstance(outcome, Refused):
            if outcome.reason != NO_CREDENTIALS:
                return outcome
            found = await self._others.find(scope, self.wait, request, outcome)
            if not isinstance(found, DigestUser):
                return found or outcome
            log_beside(scope, found.username, self.front.client)
            # A layer outside may have left its own: this user has not come by Digest.
            scope.pop(LOGIN, None)
            return Known(found, None)
        roles = await self._roles.of(outcome.username, outcome.realm, self.wait) if self._roles.given else ()
        if isinstance(roles, Refused):
            return roles
        log_accepted(scope, outcome.context, self.front.client)
        scope[LOGIN] = self.guard, outcome
        return Known(DigestUser(outcome.username, roles), outcome)

    async def refuse(self, refused: Refused, scope: Scope) -> Headers:
        """Log a refusal, and give the fields of its answer."""
        context, helping = refused.context, None
        if context is not None:
            if refused.verdict is not None:
                self._workers_apart.saw(refused.verdict, context)
            elif refused.reason == "uri":
                helping = hint(context.uri, scope, self.front)
        log_refused(scope, refused, hint=helping, address=self.front.client)
        # A shared cache must not serve one client's challenge, whose nonce is his, to another.
        fields = [*await self.challenges(refused, scope), (b"cache-control", b"no-store")]
        if refused.status == UNAVAILABLE:
            fields.append((b"retry-after", RETRY_AFTER))
        return fields

    async def challenges(self, refused: Refused, scope: Scope) -> Headers:
        """The challenges of a 401, those of other ways among them; nothing for others."""
        too_long = self.guard.covers_bodies and announces_more(scope, self.guard.max_body)
        fields = await self.guard.challenge(refused, auth_only=too_long, wait=self.wait)
        return self._others.beside(fields, refused)


def names_auth_int(qop: object) -> bool:
    """Whether a setting names auth-int, which a plug that is given no bodies has to refuse."""
    return isinstance(qop, (list, tuple)) and any(
        isinstance(word, str) and word.lower() == "auth-int" for word in cast("list[object]", qop)
    )
