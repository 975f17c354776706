"""One call of a client: sign its request, look at the answer, and decide on the next one. No input or output here.

The order of one call, as whoever drives it goes through it:

1. `sign_preemptively` (preemptive.py). If it signs, the request is sent, and `is_plain_success` ends most calls.
2. Otherwise, and for whatever else came back, an `Exchange` is made. With an answer in hand it goes on at step 5.
3. If `needs_body`, the request's body is passed to the hash that `new_entity` gives. `sign` then puts the credentials
   into `request`, or takes ours out again if there is nothing to sign with.
4. `request` is sent. The library follows redirects by itself: `library.request_of` tells what was answered at last.
5. If `needs_body_of(response)`, the response's body is read into memory.
6. `receive(response)`:
   a. where a proof is demanded, the redirects that were followed are checked;
   b. a 401 (or 407) is `_challenged`: the challenge is chosen (challenges_met.py), its nonce learnt, and
      `retries.RULES` asked;
   c. a 400 to a request that a redirect made may be about the field it carried along: `_retry_after_redirect`;
   d. anything else is settled: the proof is checked, and what it proves is remembered.
   True: the next `request` is ready, with body and cookies; go on at step 3. False: if `take_wanted` gives
   something, credentials are asked for and step 6 is done once more; else the response is the caller's.

With `probe=True` a body that is not in memory waits: `request` is a small one first, whose answer brings the nonce.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Generic

from digest_http import calculation
from digest_http.algorithms import Hash
from digest_http.errors import BodyNotReplayable, WrongPrincipal
from digest_http.httpauth.challenge_selection import Choice
from digest_http.httpauth.client import ClientContext, Signature
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.client_nonce import ClientNonce
from digest_http.httpauth.logical_clock import tick
from digest_http.httpauth.logins import MAX_ASKED, Wanted
from digest_http.httpauth.protection_spaces import OriginSpaces
from digest_http.httpauth.retries import Retries, Try
from digest_http.httpauth.signing import note_accepted, sign

from .challenges_met import Redirected, challenger, choose, is_upgraded
from .cookies import carry_cookies
from .library import BAD_REQUEST, Replay, RequestT, ResponseT
from .preemptive import Preemptive, signature_of
from .proof import check_proof, check_redirects, proof_covers_body
from .session import Session

__all__ = ["Exchange"]


class Exchange(Generic[RequestT, ResponseT]):
    """One call: `request` is what to send next, `needs_body` whether its body must be hashed before `sign`."""

    # What most calls never touch stands here, so that an instance holds only what differs.
    needs_body = False
    _entity: Hash | None = None
    _context: ClientContext | None = None
    _nonce: ClientNonce | None = None
    _spaces: OriginSpaces | None = None
    #: Whether the nonce came in this call, or is on offer: its space is known to others once it was accepted.
    _new = False
    _signature: Signature | None = None
    _replay: Replay[RequestT] | None = None
    _field = b""
    #: The body of the last response, where its proof covers it.
    _body: Callable[[], bytes | Hash] = bytes
    _trail: tuple[ResponseT, ...] = ()
    #: Whether `request` is a probe.
    _probing = False
    _wanted: Wanted | None = None
    _asked: tuple[tuple[bytes, Identity | None], ...] = ()

    def __init__(
        self,
        session: Session[RequestT, ResponseT],
        request: RequestT,
        preemptive: Preemptive | None = None,
        *,
        unsigned: bool = False,
        replay: Replay[RequestT] | None = None,
    ) -> None:
        """`unsigned`: the request has gone out already, as it is. `replay`: made before that, if it was."""
        self._session: Final = session
        library = session.library
        self._library: Final = library
        self._original: Final = request
        # Whose origin is that of the call.
        self._home = request
        self.request = request
        if not library.holds_body(request):
            self._replay = library.replay(request) if replay is None else replay
        if preemptive is not None:
            parts, self._context, self._nonce, _, began, self._spaces = preemptive
            self._field, self._signature = parts[0], signature_of(preemptive)
            self._retries = Retries(began)
            return
        self._retries = Retries(tick())
        if unsigned:
            return
        if session.prober is not None and self._replay is not None:
            self._probing = True
            self.request = session.prober.probe(request)
            return
        self._find_nonce(request)

    def _find_nonce(self, request: RequestT) -> None:
        """Look for what to sign a request with that no challenge has come for."""
        session, library = self._session, self._library
        self._spaces = spaces = session.by_key.get(session.key_of(request))
        if spaces is None:
            return
        target = library.target(request)
        offered = spaces.take_offer(target) if spaces.offers else None
        if offered is not None:
            self._new = True
            self._context, self._nonce = offered
        else:
            self._context = context = spaces.find(target)
            self._nonce = context.pool.reserve() if context is not None else None
        self.needs_body = self._nonce is not None and self._nonce.needs_entity

    def new_entity(self) -> Hash:
        """What the body of `request` is to be hashed with, where `needs_body`."""
        assert self._context is not None  # noqa: S101  # there is a nonce, of this context
        self._entity = entity = self._context.algorithm.hash_body()
        return entity

    def sign(self) -> None:
        """Put the credentials into `request`, if there is a nonce to sign with."""
        context, nonce, spaces, request, library = self._context, self._nonce, self._spaces, self.request, self._library
        if context is None or nonce is None or spaces is None:
            self._unsign()
            return
        hentity = b""
        if nonce.needs_entity:
            hentity = calculation.hex_octets((self._entity or self.new_entity()).digest())
        signed = sign(spaces, context, nonce, library.method(request), library.target(request), hentity)
        if signed is None:
            self._unsign()
            return
        self._field, self._signature = signed
        library.set_field(request, self._session.authorization_name, self._field)

    def needs_body_of(self, response: ResponseT) -> bool:
        """Whether its body must be read before `receive`: only for a proof that covers it. Refusals have none."""
        session, signature = self._session, self._signature
        if signature is None or self._library.status(response) == session.status:
            return False
        if not proof_covers_body(session, signature, response):
            return False
        self._body = self._library.record(response, signature.context.algorithm)
        return True

    def receive(self, response: ResponseT) -> bool:
        """Look at a response; True if `request` is to be signed and sent again. Raises WrongPrincipal."""
        session, library = self._session, self._library
        status = library.status(response)
        refused = status == session.status
        if self._probing and not refused:
            self._end_probe(response)
            return True
        if session.demands_proof and not self._probing:
            check_redirects(session, self._signature, self._new_hops(response))
        again = self._challenged(response) if refused else self._retry_after_redirect(response, status)
        if self._wanted is not None:
            return False
        if again or self._trail:
            # The client starts a history for each sending; the caller gets the whole one, redirects and 401s in order.
            self._trail = (*self._trail, *self._new_hops(response), response)
            if not again:
                library.set_history(response, self._trail[:-1])
        if session.demands_proof and (again or refused):
            # Nobody can prove a refusal, so its words are anybody's.
            if not again and session.verify == "always":
                raise WrongPrincipal(f"status {status} is a refusal, and no server can prove that a refusal is its own")
            library.withhold(response)
        elif not again and not refused:
            self._settle(response, status)
        return again

    def take_wanted(self) -> Wanted | None:
        """After `receive`: what credentials are to be asked for before it is called again; None for none."""
        wanted, self._wanted = self._wanted, None
        return wanted

    def _new_hops(self, response: ResponseT) -> list[ResponseT]:
        known = {id(hop) for hop in self._trail}
        return [hop for hop in self._library.history(response) if id(hop) not in known]

    def _challenged(self, response: ResponseT) -> bool:
        session = self._session
        last = self._library.request_of(response, self.request)
        signature = self._signature
        found = self._choose(response, last)
        if found is None:
            return False
        choice, spaces = found
        realm = choice.challenge.realm
        identity = session.logins.known_for(spaces, realm)
        if identity is None:
            self._want(spaces, realm, None)
            return False
        context = spaces.context_for(choice, partial(session.policy.make_context, identity))
        retries = self._retries
        nonce = context.learn(choice, retries.refused_nonce(signature))
        if nonce is None:
            session.policy.report("its nonce has been used as often as nc can count")
            return False
        if last is self.request or self._probing:
            outcome = retries.after_challenge(context, nonce, signature, stale=choice.challenge.stale)
        else:
            outcome = retries.after_move(fresh=True)
        if outcome is Try.NO_MORE:
            if retries.asks:
                self._want(spaces, realm, identity)
            return False
        self._spaces = spaces
        self._new = True
        probed, self._probing = self._probing, False
        following = self._original if probed else last
        self._prepare(following, response, context, nonce if outcome is Try.SIGNED else None, unsent=probed)
        return True

    def _want(self, spaces: OriginSpaces, realm: bytes, refused: Identity | None) -> None:
        """Ask for credentials, if they can be asked for: once for a realm, and once after a refusal."""
        question = (realm, refused)
        if self._session.logins.source is None or question in self._asked or len(self._asked) >= MAX_ASKED:
            self._session.policy.report("the source of credentials has none for its realm")
            return
        self._asked = (*self._asked, question)
        self._wanted = Wanted(spaces, realm, refused)

    def _end_probe(self, response: ResponseT) -> None:
        """Go on with the request itself after a probe that was not challenged."""
        self._probing = False
        if self._session.demands_proof:
            self._library.withhold(response)
        self._trail = (response,)
        self.request = self._original
        self._find_nonce(self._original)

    def _choose(self, response: ResponseT, last: RequestT) -> tuple[Choice, OriginSpaces] | None:
        """The challenge to answer and where it belongs, or None."""
        session = self._session
        peer = challenger(session, response, Redirected(self._original, self._home, last))
        if peer is None:
            return None
        signature = self._signature if last is self.request else None
        choice = choose(session, response, peer, signature, pinned_by=self._signature)
        if choice is not None:
            return choice, session.spaces_at(last, peer)
        if signature is not None:
            self._retries.after_dead_end(signature)
        return None

    def _retry_after_redirect(self, response: ResponseT, status: int) -> bool:
        """Answer a 400 to a request of a redirect that carried our field, whose uri is that of the page before."""
        if status != BAD_REQUEST:
            return False
        library, signature = self._library, self._signature
        last = library.request_of(response, self.request)
        if last is self.request or signature is None:
            return False
        home, origin = library.origin(self._home), library.origin(last)
        upgraded = origin != home and is_upgraded(self._session, Redirected(self._original, self._home, last))
        if not (origin == home or upgraded) or not self._is_ours(last):
            return False
        if self._retries.after_move(fresh=False) is Try.NO_MORE:
            return False
        # What was learnt by http says nothing of the server behind https: that one is asked.
        self._prepare(last, response, signature.context, None if upgraded else signature.nonce)
        return True

    def _prepare(
        self,
        request: RequestT,
        response: ResponseT,
        context: ClientContext,
        nonce: ClientNonce | None,
        *,
        unsent: bool = False,
    ) -> None:
        """Make ready to send `request` signed with `nonce`, or unsigned to be challenged anew if that is None.

        `unsent` is whether its body has not been sent yet.
        """
        library = self._library
        if self._replay is not None and not unsent:
            try:
                self._replay.restore(request)
            except BodyNotReplayable:
                if nonce is not None and self._spaces is not None:
                    # So that the caller's next call, with a new body, is signed at once.
                    self._spaces.offer(context, nonce, library.target(request))
                raise
        carry_cookies(library, response, request)
        if library.origin(request) != library.origin(self._home):
            self._home = request
        self.request = request
        self._context = context
        self._nonce = nonce
        self.needs_body = nonce is not None and nonce.needs_entity

    def _settle(self, response: ResponseT, status: int) -> None:
        """Note what an answer proves that is no refusal. Raises WrongPrincipal."""
        session, signature, spaces = self._session, self._signature, self._spaces
        if signature is None or spaces is None:
            if session.demands_proof:
                raise WrongPrincipal(
                    f"status {status} answers a request that was not signed, so the server has not "
                    "proved that it knows the password"
                )
            return
        last = self._library.request_of(response, self.request)
        if last is not self.request and (session.demands_proof or not self._is_ours(last)):
            if session.demands_proof:
                raise WrongPrincipal("a redirect led away from the request whose answer the server could prove")
            return
        proof = check_proof(session, signature, response, self._body)
        context, nonce = signature.context, signature.nonce
        if proof.given or status < BAD_REQUEST:
            exclusive = self._retries.exclusive is context
            note_accepted(spaces, signature, proof.nextnonce, new=self._new, exclusive=exclusive)
        elif status != BAD_REQUEST and not context.pool.release(nonce):
            # Such an error may come from anybody, or from before the check of credentials: no proof of the password.
            spaces.offer(context, nonce, signature.url)

    def _is_ours(self, request: RequestT) -> bool:
        """Whether a request carries the very field that this call made last; a redirect copies fields."""
        return self._library.request_values(request, self._session.authorization_name) == [self._field]

    def _unsign(self) -> None:
        self._signature = None
        if self._field and self._is_ours(self.request):
            self._library.remove_field(self.request, self._session.authorization_name)
