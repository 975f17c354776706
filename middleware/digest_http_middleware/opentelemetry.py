"""An observer that makes spans and metrics of OpenTelemetry: `observers=[OpenTelemetryObserver()]`.

Each verification is a span inside the span of the request, if the server has one, and each question to the users, the
store or the limiter is a span inside that. Names of users, paths and addresses are in none of them.
"""

from __future__ import annotations

from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from digest_http.guard import Event, Reason

__all__ = ["OpenTelemetryObserver"]

#: The name under which spans and metrics are made.
SCOPE: Final = "digest_http"

#: The attribute of a reason that is none of ours.
OTHER: Final = "other"

_NANOSECONDS: Final = 1e9
_SERVER_ERROR: Final = 500


class OpenTelemetryObserver:
    """Makes spans and metrics with the given providers, by default those that the program has set."""

    def __init__(
        self,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer: Final = trace.get_tracer(SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(SCOPE, meter_provider=meter_provider)
        self._requests: Final = meter.create_counter(
            "digest_http.requests", unit="{request}", description="Requests that were verified, by outcome."
        )
        self._seconds: Final = meter.create_histogram(
            "digest_http.verification.duration", unit="s", description="From the head of a request to its verdict."
        )
        self._source_seconds: Final = meter.create_histogram(
            "digest_http.source.duration", unit="s", description="What a source took for one question."
        )

    def __call__(self, event: Event) -> None:
        """Make the span of one event, and count it."""
        realm = event.realm
        outcome = {
            "digest_http.realm": realm,
            "digest_http.reason": event.reason if Reason.known(event.reason) is not None else OTHER,
        }
        if event.algorithm is not None:
            outcome["digest_http.algorithm"] = event.algorithm
        self._requests.add(1, outcome)
        self._seconds.record(event.seconds, {"digest_http.realm": realm})
        span = self._tracer.start_span(
            "digest verify", kind=SpanKind.INTERNAL, attributes=outcome, start_time=event.began
        )
        inside = trace.set_span_in_context(span)
        for step in event.steps:
            source = {"digest_http.realm": realm, "digest_http.source": step.source}
            self._source_seconds.record(step.seconds, source)
            child = self._tracer.start_span(
                f"digest {step.source}", context=inside, attributes=source, start_time=step.began
            )
            if step.failed:
                child.set_status(Status(StatusCode.ERROR))
            child.end(_end(step.began, step.seconds))
        if event.status is not None and event.status >= _SERVER_ERROR:
            span.set_status(Status(StatusCode.ERROR, event.reason))
        span.end(_end(event.began, event.seconds))


def _end(began: int, seconds: float) -> int:
    return began + round(seconds * _NANOSECONDS)
