"""What observers of a guard are told: one event a request, with what its sources took.

A guard without observers has nothing of this in its way: `examine` is another method then (guard.py).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from inspect import isawaitable
from time import perf_counter_ns, time_ns
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar, cast, runtime_checkable

from digest_http import settings
from digest_http.errors import ConfigurationError
from digest_http.httpauth.server import ServerContext
from digest_http.httpauth.waiting import Wait

from .outcomes import NO_CREDENTIALS, Accepted, Refused
from .requests import Request

__all__ = ["BESIDE", "AddressedRequest", "Event", "Observer", "Observing", "SourceStep", "client_of", "observers_of"]

Ask = TypeVar("Ask", bound=Callable[..., Any])

_NANOSECONDS: Final = 1e9

#: The code of a user who came by another way.
BESIDE: Final = "beside"


class SourceStep(NamedTuple):
    """What one question to a source took. `began` is in nanoseconds since 1970."""

    #: "users", "store" or "throttle".
    source: str
    began: int
    seconds: float
    #: Whether the source raised, or took too long.
    failed: bool


class Event(NamedTuple):
    """What became of one request. Nothing in it is secret.

    `username`, `client` and `method` come from the client: shorten and escape them before you print them, and do not
    use them as labels of a metric.
    """

    realm: str
    #: A code of digest_http.guard.reasons, the exact one, as in the log.
    reason: str
    #: The status of a refusal; None for a request that the app got, whose status is the app's.
    status: int | None
    #: The name: verified where the request was accepted or somebody came by another way, else claimed; None where no
    #: field could be read.
    username: str | None
    #: Names of RFC 7616, None where no field could be read.
    algorithm: str | None
    qop: str | None
    #: The address, behind declared proxies the one that they tell; None if it is not known.
    client: str | None
    method: str
    #: Which nonce was used, as a number that says nothing of the nonce's signature; None unless accepted.
    nonce_id: int | None
    #: Nanoseconds since 1970.
    began: int
    #: From the head of the request to the verdict, with the body where it was signed.
    seconds: float
    steps: tuple[SourceStep, ...]


#: Called with each event, in the thread or task of the request: it must be quick, and it cannot wait.
Observer: TypeAlias = Callable[[Event], object]


@runtime_checkable
class AddressedRequest(Protocol):
    """A request that knows where it came from."""

    @property
    def client(self) -> str | None:
        """The address of the client, None if it is not known."""
        ...


def client_of(request: Request) -> str | None:
    """The address of a request, if it knows one."""
    return request.client if isinstance(request, AddressedRequest) else None


def observers_of(given: Iterable[Observer]) -> tuple[Observer, ...]:
    """The setting `observers`. Raises ConfigurationError for what is no list of functions."""
    found: tuple[Any, ...] = settings.items("observers", given, "a list of functions of one argument", empty=True)
    for each in found:
        if isinstance(each, type):
            raise ConfigurationError(
                f"observers has the class {each.__name__}; make an object of it: {each.__name__}()"
            )
        settings.function("observers", each, 1, example="[seen], with def seen(event)")
    return found


#: The steps of the request that is examined in this task or thread.
_steps: Final[ContextVar[list[SourceStep] | None]] = ContextVar("digest_http.guard.steps", default=None)


class Observing:
    """Tells `observers` what becomes of the requests of `realm`. What an observer raises goes to the log.

    `has_others`: a plug has other ways to log in, and tells of requests without Digest credentials itself, when these
    were asked (`tell` or `tell_other`).
    """

    __slots__ = ("_logger", "_observers", "_realm", "has_others")

    def __init__(self, observers: tuple[Observer, ...], realm: str, logger: logging.Logger) -> None:
        self._observers: Final = observers
        self._realm: Final = realm
        self._logger: Final = logger
        self.has_others = False

    def examined(
        self,
        examine: Callable[[Request, Wait], Accepted | Refused | Awaitable[Accepted | Refused]],
        request: Request,
        wait: Wait,
    ) -> Accepted | Refused | Awaitable[Accepted | Refused]:
        """The outcome of `examine`, after the observers have heard of it. It may have to be awaited, as before."""
        steps: list[SourceStep] = []
        token = _steps.set(steps)
        began, start = time_ns(), perf_counter_ns()
        try:
            outcome = examine(request, wait)
        finally:
            _steps.reset(token)
        if not isinstance(outcome, (Accepted, Refused)):
            return self._examined_later(outcome, request, (began, start), steps)
        self._tell_examined(outcome, request, (began, start), steps)
        return outcome

    async def _examined_later(
        self, order: Awaitable[Accepted | Refused], request: Request, began: tuple[int, int], steps: list[SourceStep]
    ) -> Accepted | Refused:
        token = _steps.set(steps)
        try:
            outcome = await order
        finally:
            _steps.reset(token)
        self._tell_examined(outcome, request, began, steps)
        return outcome

    def _tell_examined(
        self, outcome: Accepted | Refused, request: Request, began: tuple[int, int], steps: list[SourceStep]
    ) -> None:
        """`began`: the time in nanoseconds since 1970, and by the clock that measures."""
        if not (self.has_others and isinstance(outcome, Refused) and outcome.reason == NO_CREDENTIALS):
            self.tell(outcome, request, began[0], _since(began[1]), steps)

    @staticmethod
    def timed(source: str, ask: Ask) -> Ask:
        """`ask`, with a step noted for each call. What it gives may have to be awaited, as before."""

        def asked(*arguments: Any) -> object:  # noqa: ANN401 - those of `ask`
            began, start = time_ns(), perf_counter_ns()
            try:
                answer = ask(*arguments)
            except BaseException:
                _note(source, began, start, failed=True)
                raise
            if isawaitable(answer):
                return _awaited(source, answer, began, start)
            _note(source, began, start, failed=False)
            return answer

        return cast("Ask", asked)

    def tell(
        self,
        outcome: Accepted | Refused,
        request: Request | None,
        began: int,
        seconds: float,
        steps: Iterable[SourceStep] = (),
    ) -> None:
        """Tell all observers. `request` is None for one that could not even be read."""
        context, accepted = outcome.context, isinstance(outcome, Accepted)
        event = Event(
            realm=self._realm,
            reason="accepted" if isinstance(outcome, Accepted) else outcome.log_reason,
            status=None if isinstance(outcome, Accepted) else outcome.status,
            username=outcome.username if isinstance(outcome, Accepted) else _claimed(context),
            algorithm=None if context is None else context.algorithm.name,
            qop=None if context is None else context.credentials.qop.decode("ascii", "replace"),
            client=None if request is None else client_of(request),
            method="" if request is None else request.method.decode("latin-1"),
            nonce_id=context.nonce_id if accepted and context is not None else None,
            began=began,
            seconds=seconds,
            steps=tuple(steps),
        )
        self._hand_out(event)

    def tell_other(self, username: str, request: Request, began: int, seconds: float) -> None:
        """Tell all observers of a user who came by another way than Digest."""
        method = request.method.decode("latin-1")
        event = Event(
            self._realm, BESIDE, None, username, None, None, client_of(request), method, None, began, seconds, ()
        )
        self._hand_out(event)

    def _hand_out(self, event: Event) -> None:
        for observer in self._observers:
            try:
                observer(event)
            except Exception:
                self._logger.exception("an observer failed")


def _claimed(context: ServerContext | None) -> str | None:
    return None if context is None else context.credentials.name


async def _awaited(source: str, answer: Awaitable[Any], began: int, start: int) -> object:
    failed = True
    try:
        found = await answer
        failed = False
    finally:
        _note(source, began, start, failed=failed)
    return found


def _note(source: str, began: int, start: int, *, failed: bool) -> None:
    steps = _steps.get()
    if steps is not None:
        steps.append(SourceStep(source, began, _since(start), failed))


def _since(start: int) -> float:
    return (perf_counter_ns() - start) / _NANOSECONDS
