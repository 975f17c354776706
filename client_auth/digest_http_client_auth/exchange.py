"""One call of a client: sign its request, look at the answer, and decide on the next one. No input or output here."""

from __future__ import annotations

from typing import Any, Final, Generic

from digest_http import calculation
from digest_http.buffers import HTTPMessage
from digest_http.challenge import parse_challenges
from digest_http.errors import BodyNotReplayable, WrongPrincipal
from digest_http.httpauth.client import ClientContext, Signature
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.logical_clock import tick
from digest_http.httpauth.selection import Choice, choose
from digest_http.httpauth.spaces import OriginSpaces

from .ahead import Ahead
from .bodies import Replay
from .cookies import merge_cookies
from .messages import RequestT, Response, carries, field_values, origin_of, request_of, set_field, target_of
from .proof import check_proof, check_redirects, proof_covers_body
from .proxies import peer_of
from .retries import Retries, Try
from .session import Session
from .wire import WireBody

__all__ = ["Exchange"]

BAD_REQUEST: Final = 400


class Exchange(Generic[RequestT]):
    """One call: `request` is what to send next, `needs_body` whether it must be read into memory before `sign`."""

    # What most calls never touch stands here, so that an instance holds only what differs.
    needs_body = False
    _context: ClientContext | None = None
    _nonce: ClientNonce | None = None
    _spaces: OriginSpaces | None = None
    #: Whether the nonce came in this call, or is on offer: its space is known to others once it was accepted.
    _new = False
    _signature: Signature | None = None
    _replay: Replay | None = None
    _field = b""
    _wire: WireBody | None = None
    _trail: tuple[Any, ...] = ()

    def __init__(self, session: Session, request: RequestT, ahead: Ahead | None) -> None:
        self._session = session
        self._original = self.request = request
        if type(getattr(request.stream, "_stream", None)) is not bytes:
            self._replay = Replay(request)
        if ahead is not None:
            self._signature, self._field, began, self._spaces = ahead
            self._retries = Retries(began)
            self._context, self._nonce = self._signature.context, self._signature.nonce
            return
        self._retries = Retries(tick())
        self._spaces = spaces = session.known_at(request.url)
        if spaces is None:
            return
        target = target_of(request)
        offered = spaces.take_offer(target) if spaces.offers else None
        if offered is not None:
            self._new = True
            self._context, self._nonce = offered
        else:
            self._context = context = spaces.find(target)
            self._nonce = context.pool.reserve() if context is not None else None
        self.needs_body = self._nonce is not None and self._nonce.needs_entity

    def sign(self) -> None:
        """Put the credentials into `request`, if there is a nonce to sign with."""
        context, nonce, spaces, request = self._context, self._nonce, self._spaces, self.request
        if context is None or nonce is None or spaces is None or nonce.strength < spaces.floor:
            self._unsign()
            return
        hentity = calculation.entity_hash(context.algorithm, request.read()) if nonce.needs_entity else b""
        message = HTTPMessage(b"", request.method.encode(), target_of(request), hentity)
        self._signature = context.make_signature(message, nonce)
        if self._signature is None:  # the nonce is used up
            self._unsign()
            return
        self._field = b"Digest " + message.padding
        set_field(request, self._session.answer_field, self._field)

    def needs_body_of(self, response: Response[RequestT]) -> bool:
        """Whether the response body must be read before `take`: only for a proof that covers it. Refusals have none."""
        session, signature = self._session, self._signature
        if signature is None or response.status_code == session.status:
            return False
        if not proof_covers_body(session, signature, response):
            return False
        if "content-encoding" in response.headers:
            self._wire = session.library.watch(response)
        return True

    def take(self, response: Response[RequestT]) -> bool:
        """Look at a response; True if `request` is to be signed and sent again. Raises WrongPrincipal."""
        session = self._session
        status = response.status_code
        refused = status == session.status
        if session.demands_proof:
            known = {id(hop) for hop in self._trail}
            check_redirects(session, self._signature, [hop for hop in response.history if id(hop) not in known])
        again = self._challenged(response) if refused else status == BAD_REQUEST and self._carried_along(response)
        if again or self._trail:
            # The client starts a history for each sending; the caller gets the whole one, redirects and 401s in order.
            known = {id(hop) for hop in self._trail}
            hops = [hop for hop in response.history if id(hop) not in known]
            self._trail = (*self._trail, *hops, response)
            if not again:
                response.history = list(self._trail[:-1])
        if session.demands_proof and (again or refused):
            # Nobody can prove a refusal, so its words are anybody's.
            if not again and session.verify == "always":
                raise WrongPrincipal(f"status {status}: a refusal, which no server can prove to be its own")
            session.library.withhold(response)
        elif not again and not refused:
            self._settle(response)
        return again

    def _challenged(self, response: Response[RequestT]) -> bool:
        session = self._session
        last = request_of(response, self.request)
        found = self._choose(response, last)
        if found is None:
            return False
        choice, spaces = found
        context = spaces.context_for(choice, session.make_context)
        nonce = context.learn(choice)
        if nonce is None:
            session.report("its nonce has been used as often as nc can count")
            return False
        if last is not self.request:
            outcome = self._retries.after_move()
        else:
            signature = self._signature
            if signature is not None and signature.context is not context:
                signature = None
            outcome = self._retries.after_challenge(context, nonce, signature, stale=choice.challenge.stale)
        if outcome is Try.NO_MORE:
            return False
        self._spaces = spaces
        self._new = True
        self._prepare(last, response, context, nonce if outcome is Try.SIGNED else None)
        return True

    def _choose(self, response: Response[RequestT], last: RequestT) -> tuple[Choice, OriginSpaces] | None:
        """The challenge to answer and where it belongs, or None; nothing is remembered of what is turned down."""
        session = self._session
        origin = origin_of(last.url)
        if origin != origin_of(self._original.url):
            session.report("it came from another origin, to which a redirect led")
            return None
        peer = peer_of(response, origin, session.report) if session.proxy else origin
        challenges = parse_challenges(field_values(response, session.challenge_field))
        choice = choose(challenges, session.preference, session.report)
        if peer is None or choice is None:
            return None
        spaces = session.spaces_at(last.url, peer)
        if choice.strength < spaces.floor:
            # With prefer="server-order" a stronger one may stand behind it.
            choice = choose(challenges, session.strongest, session.report) or choice
        if choice.strength < spaces.floor:
            session.report("it is weaker than what this origin has accepted before, and allow_weaker is not set")
            return None
        signature = self._signature
        if choice.challenge.stale and signature is not None and signature.context.realm != choice.challenge.realm:
            session.report("it calls a nonce stale that belongs to another realm")
            return None
        return choice, spaces

    def _carried_along(self, response: Response[RequestT]) -> bool:
        """Answer a 400 to a request of a redirect that carried our field, whose uri is that of the page before."""
        last = request_of(response, self.request)
        signature = self._signature
        if last is self.request or signature is None:
            return False
        if origin_of(last.url) != origin_of(self._original.url) or not self._is_ours(last):
            return False
        if self._retries.after_move() is Try.NO_MORE:
            return False
        self._prepare(last, response, signature.context, signature.nonce)
        return True

    def _prepare(
        self, request: RequestT, response: Response[RequestT], context: ClientContext, nonce: ClientNonce | None
    ) -> None:
        """Make ready to send `request` signed with `nonce`, or unsigned to be challenged anew if that is None."""
        if self._replay is not None:
            try:
                self._replay.restore(request)
            except BodyNotReplayable:
                if nonce is not None and self._spaces is not None:
                    # So that the caller's next call, with a new body, is signed at once.
                    self._spaces.offer(context, nonce, target_of(request))
                raise
        if "set-cookie" in response.headers:
            merge_cookies(request, self._session.library.cookie_field(response, request))
        self.request = request
        self._context = context
        self._nonce = nonce
        self.needs_body = nonce is not None and nonce.needs_entity

    def _settle(self, response: Response[RequestT]) -> None:
        """Note what an answer proves that is no refusal. Raises WrongPrincipal."""
        session, signature, spaces = self._session, self._signature, self._spaces
        if signature is None or spaces is None:
            if session.demands_proof:
                raise WrongPrincipal(
                    f"status {response.status_code} answers a request that was not signed, so the server has not "
                    "proved that it knows the password"
                )
            return
        last = request_of(response, self.request)
        if last is not self.request and (session.demands_proof or not self._is_ours(last)):
            if session.demands_proof:
                raise WrongPrincipal("a redirect led away from the request whose answer the server could prove")
            return
        proof = check_proof(session, signature, response, self._wire)
        context, nonce = signature.context, signature.nonce
        if proof.given or response.status_code < BAD_REQUEST:
            if self._new and not spaces.accept(context, nonce, signature.url):
                return
            context.learn_next(signature, proof.nextnonce)
            if self._retries.apart is context:
                context.pool.make_exclusive()
            context.accept(nonce)
        elif response.status_code != BAD_REQUEST and not context.pool.release(nonce):
            # Such an error may come from anybody, or from before the check of credentials: no proof of the password.
            spaces.offer(context, nonce, signature.url)

    def _is_ours(self, request: RequestT) -> bool:
        """Whether a request carries the very field that this call made last."""
        return carries(request, self._session.answer_key, self._field)

    def _unsign(self) -> None:
        self._signature = None
        if self._field and self._is_ours(self.request):
            del self.request.headers[self._session.answer_field]
