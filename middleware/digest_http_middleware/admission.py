"""What a request goes through before the app is called, as far as nothing has to be awaited.

The middleware's coroutine does the rest (middleware.py). Each request goes through this file, so it may be compiled.
What stands in a scope is the server's, and `Any` here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from logging import DEBUG
from typing import Any, Final, TypeAlias, cast

from digest_http.guard import NO_CREDENTIALS, Accepted, Guard, Refused
from digest_http.guard.examination import Paused
from digest_http.httpauth.waiting import Wait
from digest_http.secret_holder import SecretHolder

from .asgi import Headers
from .connections import ConnectionSettings
from .events import logger
from .exchanges import Exchange
from .header_proof import header_proof
from .identity import AUTHENTICATED, Digest, DigestUser, credentials_of
from .logouts import LOGIN
from .refusal_messages import refusal_messages
from .refusals import refuse_later
from .refusing import Refusing

__all__ = ["ANSWER", "ASK", "CALL", "LATER", "WAIT", "Admission", "Admitted"]

#: What is to be done now, and with what; as many as that takes, and then None.
Admitted: TypeAlias = tuple[int, Any, Any, Any]

#: Call the app, with these three.
CALL: Final = 0

#: Send these two messages, which are a refusal.
ANSWER: Final = 1

#: Await this, which sends a refusal.
LATER: Final = 2

#: An Exchange waits for the second: await that, and ask again with the third and what comes of it.
WAIT: Final = 3

#: An Exchange and its outcome, as Guard.examine gives it: observers, other ways to log in, roles or the log come first.
ASK: Final = 4

_UNHASHED: Final = frozenset({"http.response.pathsend", "http.response.zerocopysend"})

# In a compiled file a constant is a C variable, and what was imported is looked up in a dict each time.
_AUTHENTICATED: Final = AUTHENTICATED
_DIGEST: Final = Digest
_USER: Final = DigestUser
_is_enabled: Final = logger.isEnabledFor

#: One call into C fills a named tuple at a third of the price of Digest(...).
_new_digest: Final = cast("Callable[[type[Digest], Iterable[object]], Digest]", vars(tuple)["__new__"])

#: The same for a user, whose name and roles were checked before.
_new_user: Final = cast("Callable[[type[DigestUser]], Any]", object.__new__)


class Admission(SecretHolder):
    """Takes in the requests of one middleware.

    `asks_roles`: users have roles, which are to be asked for. `asks_others`: a request without Digest credentials may
    pass all the same. `refusing`: what answers those that do not pass. `refuses_alike`: all without credentials get the
    same answer of its, whatever else they hold.
    """

    __slots__ = (
        "_asks_others",
        "_asks_roles",
        "_challenge_fields",
        "_examination",
        "_examine",
        "_guard",
        "_realm",
        "_refuses_alike",
        "_refusing",
        "_settings",
        "_wait",
    )

    def __init__(
        self,
        guard: Guard,
        wait: Wait,
        connection_settings: ConnectionSettings,
        *,
        asks_roles: bool,
        asks_others: bool,
        refusing: Refusing,
        refuses_alike: bool,
    ) -> None:
        self._guard: Final = guard
        self._examination: Final = guard.examination
        # None: nobody has to hear of it, and it is called without a look-up of a name.
        self._examine: Final[Callable[[Any, Wait], Any] | None] = None if guard.observing is None else guard.examine
        self._realm: Final = guard.realm
        self._wait: Final = wait
        self._settings: Final = connection_settings
        self._asks_roles: Final = asks_roles
        self._asks_others: Final = asks_others
        self._refusing: Final = refusing
        self._refuses_alike: Final = refuses_alike
        self._challenge_fields: Final[Callable[[Refused, bool, Wait], Headers | Awaitable[Headers]]] = (
            guard.challenge_fields
        )

    def admit(  # noqa: PLR0917 - called once or twice a request: names cost more
        self,
        scope: Any,  # noqa: ANN401 - the server's
        receive: Any,  # noqa: ANN401
        send: Any,  # noqa: ANN401
        waiting: Exchange | None = None,
        paused: Paused | None = None,
        answer: Any = None,  # noqa: ANN401 - of the server or of a source
    ) -> Admitted:
        """What is to be done now. `waiting`, `paused`, `answer`: what had to wait, and what came of that."""
        if waiting is None or paused is None:
            exchange, examine = Exchange(scope, receive, self._settings), self._examine
            outcome: Any = (
                self._examination.begin(exchange, self._wait) if examine is None else examine(exchange, self._wait)
            )
        else:
            exchange = waiting
            place, _, context, message, arrived, username, verdict = paused
            outcome = self._examination.go_on(
                exchange, self._wait, place, context, message, arrived, username, verdict, answer
            )
        if isinstance(outcome, Accepted):
            if not self._asks_roles and not _is_enabled(DEBUG):
                return self.identify(exchange, outcome, (), scope, receive, send)
        elif isinstance(outcome, tuple):
            waits: Paused = outcome  # pyright: ignore[reportUnknownVariableType]  # see the examination
            return WAIT, exchange, waits[1], waits
        elif isinstance(outcome, Refused):
            refusal = outcome.refusal
            # With a verdict there were credentials; that is known without a look-up.
            if outcome.verdict is None and refusal.reason == NO_CREDENTIALS:
                # As Refusing.refuse does it, less a call for what each client begins with.
                if self._refuses_alike and not _is_enabled(DEBUG) and scope["type"] == "http":
                    fields = self._challenge_fields(outcome, False, self._wait)  # noqa: FBT003 - names cost more
                    if not isinstance(fields, list):
                        return LATER, refuse_later(refusal, fields, None, (scope, receive, send)), None, None
                    first, second = refusal_messages(
                        refusal.status, fields, refusal.plain_fields, refusal.plain_body, scope
                    )
                    return ANSWER, first, second, None
                if self._asks_others:
                    return ASK, exchange, outcome, None
            refusing = self._refusing.refuse(outcome, scope, receive, send)
            if isinstance(refusing, tuple):
                return ANSWER, refusing[0], refusing[1], None
            return LATER, refusing, None, None
        return ASK, exchange, outcome, None

    def identify(  # noqa: PLR0917 - called once a request: names cost more
        self,
        exchange: Exchange,
        accepted: Accepted,
        roles: tuple[str, ...],
        scope: Any,  # noqa: ANN401 - the server's
        receive: Any,  # noqa: ANN401
        send: Any,  # noqa: ANN401
    ) -> Admitted:
        """Call the app, for a verified request.

        A copy of the scope with `user`, `auth`, `digest`, and what a logout needs; the body, also where it was read;
        and a send that puts the server's proof into the answer.
        """
        context, username = accepted.context, accepted.username
        terms = context.terms
        user = _new_user(_USER)
        user.username = username
        user.roles = roles
        # dict() copies a dict in one piece; {**scope, ...} would enter one key after the other.
        identified: dict[str, Any] = dict(scope)
        identified["user"] = user
        identified["auth"] = credentials_of(user) if roles else _AUTHENTICATED
        identified["digest"] = _new_digest(
            _DIGEST, (username, self._realm, terms.algorithm.name, terms.qop_name, context.count if terms.qop else 0)
        )
        identified[LOGIN] = self._guard, accepted
        exchange.send = send
        exchange.accepted = accepted
        if not context.covers_body:
            return CALL, identified, receive, exchange.prove_header
        if scope.get("extensions"):
            # Files sent past us (pathsend, zero copy) could not be hashed.
            identified["extensions"] = {n: v for n, v in scope["extensions"].items() if n not in _UNHASHED}
        # What HEAD would send is not sent, and so not proved.
        if scope["type"] != "http" or scope["method"] == "HEAD":
            guard = self._guard
            proving = header_proof(send, guard.proof_field, guard.refused_status, (context, accepted.message))
            return CALL, identified, exchange.receive_again, proving
        exchange.start = exchange.in_pieces = None
        return CALL, identified, exchange.receive_again, exchange.prove_body
