"""Guard: verifies the requests of any server and any protocol that has Digest, without I/O of its own.

Settings are looked at here, and what they make is put together. The order of one request is written once, in
examination.py, for callers that block and callers that await (httpauth/waiting.py).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from time import time_ns
from typing import ClassVar, Final

from digest_http import settings, stores
from digest_http import users as user_sources
from digest_http.algorithms import select
from digest_http.errors import ConfigurationError, MalformedField, SourceUnavailable
from digest_http.httpauth.acceptor import Acceptor
from digest_http.httpauth.held import DEFAULT_ALGORITHMS
from digest_http.httpauth.keys import Keys
from digest_http.httpauth.nonces import DEFAULT_LIFETIME, NonceSource, steady_clock
from digest_http.httpauth.protocols import ClockedStore, LogoutUsers, NonceStore, SharedStore, Users
from digest_http.httpauth.sequence import DEFAULT_WINDOW, sequence_rule
from digest_http.httpauth.sources import Sources
from digest_http.httpauth.waiting import Wait, at_once, awaited, run
from digest_http.names import realm_name
from digest_http.secrecy import HoldsSecrets

from .challenges import Challenges
from .epochs import Epochs
from .examination import Examination, Outcome
from .key_sources import KeyFile, configured_keys
from .logouts import Dates, KeptLogouts, MemoryLogouts, SameDates
from .observing import Observer, Observing, observers_of
from .offering import Offering
from .outcomes import NO_CREDENTIALS, Accepted, Refusal, Refused
from .pauses import challenge_later, finish, hear, outcome_now
from .policy import Policy
from .requests import Body, Fields, GivenRequest, Request, same_page
from .throttling import Throttle, Throttling, throttle_of
from .uploads import DEFAULT_MAX_BODY, longest_upload

__all__ = ["Guard"]

#: Requests with one nonce of the RFC 2069 form, at most: each costs the store as many questions as went before it.
MAX_RFC2069_USES: Final = 100

#: Nonces that are counted for one connection at once. A client holds one, and gets another when that is over.
NONCES_OF_CONNECTION: Final = 16

_ORIGIN: Final = (b"authorization", b"www-authenticate", b"authentication-info", 401)
_PROXY: Final = (b"proxy-authorization", b"proxy-authenticate", b"proxy-authentication-info", 407)


class Guard(HoldsSecrets):
    """Verifies the requests of one realm.

    `users`: a mapping of name to password, an object of the Users protocol, a callable (username, realm, algorithm) ->
    H(A1), or a URL. `realm`: the name of the area; users see it, and it is part of every H(A1).

    `algorithms`, `qop`: what is offered, in order of preference. Default of `algorithms`: those of SHA-256 and MD5 for
    which all users have a hash; of `qop`: auth. `qop=[]`: challenges without qop, for devices that know none.
    `old_clients`: offer MD5 and auth, which all clients know. `store`: a NonceStore or a URL. `keys`: the secrets that
    sign nonces, newest first, 16 octets at least each, or text or a KeyFile (see guard/key_sources.py); by default the
    environment variable DIGEST_HTTP_KEYS, else a random one. `nonce_lifetime`: seconds in which the head of a request
    must arrive. `sequence`: "window" or "strict". `max_body`: octets that auth-int may cover. `userhash`,
    `allow_rfc2069`: off by default. `rfc2069_uses`: how many requests one nonce is valid for in the RFC 2069 form,
    which has no counts; anyone who records one of them can send it again, within that number. `proxy`: 407 and the
    Proxy- fields. `same_target`: a function (uri, target) that says whether a signed uri names the target; by default
    they must be the same octets, and with `proxy` the path alone is accepted too. `throttle`: a limiter of failed
    logins (throttling.Throttle). `observers`: functions that are called with an Event for each request (observing.py).
    `logger`: the name that warnings are logged under. `clock`, `random`: for tests.

    Raises ConfigurationError for a setting that cannot work.
    """

    _warns: ClassVar = True

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
        max_body: int = DEFAULT_MAX_BODY,
        userhash: bool = False,
        allow_rfc2069: bool = False,
        rfc2069_uses: int = 1,
        proxy: bool = False,
        same_target: Callable[[bytes, bytes], bool] | None = None,
        throttle: Throttle | None = None,
        observers: Iterable[Observer] = (),
        logger: str = "digest_http.guard",
        clock: Callable[[], float] | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        realm = realm_name(realm)
        policy = Policy.of(algorithms, qop, old_clients=old_clients, allow_rfc2069=allow_rfc2069)
        self.realm: Final = realm
        self.max_body: Final = settings.number("max_body", max_body, 0, example=DEFAULT_MAX_BODY)
        self.users: Final = user_sources.open_users(users, realm, policy.algorithms or select(DEFAULT_ALGORITHMS))
        self.store: Final = stores.open_store(store)
        if same_target is not None:
            settings.function("same_target", same_target, 2, example="same_path, with def same_path(uri, target)")
        uses = settings.number("rfc2069_uses", rfc2069_uses, 1, MAX_RFC2069_USES, example=10)
        configured = configured_keys(keys)
        self.keys: Final[Keys] = configured if configured is not None else [os.urandom(32)]
        sources = Sources(self.users, self.store, sequence_rule(sequence, window), realm, rfc2069_uses=uses)
        nonces = NonceSource(
            realm.encode(),
            self.keys,
            partial(_epoch_of, self.store),
            lifetime=nonce_lifetime,
            # With auth the head is all that is verified; with auth-int its verdict has to wait for the body.
            overtime=longest_upload(max_body) if "auth-int" in policy.qop else 0,
            clock=clock if clock is not None else _clock_of(self.store),
            random=random,
        )
        self.covers_bodies: Final = "auth-int" in policy.qop
        """Whether auth-int is on offer: if not, the length of a body makes no difference to a challenge."""
        self.now: Final = nonces.now
        """The clock of the nonces, in microseconds."""
        make = partial(
            Acceptor, realm, nonces=nonces, qop=policy.qop, allow_rfc2069=allow_rfc2069, userhash=userhash, proxy=proxy
        )
        log = logging.getLogger(settings.text("logger", logger, example="app.login"))
        watching = observers_of(observers)
        observing = Observing(watching, realm, log) if watching else None
        self.observing: Final = observing
        """What tells the observers, for plugs with other ways to log in; None without observers."""
        limiter = throttle_of(throttle)
        self.throttling: Final = None if limiter is None else Throttling(limiter, observing)
        """What asks the limiter, for plugs with other ways to log in; None without one."""
        self._end: Final = sources.end
        if isinstance(self.users, LogoutUsers):
            clock_of_store = clock is None and isinstance(self.store, ClockedStore)
            dates = (Dates if clock_of_store else SameDates)(nonces.now)
            logouts = KeptLogouts(self.users, realm, dates)
        else:
            logouts = KeptLogouts(MemoryLogouts(nonces.kept), realm, SameDates(nonces.now))
        self._epochs: Final = Epochs(self.store, nonces.now, log)
        self._offering: Final = Offering(
            self.users, realm, policy.algorithms, make, now=nonces.now, hear=hear, logger=log, warns=self._warns
        )
        self._same_target: Final = same_target or (same_page if proxy else bytes.__eq__)
        field, challenge_field, self.proof_field, self.refused_status = _PROXY if proxy else _ORIGIN
        """`proof_field`: the name of the field for Accepted.prove, in lower case. `refused_status`: 401, or 407."""
        anonymous = Refusal(self.refused_status, NO_CREDENTIALS, "Digest credentials are needed.")
        self.challenge_fields: Final = Challenges(
            challenge_field,
            self.refused_status,
            anonymous,
            offered=self._offering,
            epochs=self._epochs if self._epochs.asks else None,
            later=challenge_later,
        ).fields
        """`challenge`, for plugs that save a coroutine: the fields at once, nearly always, else what is to be awaited.

        By position: a Refused, auth_only, wait."""
        self.examination: Final = Examination(
            field=field,
            status=self.refused_status,
            anonymous=Refused(anonymous),
            offered=self._offering,
            sources=sources,
            timed=None if observing is None else observing.timed,
            now=nonces.now,
            throttling=self.throttling,
            logouts=logouts,
            finish=finish,
        )
        """The order of one request, for plugs that await by themselves. Observers are told by `examine` alone."""
        examine = self.examination.examine
        self.examine: Final[Callable[[Request, Wait], Outcome]] = (
            examine if observing is None else partial(observing.examined, examine)
        )
        """Everything up to the verdict of a request; a refusal has no fields yet. See Examination.examine."""
        # What a guard of one connection is made of; its clock is that of this one, for logouts.
        self._for_connection: Final = partial(
            _GuardOfConnection, self.users, realm, algorithms=algorithms, qop=qop, old_clients=old_clients,
            nonce_lifetime=nonce_lifetime, sequence=sequence, window=window, max_body=max_body, userhash=userhash,
            allow_rfc2069=allow_rfc2069, rfc2069_uses=rfc2069_uses, proxy=proxy, same_target=same_target,
            throttle=throttle, observers=watching, logger=logger,
            clock=clock if clock is not None else _clock_of(self.store), random=random,
        )  # fmt: skip

    @property
    def acceptor(self) -> Acceptor:
        """What is on offer now. It is another one when the users' hashes have changed."""
        return self._offering.acceptor

    def for_connection(self) -> Guard:
        """A guard like this one whose nonces are valid on one connection: a record of it is useless on another one.

        Make one when a connection begins, and drop it with the connection. Its keys and counts are its own.
        """
        made = self._for_connection(
            keys=[os.urandom(32)], store=stores.MemoryStore(NONCES_OF_CONNECTION), rfc2069_uses=MAX_RFC2069_USES
        )
        # Who is logged out is so on each connection.
        made.examination.share(self.examination.logouts)
        return made

    def check(
        self,
        method: str | bytes,
        target: str | bytes,
        fields: Fields,
        body: Body = b"",
        *,
        client: str | None = None,
    ) -> Accepted | Refused:
        """Verify a request, for servers that block.

        `method`, `target`: as they stand in the request line. `fields`: pairs of name and value, or a mapping, in
        octets or text. `body`: octets, or a function that reads them, called for auth-int only. `client`: its
        address, for the limiter and the observers. Never raises for what a client has sent. An asynchronous
        source counts as down here: 503.
        """
        request = self._request(method, target, fields, body, client)
        if isinstance(request, Refused):
            return request
        outcome = outcome_now(self.examine(request, at_once))
        if isinstance(outcome, Accepted):
            return outcome
        return outcome.with_fields(run(self.challenge(outcome, wait=at_once)))

    async def check_async(
        self,
        method: str | bytes,
        target: str | bytes,
        fields: Fields,
        body: Body | Callable[[], Awaitable[bytes]] = b"",
        *,
        client: str | None = None,
        wait: Wait = awaited,
    ) -> Accepted | Refused:
        """The same for asynchronous servers. `body` may be a coroutine function too.

        `wait`: a function that awaits the users or the store, perhaps with a time limit; for instance
        lambda answer: asyncio.wait_for(answer, 5).
        """
        request = self._request(method, target, fields, body, client)
        if isinstance(request, Refused):
            return request
        outcome = self.examine(request, wait)
        if not isinstance(outcome, (Accepted, Refused)):
            outcome = await outcome
        if isinstance(outcome, Accepted):
            return outcome
        return outcome.with_fields(await self.challenge(outcome, wait=wait))

    def _request(
        self,
        method: str | bytes,
        target: str | bytes,
        fields: Fields,
        body: Body | Callable[[], Awaitable[bytes]],
        client: str | None,
    ) -> GivenRequest | Refused:
        """The request, or its refusal if no octets can have been read as it is."""
        try:
            return GivenRequest(
                method, target, fields, body, limit=self.max_body, same_target=self._same_target, client=client
            )
        except MalformedField as error:
            unread = Refused(Refusal.of_error(error, self.refused_status))
            if self.observing is not None:
                self.observing.tell(unread, None, time_ns(), 0.0)
            return unread

    async def start(self, wait: Wait = awaited) -> None:
        """Load what the first challenge needs: the epoch of a shared store, the users' hashes.

        Raises ConfigurationError for a store that can never work.
        """
        await self._epochs.start(wait)
        asked = self._offering.refresh(wait)
        if asked is not None:
            await asked

    async def challenge(
        self, refused: Refused, *, auth_only: bool = False, wait: Wait = awaited
    ) -> list[tuple[bytes, bytes]]:
        """The fields of a refusal: a challenge for each algorithm with 401 and 407, Retry-After with 429, else nothing.

        `auth_only`: for a request whose body is too long for auth-int.
        """
        fields = self.challenge_fields(refused, auth_only, wait)
        return fields if isinstance(fields, list) else await fields

    def log_out(self, who: Accepted | str) -> None:
        """End a login, or all logins of a user whose name is given. For servers that block; see log_out_async."""
        run(self.log_out_async(who, wait=at_once))

    async def log_out_async(self, who: Accepted | str, *, wait: Wait = awaited) -> None:
        """The same for servers that await.

        For an Accepted: its nonce is used up, in all processes that share the store. For a name: all nonces that this
        user got until now are not valid any more. The next request with one gets 401 without stale, so a browser asks
        for the password. Make the response to the request that logs out after this call.

        Raises SourceUnavailable if the logout could not be stored; then nobody is logged out. Raises ConfigurationError
        for a name, if other processes share the store and `users` does not store logouts (LogoutUsers): they would not
        learn of it.
        """
        now, logouts = self.now(), self.examination.logouts
        if isinstance(who, Accepted):
            # First: an answer that begins while the store is asked must not hand out one more.
            who.context.end()
            # An answer that began too soon, or was made before the app was asked, may have a next nonce.
            for nonce in who.context.nonces_of_login:
                await self._end(nonce, now, wait)
            return
        shared = isinstance(self.store, SharedStore) and self.store.shared
        if shared and isinstance(logouts.source, MemoryLogouts):
            raise ConfigurationError(
                "other workers would not learn that this user is logged out: give users an object that also has "
                "logged_out and log_out (digest_http.httpauth.protocols.LogoutUsers)"
            )
        try:
            kept = logouts.log_out(who, now)
            if kept is not None:
                await wait(kept)
        except Exception as error:
            raise SourceUnavailable("The logout could not be kept; try again later", reason="users-down") from error

    def __repr__(self) -> str:
        return f"<Guard of realm {self.realm!r}>"


class _GuardOfConnection(Guard):
    """What could be said of its settings was said when the guard of all connections was made."""

    _warns = False


#: A store's epoch, which may change. An attribute is read without a step in Python.
_epoch_of: Final[Callable[[NonceStore], bytes]] = attrgetter("epoch")


def _clock_of(store: NonceStore) -> Callable[[], float]:
    """A store that others share may know a clock they agree on."""
    return store.clock if isinstance(store, ClockedStore) else steady_clock
