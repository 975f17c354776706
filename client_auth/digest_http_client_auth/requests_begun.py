"""What a call of requests or niquests keeps of the requests that it has begun. `Call` and `AsyncCall` drive it."""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

from digest_http.errors import DigestError, WrongPrincipal

from .exchange import Exchange
from .forgotten_calls import Forgotten
from .library_errors import errors_also
from .preemptive import Preemptive, is_plain_success, sign_preemptively
from .requests_family import RequestsLibrary
from .requests_glances import Answer
from .requests_shapes import Request, RequestT
from .requests_urls import url_origin
from .sent_bodies import BodyReplay, is_octets
from .session import Session
from .wire_targets import with_path

__all__ = ["BaseCall", "Begun"]

_FlowT = TypeVar("_FlowT")
_LibraryT = TypeVar("_LibraryT", bound=RequestsLibrary[Any])


class Begun(Generic[RequestT, _FlowT]):
    """A request that was signed, or not, and is under way."""

    __slots__ = ("flow", "own", "preemptive", "sent", "unprobed")

    def __init__(
        self,
        sent: RequestT,
        own: Any,
        preemptive: Preemptive | None = None,
        flow: _FlowT | None = None,
        unprobed: RequestT | None = None,
    ) -> None:
        #: What was sent: the caller's request, or a probe.
        self.sent: Final = sent
        #: The caller's own field of credentials, which ours replaces for the time of the call; None for none.
        self.own: Final = own
        #: How it was signed in advance; then there is no flow before its answer has come.
        self.preemptive: Final = preemptive
        #: What has yielded it. None without `preemptive` as well: nobody has begun it, so it went out as it was.
        self.flow: Final = flow
        #: What the caller's request was, if it was changed into a probe.
        self.unprobed: Final = unprobed


class BaseCall(Generic[_LibraryT, RequestT, _FlowT]):
    """What the blocking and the asynchronous form share."""

    def __init__(
        self, session: Session[RequestT, Answer], library: _LibraryT, module: Any, url: Any, body: Any
    ) -> None:
        """`url` and `body` are those of the request as it was prepared."""
        self._session: Final = session
        self._library: Final = library
        self._module: Final = module
        self._field: Final = session.authorization_text
        self._url: Final[str] = url
        # The file's offset, for redirects too: requests itself goes back to it for them.
        self._replay: Final = None if is_octets(body) else BodyReplay(body)
        self._was_sent = False
        # By id: an entry keeps its request alive, so no other can have that id.
        self._begun: Final[dict[int, Begun[RequestT, _FlowT]]] = {}

    def _errors(self, request: Request) -> Any:
        return errors_also(self._module.exceptions.RequestException, request=request, response=None)

    def _is_at_home(self, request: RequestT) -> bool:
        """Whether a request goes to the origin that the credentials were given for. A redirect may lead away.

        From http to https of the same host, both at their usual ports, the libraries keep a field of credentials.
        """
        origin, first = self._library.origin(request), url_origin(self._url)
        if origin == first:
            return True
        return (first.scheme, first.port, origin.scheme, origin.port, origin.host) == (
            "http", 80, "https", 443, first.host,
        )  # fmt: skip

    def _leave(self, status: int) -> None:
        """A redirect led to another origin, which gets nothing. Raises WrongPrincipal where a proof is demanded."""
        if self._session.demands_proof:
            raise WrongPrincipal("a redirect led away from the request whose answer the server could prove")
        if status == self._session.status:
            self._session.policy.report("it came from another origin, to which a redirect led")

    def _rewind(self, request: RequestT) -> None:
        """Let a body that was sent before, in this call, be sent again. Raises BodyNotReplayable."""
        if self._replay is not None and self._was_sent:
            self._replay.restore(request)
        self._was_sent = True

    def _sign_at_once(self, request: RequestT) -> bool:
        """Sign a request in advance, if it has a body in memory and that takes no more than a look."""
        if self._replay is not None or self._begun:
            return False
        own = self._library.field(request, self._field)
        try:
            preemptive = sign_preemptively(self._session, request)
        except DigestError:
            with self._errors(request):
                raise
        if preemptive is None:
            return False
        self.take_over(request, own, preemptive)
        return True

    def take_over(self, request: RequestT, own: Any, preemptive: Preemptive) -> None:
        """Note a request that was signed in advance; `own` is the field of the caller's that it had before."""
        self._begun[id(request)] = Begun(request, own, preemptive)

    def _left(
        self, begun: Begun[RequestT, _FlowT], response: Any, request: RequestT, settings: dict[str, Any]
    ) -> tuple[Exchange[RequestT, Answer], Answer] | None:
        """What is left of a call once the answer to its first request has come; None if the answer is the caller's.

        Raises WrongPrincipal.
        """
        session, preemptive = self._session, begun.preemptive
        if preemptive is not None:
            # Who sent a success is of no interest; it is for a proxy, of which the next call is to know.
            answer = self._answer(response, begun.sent, settings) if session.proxy else Answer(response)
            if is_plain_success(session, preemptive, self._library.plain_answer(answer, begun.sent, session.info_name)):
                return None
            exchange = Exchange(session, begun.sent, preemptive)
        elif self._is_at_home(request):
            exchange = Exchange(session, request, unsigned=True, replay=self._replay)
        else:
            self._leave(response.status_code)
            return None
        return exchange, self._answer(response, begun.sent, settings)

    def _make_ready(self, request: RequestT) -> RequestT:
        """Called before it is signed; what is to be signed, which is another object where a probe is to be sent."""
        unanswered = self._begun.pop(id(request), None)
        if unanswered is not None:  # a sending that has failed
            self._give_back(request, unanswered)
        probes = self._session.prober is not None and not self._library.holds_body(request)
        return self._resend(request) if probes else request

    def _note_begun(self, request: RequestT, message: RequestT, flow: _FlowT, sent: RequestT, own: Any) -> None:
        """`message` is what `_make_ready` gave, `sent` what the flow began with."""
        unprobed = None
        if message is not request:
            unprobed = self._resend(request)
            request.method, request.headers, request.body = sent.method, sent.headers, sent.body
        self._begun[id(request)] = Begun(sent, own, None, flow, unprobed)

    def _as_it_is(self, request: RequestT) -> Begun[RequestT, _FlowT]:
        """For a request that nobody has begun: that it went out as it is."""
        return Begun(request, self._library.field(request, self._field))

    def _answer(self, response: Any, request: RequestT, settings: dict[str, Any]) -> Answer:
        origin = self._library.origin(request)
        proxy = self._library.proxy_among(request, settings.get("proxies"))
        self._library.note_proxy(request, proxy)
        peer = origin if proxy is None else proxy
        return Answer(response, (peer.host, peer.port))

    def _show(self, response: Any, request: RequestT) -> None:
        """Let a response show its request as it was sent, whatever is done to the caller's from now on."""
        if response.request is request:
            # The attributes that a library has hung on it go along; the fields are what will differ.
            response.request = self._library.shown(request)

    def _give_back(self, request: RequestT, begun: Begun[RequestT, _FlowT]) -> None:
        """Make the caller's request what it was: without our field, and no probe."""
        before = begun.unprobed
        if before is not None:
            request.method, request.headers, request.body = before.method, before.headers, before.body
        self._library.give_back(request, self._field, begun.own)

    def _resend(self, request: RequestT) -> RequestT:
        sent: RequestT = self._library.shown(request)
        if self._session.proxy:
            sent.url = with_path(request.url)
        return sent

    def __reduce__(self) -> tuple[Any, ...]:
        # Responses are pickled with their request and its hooks; the password is not to be among them.
        return (Forgotten, ())

    def __deepcopy__(self, _: Any) -> Any:
        return self
