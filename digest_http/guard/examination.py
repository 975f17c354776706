"""The order of one request: read the field, check the target, cover the body, look up, verify, count.

It is written here once, without I/O and without coroutines. It goes as far as nothing has to be awaited, and that is
mostly the end. If something has to be awaited, it stops there and goes on with the answer: `Paused` holds the place.
Who awaits is the caller (pauses.py).

Each request goes through this file, so it may be compiled (docs/performance.md, "Two forms"). What servers and sources
of others give is `Any` here, and looked at where it is used: compiled code would insist on an annotation before that.
Where one is given all the same, there is a second way for what does not keep to it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sized
from typing import Any, Final, TypeAlias, cast

from digest_http.buffers import HTTPMessage
from digest_http.credentials import Credentials, split_scheme
from digest_http.errors import DigestError, MalformedField
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.sources import Sources
from digest_http.httpauth.verdict import ACCEPTED, ENDED, UNKNOWN_USER, Verdict
from digest_http.httpauth.waiting import Wait
from digest_http.params import MAX_FIELD_OCTETS, check_size
from digest_http.secret_holder import SecretHolder

from .logouts import KeptLogouts
from .offering import Offering
from .outcomes import Accepted, Refusal, Refused
from .throttling import Throttling

__all__ = ["Examination", "Outcome", "Paused"]

#: What an examination gives: the outcome, or what is to be awaited for it.
Outcome = Accepted | Refused | Awaitable[Accepted | Refused]

# What was asked last, in the order of one request. Each number is the place to go on from.
_DELAY: Final = 1
_BODY: Final = 2
_USER: Final = 3
_FAILURE: Final = 4
_COUNT: Final = 5
_LOGOUT: Final = 6

#: A request of which something has to be awaited: the place, what to await, the context, the message, when the request
#: arrived, the name of the user, the verdict. All that goes into `Examination.go_on`, with what was awaited in place of
#: what to await, or into `refused_by`. A tuple, since an object with names costs ten times as much.
Paused: TypeAlias = tuple[int, Any, ServerContext, HTTPMessage, int, str, Verdict]


class Examination(SecretHolder):
    """Examines the requests of one guard.

    `field`: the name of the field that is read, in lower case; `status`: that of a refusal, 401 or 407. `timed`: makes
    a function that tells observers how long a source took. `now`: the clock of the nonces in microseconds. `finish`:
    makes a coroutine that awaits what is paused and goes on.
    """

    __slots__ = (
        "_anonymous",
        "_count",
        "_field",
        "_finish",
        "_logged_out",
        "_look_up",
        "_now",
        "_offered",
        "_refusals",
        "_sources",
        "_status",
        "_throttling",
        "logouts",
    )

    def __init__(
        self,
        *,
        field: bytes,
        status: int,
        anonymous: Refused,
        offered: Offering,
        sources: Sources,
        timed: Callable[[str, Callable[..., Any]], Callable[..., Any]] | None,
        now: Callable[[], int],
        throttling: Throttling | None,
        logouts: KeptLogouts,
        finish: Callable[[Examination, Paused, Any, Wait], Awaitable[Accepted | Refused]],
    ) -> None:
        self._field: Final = field
        self._status: Final = status
        self._anonymous: Final = anonymous
        self._offered: Final = offered
        self._sources: Final = sources
        # None: nobody wants to know how long they take, and they are called without a look-up of a name.
        self._look_up: Final = None if timed is None else timed("users", sources.look_up)
        self._count: Final = None if timed is None else timed("store", sources.count)
        self._now: Final = now
        self._throttling: Final = throttling
        self.share(logouts)
        self._finish: Final = finish
        self._refusals: Final[Mapping[Verdict, Refusal]] = {
            verdict: Refusal.of_verdict(verdict, status) for verdict in Verdict
        }

    def share(self, logouts: KeptLogouts) -> None:
        """From now on these say which logins are over."""
        self.logouts = logouts
        # Looked at here without a step to it.
        self._logged_out: Sized = logouts.known

    def examine(self, request: Any, wait: Wait) -> Outcome:  # noqa: ANN401 - a Request; see the head of the file
        """Everything up to the verdict of a request; a refusal has no fields yet.

        The outcome itself if all sources answer at once; else a coroutine, to be awaited at once. Raises what
        `request` raises when its body is read, and else nothing.
        """
        outcome = self.begin(request, wait)
        return self._finish(self, outcome, request, wait) if isinstance(outcome, tuple) else outcome

    def begin(  # noqa: C901, PLR0912 - the order up to the body, in one call
        self,
        request: Any,  # noqa: ANN401 - a Request; see the head of the file
        wait: Wait,
        opened: tuple[ServerContext, HTTPMessage] | None = None,
    ) -> Accepted | Refused | Paused:
        """`examine` for who awaits by himself what is paused. `opened`: a request that has waited for the limiter."""
        field = self._field
        found: bytes | None = None
        context: ServerContext | None = None
        try:
            if opened is None:
                try:
                    # Compiled code takes nothing but what is declared here, and needs a tenth of the time for it.
                    pairs: list[tuple[bytes, bytes]] = request.fields
                    for name, value in pairs:
                        if name == field:
                            if found is not None:
                                raise _twice(field)
                            found = value
                except (TypeError, ValueError):  # pairs that are no tuples of octets, as some servers have them
                    found = _in_any(request.fields, field)
                if found is None:
                    return self._anonymous
                if len(found) > MAX_FIELD_OCTETS:
                    check_size(found)
                # The first is what nearly everybody sends, without a call.
                token = found[7:] if found[:7] == b"Digest " else split_scheme(found)
                if token is None:
                    return self._anonymous
                acceptor = self._offered.acceptor
                # What Acceptor.open does, less a call for what nearly everybody sends.
                context = acceptor.shapes.open(acceptor, token) or acceptor.open_read(token, Credentials.parse(token))
                message = HTTPMessage(token, request.method, context.opening.uri)
                throttling = self._throttling
                if throttling is not None:
                    delayed: object = throttling.refused(request, context, wait)
                    if isinstance(delayed, Refused):
                        return delayed
                    if delayed is not None:
                        return _DELAY, delayed, context, message, 0, "", ACCEPTED
            else:
                context, message = opened
            arrived = self._now()
            if not request.is_named_by(message.url):
                raise MalformedField("The uri is not the target of this request", reason="uri")
            hentity: Any = b""
            if context.covers_body:
                hentity = request.hash_body(context.terms.algorithm)
                if not isinstance(hentity, bytes):
                    return _BODY, hentity, context, message, arrived, "", ACCEPTED
        except DigestError as error:
            return self.refused_by(error, context)
        return self.go_on(request, wait, _BODY, context, message, arrived, "", ACCEPTED, hentity)

    def go_on(  # noqa: C901, PLR0912, PLR0917 - the order from the body on, by position: names cost more
        self,
        request: Any,  # noqa: ANN401 - a Request; see the head of the file
        wait: Wait,
        place: int,
        context: ServerContext,
        message: HTTPMessage,
        arrived: int,
        username: str,
        verdict: Verdict,
        # Of what kind it is, hangs on the place.
        answer: Any,  # noqa: ANN401
    ) -> Accepted | Refused | Paused:
        """The order from a place on: what is paused, but for what was awaited, which is `answer` now."""
        covers_body = context.covers_body
        try:
            if place <= _USER:
                if place == _BODY:
                    if covers_body:
                        if not isinstance(answer, bytes):
                            # A part of the body; the hash is at hand now, or the rest has to be awaited.
                            answer = request.hash_received(context.terms.algorithm, answer)
                            if not isinstance(answer, bytes):
                                return _BODY, answer, context, message, arrived, username, verdict
                        message.hentity = answer
                    look_up = self._look_up
                    answer = self._sources.look_up(context, wait) if look_up is None else look_up(context, wait)
                    if not isinstance(answer, tuple):
                        return _USER, answer, context, message, arrived, username, verdict
                elif place == _DELAY:
                    return self.begin(request, wait, (context, message)) if answer is None else cast("Refused", answer)
                found: tuple[str, bytes | None] = answer  # pyright: ignore[reportUnknownVariableType]  # see `answer`
                username, ha1 = found
                # A body may have taken its time.
                now = self._now() if covers_body else arrived
                verdict = context.verify_signature(message, ha1, now, arrived)
                if verdict is not ACCEPTED:
                    throttling = self._throttling
                    if throttling is not None and not verdict.stale:
                        answer = throttling.note_failure(request, context, wait)
                        if answer is not None:
                            return _FAILURE, answer, context, message, arrived, username, verdict
                    return self._refused(verdict, context)
                count = self._count
                answer = self._sources.count(context, now, wait) if count is None else count(context, now, wait)
                if answer is not ACCEPTED and not isinstance(answer, Verdict):
                    return _COUNT, answer, context, message, arrived, username, verdict
            elif place == _FAILURE:
                return self._refused(verdict, context)
            if place != _LOGOUT:
                if answer is not ACCEPTED:
                    return self._refused(cast("Verdict", answer), context)
                # Nearly always nobody was logged out, and that is known without a call.
                if not self._logged_out:
                    return Accepted(context, message, username)
                answer = self.logouts.is_over(context.nonce_id, username, wait)
                if not isinstance(answer, bool):
                    return _LOGOUT, answer, context, message, arrived, username, verdict
        except DigestError as error:
            return self.refused_by(error, context)
        return Accepted(context, message, username) if answer is False else self._refused(ENDED, context)

    def refused_by(self, error: DigestError, context: ServerContext | None) -> Refused:
        """The refusal of an error."""
        return Refused.by_error(error, context, self._status)

    def _refused(self, verdict: Verdict, context: ServerContext) -> Refused:
        if verdict is UNKNOWN_USER:
            self._offered.saw_unknown_user()
        return Refused(self._refusals[verdict], context, verdict)


def _in_any(fields: Any, field: bytes) -> bytes | None:  # noqa: ANN401 - see the head of the file
    """The value of a field that may be there once; None if it is not there. Raises MalformedField if it is twice."""
    found: bytes | None = None
    for pair in fields:
        if pair[0] == field:
            if found is not None:
                raise _twice(field)
            # What is octets in another form (bytearray) is octets.
            found = bytes(memoryview(pair[1]))
    return found


def _twice(field: bytes) -> MalformedField:
    # Which of them another hop believed is ambiguous (RFC 9110 §11.6.2: it is a single field).
    return MalformedField(f"The {field.decode()} field appears more than once", reason="duplicate")
