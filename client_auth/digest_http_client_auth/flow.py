"""The flow of one call: sign, send, and answer what comes back (RFC 7616 §3.3, §3.6), for any client library.

`sync_flow` and `async_flow` do the input and output, `Exchange` decides. What it decides, for a 401:

* another origin than the call began with, or nothing usable: the 401 is the caller's;
* first answer to a challenge: signed and sent again;
* stale=true: the digest was right; again with the new nonce, MAX_STALE times a call;
* a plain 401 to a nonce from an earlier call: once more with the fresh nonce, for servers that forget without a word;
* a plain 401 to a nonce fresh from this call: the password is wrong, and the 401 is the caller's. Unless other requests
  with the same nonce may have overtaken this one: then it is the count, and it is tried again MAX_OVERTAKEN times;
* after a redirect inside the origin the request that was really sent is signed anew, MAX_MOVED times. A 400 then counts
  as a 401: it is how servers answer a copied header field whose uri is that of the page before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any, Final, Generic

from digest_http import calculation
from digest_http.authinfo import AuthenticationInfo
from digest_http.buffers import HTTPMessage
from digest_http.challenge import parse_challenges
from digest_http.errors import MalformedField, WrongPrincipal
from digest_http.httpauth.client import ClientContext, Signature, event_order
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.selection import choose

from .bodies import Replay
from .cookies import merge_cookies
from .messages import RequestT, Response, carries, field_values, origin_of, request_of, set_field, target_of
from .proxies import peer_of
from .session import Session
from .wire import WireBody

__all__ = ["Exchange", "async_flow", "sync_flow"]

MAX_STALE: Final = 2
MAX_FORGOTTEN: Final = 1
MAX_OVERTAKEN: Final = 3
MAX_MOVED: Final = 5
MAX_FIRST: Final = 2


def sync_flow(session: Session, request: RequestT) -> Generator[RequestT, Response[RequestT], None]:
    """Drive one call for a blocking client."""
    exchange = Exchange(session, request)
    while True:
        if exchange.needs_body:
            exchange.request.read()
        exchange.sign()
        response = yield exchange.request
        if exchange.needs_body_of(response):
            response.read()
        if not exchange.take(response):
            return


async def async_flow(session: Session, request: RequestT) -> AsyncGenerator[RequestT, Response[RequestT]]:
    """Drive one call for an asynchronous client."""
    exchange = Exchange(session, request)
    while True:
        if exchange.needs_body:
            await exchange.request.aread()
        exchange.sign()
        response = yield exchange.request
        if exchange.needs_body_of(response):
            await response.aread()
        if not exchange.take(response):
            return


class Exchange(Generic[RequestT]):
    """One call: `request` is what to send next, `needs_body` whether it must be read into memory before `sign`."""

    # What most calls never touch stands here, so that an instance holds only what differs.
    needs_body = False
    _context: ClientContext | None = None
    _nonce: ClientNonce | None = None
    _signature: Signature | None = None
    _replay: Replay | None = None
    _field = b""
    _fresh = False
    _sent_at = 0
    _wire: WireBody | None = None
    _trail: list[Any] | None = None
    _stale_left = MAX_STALE
    _forgotten_left = MAX_FORGOTTEN
    _overtaken_left = MAX_OVERTAKEN
    _moved_left = MAX_MOVED
    _first_left = MAX_FIRST

    def __init__(self, session: Session, request: RequestT) -> None:
        self._session = session
        self._original = request
        self.request = request
        if type(getattr(request.stream, "_stream", None)) is not bytes:
            self._replay = Replay(request)
        spaces = session.known_at(request.url)
        if spaces is not None:
            context = spaces.find(target_of(request))
            if context is not None:
                self._context = context
                self._nonce = nonce = context.current
                self.needs_body = nonce is not None and nonce.needs_entity

    def sign(self) -> None:
        """Put the credentials into `request`, if there is a nonce to sign with."""
        self._sent_at = event_order()
        context, nonce = self._context, self._nonce
        if context is None or nonce is None:
            return
        request = self.request
        hentity = calculation.entity_hash(context.algorithm, request.read()) if nonce.needs_entity else b""
        message = HTTPMessage(b"", request.method.encode(), target_of(request), hentity)
        self._signature = context.make_signature(message, nonce)
        name = self._session.answer_field
        if self._signature is not None:
            self._field = b"Digest " + message.padding
            set_field(request, name, self._field)
        elif name in request.headers:
            del request.headers[name]  # the nonce is used up; what stands there was signed for another request

    def needs_body_of(self, response: Response[RequestT]) -> bool:
        """Whether the response body must be read before `take`: only for a proof that covers it."""
        session, signature = self._session, self._signature
        if signature is None or session.info_field not in response.headers or session.verify == "off":
            return False
        info = b",".join(field_values(response, session.info_key)).lower()
        if b"rspauth" not in info or not (signature.qop == b"auth-int" or b"auth-int" in info):
            return False
        if "content-encoding" in response.headers:
            # RFC 7616 §3.4.3: the hash is over the octets as they were transferred; `content` is what they decode to.
            self._wire = session.library.watch(response)
        return True

    def take(self, response: Response[RequestT]) -> bool:
        """Look at a response; True if `request` is to be signed and sent again."""
        status = response.status_code
        if status == self._session.status:
            again = self._challenged(response)
        elif status == 400 and self._signature is not None:  # noqa: PLR2004  # Bad Request
            again = self._moved(response)
        else:
            again = False
        if again:
            hops = self._new_hops(response)
            self._trail = [*(self._trail or ()), *hops, response]
            return True
        if self._trail is not None:
            # The client starts a history for each sending; the caller gets the whole one, redirects and 401s in order.
            response.history = [*self._trail, *self._new_hops(response)]
        if self._signature is not None and status != self._session.status:
            self._settle(response, self._signature)
        return False

    def _challenged(self, response: Response[RequestT]) -> bool:
        session = self._session
        last = request_of(response, self.request)
        origin = origin_of(last)
        if origin != origin_of(self._original):
            session.report("it came from another origin, to which a redirect led")
            return False
        choice = choose(parse_challenges(field_values(response, session.challenge_field)), session.preference,
                        session.report)  # fmt: skip
        if choice is None:
            return False
        peer = peer_of(response, origin, session.report) if session.proxy else origin
        if peer is None:
            return False
        spaces = session.spaces_at(last.url, peer)
        challenge = choice.challenge
        accepted = spaces.strongest_accepted(challenge.realm)
        if accepted is not None and choice.strength < accepted:
            session.report("it is weaker than what this realm has accepted before")
            return False
        moved = last is not self.request
        signed = self._signature is not None and carries(last, session.answer_key, self._field)
        if challenge.stale and signed and self._context is not None and self._context.realm != challenge.realm:
            session.report("it calls a nonce stale that belongs to another realm")
            return False
        context = spaces.context_for(choice, target_of(last), session.make_context)
        try:
            nonce = context.learn(choice, self._sent_at)
        except MalformedField as error:
            session.report(str(error))
            return False
        if nonce is None or not self._may_try(context, stale=challenge.stale, signed=signed, moved=moved):
            return False
        self._fresh = nonce.octets == challenge.nonce
        self._prepare(last, response, context, nonce)
        return True

    def _may_try(self, context: ClientContext, *, stale: bool, signed: bool, moved: bool) -> bool:
        """Whether another sending is worth it; each reason has its bound for one call."""
        signature = self._signature
        if moved:
            self._moved_left -= 1
            return self._moved_left >= 0
        if not signed or signature is None or context is not self._context:
            # Not this context's answer yet. A password that was just refused is not tried again so soon.
            self._first_left -= 1
            return self._first_left >= 0 and not context.refused
        if stale:
            self._stale_left -= 1
            return self._stale_left >= 0
        if not self._fresh:
            self._forgotten_left -= 1
            return self._forgotten_left >= 0 and not context.refused
        if context.accepted_at > self._sent_at or (
            context.accepted is not None and signature.qop and signature.nonce.count > int(signature.nc, 16)
        ):
            self._overtaken_left -= 1
            return self._overtaken_left >= 0
        context.refuse()
        return False

    def _moved(self, response: Response[RequestT]) -> bool:
        """Answer a 400 to a request of a redirect that carried our field for the page before."""
        last = request_of(response, self.request)
        context = self._context
        if last is self.request or context is None or context.current is None:
            return False
        if origin_of(last) != origin_of(self._original) or not carries(last, self._session.answer_key, self._field):
            return False
        self._moved_left -= 1
        if self._moved_left < 0:
            return False
        self._prepare(last, response, context, context.current)
        return True

    def _prepare(
        self, request: RequestT, response: Response[RequestT], context: ClientContext, nonce: ClientNonce
    ) -> None:
        if self._replay is not None:
            self._replay.restore(request)
        if "set-cookie" in response.headers:
            merge_cookies(request, self._session.library.cookie_field(response, request))
        self.request = request
        self._context = context
        self._nonce = nonce
        self.needs_body = nonce.needs_entity

    def _settle(self, response: Response[RequestT], signature: Signature) -> None:
        """Note what an answer to a signed request proves, and take up nextnonce."""
        session, context = self._session, self._context
        if context is None:
            return
        if request_of(response, self.request) is not self.request and not carries(
            response.request, session.answer_key, self._field
        ):
            if session.verify == "required":
                raise WrongPrincipal("a redirect led away from the server that could prove itself")
            return
        if response.status_code < 400:  # noqa: PLR2004  # an error may come from before the check of credentials
            context.accept(signature.nonce.choice.strength)
        if session.info_field in response.headers:
            self._check(response, context, signature)
        elif session.verify == "required":
            raise WrongPrincipal(
                f"the server sent no {session.info_field} with status {response.status_code}, so it has not "
                "proved that it knows the password"
            )

    def _check(self, response: Response[RequestT], context: ClientContext, signature: Signature) -> None:
        session = self._session
        octets = b", ".join(field_values(response, session.info_key))
        try:
            info = AuthenticationInfo.parse(octets)
        except MalformedField as error:
            if session.verify == "required" or (session.verify == "if-present" and b"rspauth" in octets.lower()):
                raise WrongPrincipal(f"the server's proof cannot be read: {error}") from None
            return
        if session.verify == "required" or (session.verify == "if-present" and info.rspauth is not None):
            hentity = b""
            if self.body_is_hashed(info, signature):
                body = response.content if self._wire is None or not self._wire.seen else self._wire.octets()
                hentity = calculation.entity_hash(context.algorithm, body)
            context.verify_signature(HTTPMessage(octets, b"", signature.url, hentity), signature)
        context.learn_next(signature, info.nextnonce)

    @staticmethod
    def body_is_hashed(info: AuthenticationInfo, signature: Signature) -> bool:
        """Whether rspauth covers the response body."""
        return info.rspauth is not None and (info.qop or signature.qop).lower() == b"auth-int"

    def _new_hops(self, response: Response[RequestT]) -> list[Any]:
        known = {id(hop) for hop in self._trail or ()}
        return [hop for hop in response.history if id(hop) not in known]
