"""What a server counts, for Prometheus. No label holds anything that a client chose."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder through which processes add up their counts; read when this is imported."""

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_BYTES = (1e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8)
_PHOTOS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The counts of one process; with several, `render` adds them up.

    Attributes:
        requests: by route, method and status.
        latency_s: from a request's first byte to its response's last, by route.
        request_bytes: of bodies that bring photos.
        queue_depth: photos that wait.
        batch_photos: photos in one call of the network.
        verdicts: by label.
        failures: photos without an answer, by kind of error.
        rejections: requests refused to protect the server, by kind of problem.
    """

    def __init__(self) -> None:
        """Starts at zero."""
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "catordog_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.latency_s = Histogram(
            "catordog_request_seconds",
            "Time to answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.request_bytes = Histogram(
            "catordog_request_bytes",
            "Size of bodies with photos.",
            buckets=_BYTES,
            registry=registry,
        )
        self.queue_depth = Gauge(
            "catordog_queue_depth",
            "Photos that wait.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.batch_photos = Histogram(
            "catordog_batch_photos",
            "Photos in one network call.",
            buckets=_PHOTOS,
            registry=registry,
        )
        self.verdicts = Counter(
            "catordog_verdicts", "Photos answered.", ["label"], registry=registry
        )
        self.failures = Counter(
            "catordog_failed_photos", "Photos without an answer.", ["kind"], registry=registry
        )
        self.rejections = Counter(
            "catordog_rejections", "Requests refused.", ["kind"], registry=registry
        )

    def render(self) -> bytes:
        """Returns the counts of all processes in Prometheus's text format."""
        if FOLDER_VARIABLE not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
