"""DigestAuthMiddleware: HTTP Digest for any ASGI app.

The plug only: it packs a request into the HTTP layout (method, URL, HEntity), asks a server context to verify it and
the store to record its count, and turns the verdict into an answer. Protocol lives in `digest_http.httpauth`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from digest_http import calculation, settings, stores
from digest_http import users as user_sources
from digest_http.buffers import HTTPMessage
from digest_http.credentials import split_scheme
from digest_http.errors import DigestError, MalformedField
from digest_http.httpauth.nonces import DEFAULT_LIFETIME, NonceSource, steady_clock
from digest_http.httpauth.protocols import NonceStore, Users
from digest_http.httpauth.sequence import DEFAULT_WINDOW, sequence_rule
from digest_http.httpauth.server import DEFAULT_QOP, Acceptor, ServerContext
from digest_http.httpauth.verdict import Verdict
from digest_http.names import realm_name
from digest_http.params import check_size
from digest_http.secrecy import HoldsSecrets

from .asgi import ASGIApp, Headers, Receive, Scope, Send
from .bodies import DEFAULT_MAX_BODY, Disconnected, longest_upload, read_body, replay
from .epochs import Epochs
from .events import log_accepted, log_refused
from .identity import ANYONE, AUTHENTICATED, Digest, DigestUser
from .nonce_keys import keys_of
from .paths import Rule, checked_prefix, is_preflight, path_rule
from .proof import BodyProof, header_proof, takes_trailers
from .refusals import Answer, Refusal, send_refusal
from .targets import names_target, raw_target
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

    `algorithms`, `qop`: what is offered, in order of preference. `store`: a NonceStore or a URL. `keys`: secrets of the
    nonces, newest first, 16 octets at least each, or text (see httpauth.keys); by default the environment variable
    DIGEST_HTTP_KEYS, else a random one, which several workers do not share.
    `nonce_lifetime`: seconds until the head of a request must be there. `sequence`: "window" (counts may overtake each
    other within `window`) or "strict". `max_body`: octets that auth-int may hold back, each way. `userhash`,
    `allow_rfc2069`, `allow_preflight`: off by default. `proxy`: answer 407 and use the Proxy- fields. `protect`,
    `public`: path prefixes, or a callable of the scope. `stripped_prefix`: the path prefix that a proxy in front
    removes. `answer`: custom bodies for refusals. `source_timeout`: seconds a user source or store may take. `clock`,
    `random`: for tests.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        app: ASGIApp,
        users: Mapping[str, str] | Users | Callable[..., object] | str,
        realm: str,
        *,
        algorithms: Iterable[str] = ("SHA-256", "MD5"),
        qop: Iterable[str] = DEFAULT_QOP,
        store: NonceStore | str = "memory://",
        keys: Sequence[bytes] | str | None = None,
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
        answer: Answer | None = None,
        source_timeout: float = DEFAULT_TIMEOUT,
        clock: Callable[[], float] | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        realm = realm_name(realm)
        offered = settings.algorithms("algorithms", algorithms)
        qop = settings.words("qop", qop, QOPS)
        self._max_body = settings.number("max_body", max_body, 0, example=DEFAULT_MAX_BODY)
        self.app = settings.function("app", app, 3, example="an ASGI application")
        self.users = user_sources.open_users(users, realm, offered)
        self.store = stores.open_store(store)
        self._verify = Verifier(self.users, self.store, sequence_rule(sequence, window), realm, source_timeout).verify
        self._realm = realm
        nonce_keys = keys_of(keys, self.store)
        nonces = NonceSource(
            realm.encode(),
            nonce_keys,
            lambda: self.store.epoch,
            lifetime=nonce_lifetime,
            # With auth the head is all that is verified; with auth-int its verdict has to wait for the body.
            overtime=longest_upload(max_body) if "auth-int" in qop else 0,
            # A store that others share may know a clock they agree on.
            clock=clock if clock is not None else getattr(self.store, "clock", steady_clock),
            random=random,
        )
        self._epochs = Epochs(self.store, nonces.now)
        self._workers_apart = WorkersApart(self.store, nonce_keys, nonces.now)
        self._acceptor = Acceptor(
            realm, offered, nonces, qop=qop, allow_rfc2069=allow_rfc2069, userhash=userhash, proxy=proxy
        )
        self._allow_preflight = settings.flag("allow_preflight", allow_preflight)
        self._needs_credentials = path_rule(protect, public, app)
        self._stripped_prefix = checked_prefix("stripped_prefix", stripped_prefix, empty=True).encode()
        self._answer = None if answer is None else settings.function("answer", answer, 2, example=_ANSWER)
        self._field, self._challenge_field, self._info_field, self._refused = _PROXY if proxy else _ORIGIN
        self._no_credentials = Refusal(self._refused, "no-credentials", "Digest credentials are needed.")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: http and websocket scopes are verified, lifespan passes.

        Raises ValueError for any other kind, as ASGI asks: what cannot be verified is not let through.
        """
        kind = scope["type"]
        if kind == "lifespan" and not await self._epochs.started(receive, send):
            return
        if kind not in ("http", "websocket"):
            if kind != "lifespan":
                raise ValueError(f"DigestAuthMiddleware cannot verify a connection of the ASGI type {kind!r}")
            await self.app(scope, receive, send)
            return
        if self._passes_freely(scope):
            await self.app({**scope, **ANYONE}, receive, send)
            return
        context: ServerContext | None = None
        accepted: tuple[ServerContext, HTTPMessage, str] | None = None
        refusal = self._no_credentials
        verdict: Verdict | None = None
        cause: BaseException | None = None
        try:
            context = self._open(scope)
            if context is not None:
                arrived = context.nonces.now()
                # ASGI shows a websocket handshake without its method; over HTTP/1.1 it is GET (RFC 6455 §4.1).
                method = scope["method"].encode() if kind == "http" else b"GET"
                message = HTTPMessage(context.token, method, self._url(scope, context))
                if context.covers_body:
                    receive = await self._cover_body(scope, receive, context, message)
                verdict, username = await self._verify(context, message, arrived)
                if verdict is _ACCEPTED:
                    accepted = context, message, username
                else:
                    refusal = Refusal.of_verdict(verdict, self._refused)
                    self._workers_apart.saw(verdict, context)
        except Disconnected:
            return
        except DigestError as error:
            refusal, cause = Refusal.of_error(error), error.__cause__
        if accepted is None:
            log_refused(scope, context, refusal, verdict, cause)
            await send_refusal(refusal, await self._challenges(refusal), self._answer, (scope, receive, send))
            return
        context, message, username = accepted
        log_accepted(scope, context)
        await self.app(
            self._identified(scope, context, username), receive, self._proving(scope, context, message, send)
        )

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
        return None if token is None else self._acceptor.open(token)

    def _url(self, scope: Scope, context: ServerContext) -> bytes:
        """What the layout's URL buffer holds: the uri as signed, once it is known to name this request."""
        target, uri = raw_target(scope), context.credentials.uri
        if uri == target and target[:1] == b"/" and not self._stripped_prefix:
            return uri
        if not names_target(uri, target, scope, self._stripped_prefix):
            raise MalformedField("The uri is not the target of this request", reason="uri")
        return uri

    async def _cover_body(
        self, scope: Scope, receive: Receive, context: ServerContext, message: HTTPMessage
    ) -> Receive:
        """Hash the request body into HEntity; the receive returned gives the app the same octets."""
        if scope["type"] == "websocket":  # a handshake has no body
            message.hentity = calculation.entity_hash(context.algorithm, b"")
            return receive
        body = await read_body(scope, receive, self._max_body)
        message.hentity = calculation.entity_hash(context.algorithm, body)
        return replay(body, receive)

    async def _challenges(self, refusal: Refusal) -> Headers:
        if refusal.status != self._refused:
            return []
        await self._epochs.refresh()
        return [(self._challenge_field, value) for value in self._acceptor.challenges(stale=refusal.stale)]

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
