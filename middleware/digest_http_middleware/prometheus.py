"""An observer that counts for Prometheus: `observers=[PrometheusMetrics()]`.

The label values are bounded: realms are yours, and reasons, algorithms and sources are fixed lists. No user name, path
or address becomes a label.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

from digest_http.guard import Event, Reason

__all__ = ["PrometheusMetrics"]

#: Seconds. A verification takes some ten microseconds, a question to a database some milliseconds.
BUCKETS: Final = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

#: The label of a reason that is none of ours, and of what could not be read.
OTHER: Final = "other"
NONE: Final = "none"


class PrometheusMetrics:
    """Counts events in `registry`. One object serves any number of guards; a second one needs another registry.

    Raises ValueError, of prometheus_client's, if the registry has these metrics already.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._requests: Final = Counter(
            "digest_http_requests",
            "Requests that were verified, by outcome.",
            ("realm", "reason", "algorithm"),
            registry=registry,
        )
        self._seconds: Final = Histogram(
            "digest_http_verification_seconds",
            "Time from the head of a request to its verdict.",
            ("realm",),
            registry=registry,
            buckets=BUCKETS,
        )
        self._source_seconds: Final = Histogram(
            "digest_http_source_seconds",
            "Time that the users, the store or the limiter took for one question.",
            ("realm", "source"),
            registry=registry,
            buckets=BUCKETS,
        )
        self._failures: Final = Counter(
            "digest_http_source_failures",
            "Questions to which the users, the store or the limiter gave no answer.",
            ("realm", "source"),
            registry=registry,
        )

    def __call__(self, event: Event) -> None:
        """Count one event."""
        realm = event.realm
        reason = event.reason if Reason.known(event.reason) is not None else OTHER
        self._requests.labels(realm, reason, event.algorithm or NONE).inc()
        self._seconds.labels(realm).observe(event.seconds)
        for step in event.steps:
            self._source_seconds.labels(realm, step.source).observe(step.seconds)
            if step.failed:
                self._failures.labels(realm, step.source).inc()
