"""Metrics and spans of real requests, as Prometheus and OpenTelemetry show them."""

from __future__ import annotations

import itertools

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from prometheus_client import CollectorRegistry, generate_latest

from digest_http.guard import Event, Reason, SourceStep
from digest_http_middleware.opentelemetry import OpenTelemetryObserver
from digest_http_middleware.prometheus import PrometheusMetrics

from .served import DOORS, signed

#: What strangers choose, for labels to be looked through.
NAME, ADDRESS = "mallory-of-nowhere", "203.0.113.77"


@pytest.fixture(params=DOORS)
def door(request):
    """Makes a door with a policy."""
    return DOORS[request.param]


def visits(door, observer) -> None:
    """A first request, an accepted one, one that a stranger makes, and one while the users are down."""
    opened = door(observers=[observer])
    assert opened.ask(signed(opened)).status == 200
    assert opened.ask(signed(opened, NAME), address=ADDRESS).status == 401

    def down(*_arguments: object) -> None:
        raise OSError("down")

    broken = door(observers=[observer], users=down)
    assert broken.ask(signed(broken)).status == 503


def test_prometheus(door):
    """Counters by reason and algorithm, histograms by realm and source; nothing that a stranger chose."""
    registry = CollectorRegistry()
    visits(door, PrometheusMetrics(registry))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, {"realm": "wonder", **labels})

    assert value("digest_http_requests_total", reason="no-credentials", algorithm="none") == 3
    for reason in ("accepted", "unknown-user", "users-down"):
        assert value("digest_http_requests_total", reason=reason, algorithm="MD5") == 1
    assert value("digest_http_verification_seconds_count") == 6
    assert value("digest_http_source_seconds_count", source="users") == 3
    assert value("digest_http_source_seconds_count", source="store") == 1
    assert value("digest_http_source_failures_total", source="users") == 1
    assert value("digest_http_source_failures_total", source="store") is None
    page = generate_latest(registry).decode()
    assert NAME not in page
    assert ADDRESS not in page
    assert "/own" not in page


def event(**changes) -> Event:
    """An event of a request."""
    usual = Event("wonder", "accepted", None, "alice", "MD5", "auth", None, "GET", 1, 10**18, 0.5, ())
    return usual._replace(**changes)


def test_labels_of_prometheus_are_bounded():
    """A thousand names, addresses, methods and invented reasons make no more series than one of each."""
    registry = CollectorRegistry()
    metrics = PrometheusMetrics(registry)
    for number in range(1000):
        metrics(
            event(username=f"u{number}", client=f"c{number}", method=f"m{number}", reason=f"r{number}", nonce_id=number)
        )
    series = [
        line for line in generate_latest(registry).decode().split("\n") if line.startswith("digest_http_requests_total")
    ]
    assert series == ['digest_http_requests_total{algorithm="MD5",realm="wonder",reason="other"} 1000.0']


def test_every_reason_is_a_label():
    """Each code of ours has a series of its own."""
    registry = CollectorRegistry()
    metrics = PrometheusMetrics(registry)
    for reason in Reason:
        metrics(event(reason=reason.value))
    page = generate_latest(registry).decode()
    assert all(f'reason="{reason.value}"' in page for reason in Reason)


class Telemetry:
    """OpenTelemetry's own SDK, with what was exported in memory."""

    def __init__(self) -> None:
        self.exporter, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider(metric_readers=[self.reader])
        self.observer = OpenTelemetryObserver(self.tracers, self.meters)

    def points(self, name: str):
        """The data points of a metric: attributes and value."""
        data = self.reader.get_metrics_data()
        assert data is not None
        metrics = itertools.chain.from_iterable(
            scope.metrics for resource in data.resource_metrics for scope in resource.scope_metrics
        )
        (metric,) = (metric for metric in metrics if metric.name == name)
        return [(dict(point.attributes or {}), point) for point in metric.data.data_points]

    def close(self) -> None:
        """End its threads."""
        self.tracers.shutdown()
        self.meters.shutdown()


@pytest.fixture
def telemetry():
    """OpenTelemetry's SDK."""
    opened = Telemetry()
    yield opened
    opened.close()


def test_opentelemetry(door, telemetry):
    """A span for each verification with one inside for each source, and the same figures as metrics."""
    visits(door, telemetry.observer)
    spans = telemetry.exporter.get_finished_spans()
    verified = [span for span in spans if span.name == "digest verify"]
    assert [span.attributes["digest_http.reason"] for span in verified] == [
        "no-credentials", "accepted", "no-credentials", "unknown-user", "no-credentials", "users-down",
    ]  # fmt: skip
    inside = [
        [span.name for span in spans if span.parent is not None and span.parent.span_id == outer.context.span_id]
        for outer in verified
    ]
    assert inside == [[], ["digest users", "digest store"], [], ["digest users"], [], ["digest users"]]
    assert [span.status.status_code for span in verified] == [StatusCode.UNSET] * 5 + [StatusCode.ERROR]
    counted = {values["digest_http.reason"]: point.value for values, point in telemetry.points("digest_http.requests")}
    assert counted == {"no-credentials": 3, "accepted": 1, "unknown-user": 1, "users-down": 1}
    ((_, whole),) = telemetry.points("digest_http.verification.duration")
    assert whole.count == 6
    sources = {v["digest_http.source"]: p.count for v, p in telemetry.points("digest_http.source.duration")}
    assert sources == {"users": 3, "store": 1}
    shown = " ".join(span.to_json() for span in spans)
    assert NAME not in shown
    assert ADDRESS not in shown


def test_the_times_of_spans(telemetry):
    """They begin and end when it was measured, not when they were made; a failed step is an error."""
    began = 1_700_000_000_000_000_000
    step = SourceStep("store", began + 1000, 0.25, failed=True)
    telemetry.observer(event(began=began, seconds=0.5, steps=(step,), reason="made-up", status=503, algorithm=None))
    child, outer = telemetry.exporter.get_finished_spans()
    assert (outer.start_time, outer.end_time) == (began, began + 500_000_000)
    assert (child.start_time, child.end_time) == (began + 1000, began + 250_001_000)
    assert (child.status.status_code, outer.status.status_code) == (StatusCode.ERROR, StatusCode.ERROR)
    assert dict(outer.attributes) == {"digest_http.realm": "wonder", "digest_http.reason": "other"}


def test_the_span_of_the_request_is_around(telemetry):
    """What a server's own instrumentation has begun is the parent."""
    with telemetry.tracers.get_tracer("server").start_as_current_span("GET /x") as request:
        opened = DOORS["asgi"](observers=[telemetry.observer])
        opened.ask()
    verify = telemetry.exporter.get_finished_spans()[0]
    assert verify.parent.span_id == request.get_span_context().span_id
