"""DigestAuthMiddleware: HTTP Digest for any ASGI app.

The plug only: it packs a request into the HTTP layout (method, URL, HEntity), asks a server context to verify it and
the store to record its count, and turns the verdict into an answer. Protocol lives in `digest_http.httpauth`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from digest_http import settings, stores
from digest_http import users as user_sources
from digest_http.algorithms import select
from digest_http.buffers import HTTPMessage
from digest_http.credentials import split_scheme
from digest_http.errors import BodyTooLarge, DigestError, MalformedField
from digest_http.httpauth.held import DEFAULT_ALGORITHMS
from digest_http.httpauth.keys import KeyFile
from digest_http.httpauth.nonces import DEFAULT_LIFETIME, NonceSource, steady_clock
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.httpauth.sequence import DEFAULT_WINDOW, sequence_rule
from digest_http.httpauth.server import Acceptor, ServerContext
from digest_http.httpauth.verdict import Verdict
from digest_http.names import realm_name
from digest_http.params import check_size
from digest_http.secrecy import HoldsSecrets

from .asgi import ASGIApp, Headers, Receive, Scope, Send
from .bodies import DEFAULT_MAX_BODY, Disconnected, announces_more, cover_body, longest_upload
from .browsers import warn_of_realm
from .epochs import Epochs
from .events import log_accepted, log_refused
from .fronts import Front
from .hints import hint
from .identity import ANYONE, AUTHENTICATED, Digest, DigestUser
from .nonce_keys import keys_of
from .offering import Offering
from .paths import Rule, is_preflight, path_rule
from .policies import Policy
from .proof import BodyProof, header_proof, takes_trailers
from .refusals import Answer, Refusal, send_refusal
from .targets import raw_target
from .verification import DEFAULT_TIMEOUT, Verifier
from .workers_apart import WorkersApart

__all__ = ["DigestAuthMiddleware"]

# Looked up once: an attribute of an Enum class costs as much as a call in Python 3.11.
_ACCEPTED: Final = Verdict.ACCEPTED

#: What a function that makes bodies looks like, for errors.
_ANSWER: Final = "body_of, with def body_of(scope, refusal) -> (media type, octets)"

_UNHASHED = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
_ORIGIN = (b"authorization", b"www-authenticate", b"authentication-info", 401)
_PROXY = (b"proxy-authorization", b"proxy-authenticate", b"proxy-authentication-info", 407)


class DigestAuthMiddleware(HoldsSecrets):
    """Protect `app` with HTTP Digest (RFC 7616).

    `users`: a mapping of name to password, an object of the Users protocol, a callable
    (username, realm, algorithm) -> H(A1), or a URL. `realm`: the text users are shown; part of every H(A1).

    `algorithms`, `qop`: what is offered, in order of preference. Without `algorithms` that is what all users hold of
    SHA-256 and MD5; without `qop`, auth. `old_clients`: MD5 and auth, which all clients know. `store`: a NonceStore
    or a URL. `keys`: secrets of the nonces, newest first, 16 octets at least each, or text or a KeyFile (see
    httpauth.keys); by default the environment variable DIGEST_HTTP_KEYS, else a random one, which several workers do
    not share.
    `nonce_lifetime`: seconds until the head of a request must be there. `sequence`: "window" (counts may overtake each
    other within `window`) or "strict". `max_body`: octets that auth-int may hold back, each way. `userhash`,
    `allow_rfc2069`, `allow_preflight`: off by default. `proxy`: answer 407 and use the Proxy- fields. `protect`,
    `public`: path prefixes, or a callable of the scope. `stripped_prefix`: the path prefix that a proxy in front
    removes. `rewritten_by`: the proxy that rewrites paths, "nginx", "apache" or "caddy". `original_target_header`: the
    field in which a proxy says what was asked for. `answer`: custom bodies for refusals. `source_timeout`: seconds a
    user source or store may take. `clock`, `random`: for tests.

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
        userhash: bool = False,
        allow_rfc2069: bool = False,
        allow_preflight: bool = False,
        proxy: bool = False,
        protect: Iterable[str] | Rule = ("/",),
        public: Iterable[str] = (),
        stripped_prefix: str = "",
        rewritten_by: str | None = None,
        original_target_header: str | None = None,
        answer: Answer | None = None,
        source_timeout: float = DEFAULT_TIMEOUT,
        clock: Callable[[], float] | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        realm = realm_name(realm)
        policy = Policy.of(algorithms, qop, old_clients=settings.flag("old_clients", old_clients))
        self._max_body = settings.number("max_body", max_body, 0, example=DEFAULT_MAX_BODY)
        self.app = settings.function("app", app, 3, example="an ASGI application")
        self.users = user_sources.open_users(users, realm, policy.algorithms or select(DEFAULT_ALGORITHMS))
        self.store = stores.open_store(store)
        verifier = Verifier(self.users, self.store, sequence_rule(sequence, window), realm, source_timeout)
        self._verify = verifier.verify
        self._realm = realm
        nonce_keys = keys_of(keys, self.store)
        nonces = NonceSource(
            realm.encode(),
            nonce_keys,
            lambda: self.store.epoch,
            lifetime=nonce_lifetime,
            # With auth the head is all that is verified; with auth-int its verdict has to wait for the body.
            overtime=longest_upload(max_body) if "auth-int" in policy.qop else 0,
            # A store that others share may know a clock they agree on.
            clock=clock if clock is not None else getattr(self.store, "clock", steady_clock),
            random=random,
        )
        self._epochs = Epochs(self.store, nonces.now)
        self._workers_apart = WorkersApart(self.store, nonce_keys, nonces.now)
        make = partial(
            Acceptor, realm, nonces=nonces, qop=policy.qop, allow_rfc2069=allow_rfc2069, userhash=userhash, proxy=proxy
        )
        self._offering = Offering(self.users, realm, policy.algorithms, make, now=nonces.now, wait=verifier.wait)
        warn_of_realm(realm)
        self._allow_preflight = settings.flag("allow_preflight", allow_preflight)
        self._needs_credentials = path_rule(protect, public, app)
        self._front = Front(stripped_prefix, rewritten_by, original_target_header)
        self._answer = None if answer is None else settings.function("answer", answer, 2, example=_ANSWER)
        self._field, self._challenge_field, self._info_field, self._refused = _PROXY if proxy else _ORIGIN
        self._no_credentials = Refusal(self._refused, "no-credentials", "Digest credentials are needed.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: http and websocket scopes are verified, lifespan passes.

        Raises ValueError for any other kind, as ASGI asks: what cannot be verified is not let through.
        """
        kind = scope["type"]
        if kind == "lifespan" and not await self._started(receive, send):
            return
        if kind not in ("http", "websocket"):
            if kind != "lifespan":
                raise ValueError(f"DigestAuthMiddleware cannot verify a connection of the ASGI type {kind!r}")
            await self.app(scope, receive, send)
            return
        if self._passes_freely(scope):
            await self.app({**ANYONE, **scope}, receive, send)
            return
        context: ServerContext | None = None
        accepted: tuple[ServerContext, HTTPMessage, str] | None = None
        refusal = self._no_credentials
        verdict: Verdict | None = None
        cause: BaseException | None = None
        helping: str | None = None
        try:
            context = self._open(scope)
            if context is not None:
                arrived = context.nonces.now()
                # ASGI shows a websocket handshake without its method; over HTTP/1.1 it is GET (RFC 6455 §4.1).
                method = scope["method"].encode() if kind == "http" else b"GET"
                message = HTTPMessage(context.token, method, self._url(scope, context))
                if context.covers_body:
                    receive = await cover_body(scope, receive, (context, message), self._max_body)
                verdict, username = await self._verify(context, message, arrived)
                if verdict is _ACCEPTED:
                    accepted = context, message, username
                else:
                    refusal = Refusal.of_verdict(verdict, self._refused)
                    self._workers_apart.saw(verdict, context)
                    self._offering.saw(verdict)
        except Disconnected:
            return
        except DigestError as error:
            refusal, cause = Refusal.of_error(error, self._refused), error.__cause__
            if context is not None and error.reason == "uri":
                helping = hint(context.credentials.uri, scope, self._front)
        if accepted is None:
            log_refused(scope, context, refusal, verdict, cause, hint=helping)
            await send_refusal(refusal, await self._challenges(scope, refusal), self._answer, (scope, receive, send))
            return
        context, message, username = accepted
        log_accepted(scope, context)
        await self.app(
            self._identified(scope, context, username), receive, self._proving(scope, context, message, send)
        )

    async def _started(self, receive: Receive, send: Send) -> bool:
        """Learn at the start of the server what is needed for challenges. False: it cannot work, and that was said."""
        started = await self._epochs.started(receive, send)
        if started:
            await self._offering.refresh()
        return started

    def _passes_freely(self, scope: Scope) -> bool:
        if self._needs_credentials is not None and not self._needs_credentials(scope):
            return True
        return self._allow_preflight and is_preflight(scope)

    def _open(self, scope: Scope) -> ServerContext | None:
        """The context of the request's Digest credentials, None if it has none."""
        field, found = self._field, None
        for name, value in scope["headers"]:
            if name == field:
                if found is not None:
                    # Which of them another hop believed is anybody's guess (RFC 9110 §11.6.2: it is a single field).
                    raise MalformedField(f"The {field.decode()} field stands more than once", reason="duplicate")
                found = value
        if found is None:
            return None
        check_size(found)
        token = split_scheme(found)
        return None if token is None else self._offering.acceptor.open(token)

    def _url(self, scope: Scope, context: ServerContext) -> bytes:
        """What the layout's URL buffer holds: the uri as signed, once it is known to name this request."""
        target, uri = raw_target(scope), context.credentials.uri
        if uri == target and target[:1] == b"/" and not self._front.changes_targets:
            return uri
        if not self._front.is_named_by(uri, scope):
            raise MalformedField("The uri is not the target of this request", reason="uri")
        return uri

    async def _challenges(self, scope: Scope, refusal: Refusal) -> Headers:
        if refusal.status != self._refused:
            return []
        await self._epochs.refresh()
        await self._offering.refresh()
        # A body that auth-int could not hold is not asked to be signed with it.
        auth_only = refusal.reason == BodyTooLarge.default_reason or announces_more(scope, self._max_body)
        values = self._offering.acceptor.challenges(stale=refusal.stale, auth_only=auth_only)
        return [(self._challenge_field, value) for value in values]

    def _identified(self, scope: Scope, context: ServerContext, username: str) -> Scope:
        """A copy of the scope with who it is and how that was verified."""
        credentials = context.credentials
        qop = credentials.qop.decode()
        digest = Digest(username, self._realm, context.algorithm.name, qop, context.count if qop else 0)
        # dict() copies a dict in one piece; {**scope, ...} would enter one key after the other.
        identified = dict(scope)
        identified["user"] = DigestUser(username)
        identified["auth"] = AUTHENTICATED
        identified["digest"] = digest
        if context.covers_body and scope.get("extensions"):
            # Files sent past us (pathsend, zero copy) could not be hashed.
            identified["extensions"] = {n: v for n, v in scope["extensions"].items() if n not in _UNHASHED}
        return identified

    def _proving(self, scope: Scope, context: ServerContext, message: HTTPMessage, send: Send) -> Send:
        """A send that adds Authentication-Info."""
        # What HEAD would send is not sent, and so not proved.
        if context.covers_body and scope["type"] == "http" and scope["method"] != "HEAD":
            return BodyProof(
                send,
                self._info_field,
                self._refused,
                (context, message),
                self._max_body,
                trailers=takes_trailers(scope),
            )
        return header_proof(send, self._info_field, self._refused, (context, message))
