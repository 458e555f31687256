"""Prometheus metrics of all ingest workers together; no label names a tenant or an app (decision 13).

The library's multiprocess mode adds the workers' figures up: they share the directory named by
`PROMETHEUS_MULTIPROC_DIR`, which must be set before this module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST.encode()

_REQUESTS = Counter("rapport_requests_total", "Requests that ingest answered itself.", ["status"])
_GROUP = Histogram(
    "rapport_commit_batch_size",
    "Requests committed together.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
_SECONDS = Histogram(
    "rapport_commit_seconds",
    "Read, decide, write and commit of one group.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
_QUEUE = Gauge("rapport_queue_records", "Records that wait for the writer.", multiprocess_mode="livesum")
_RETRIES = Counter("rapport_commit_retries_total", "Groups repeated because somebody else wrote first.")


def answered(statuses: Mapping[int, int]) -> None:
    """Count answers: status -> how many."""
    for status, number in statuses.items():
        _REQUESTS.labels(str(status)).inc(number)


def committed(requests: int, seconds: float) -> None:
    """Count one group."""
    _GROUP.observe(requests)
    _SECONDS.observe(seconds)


def queued(records: int) -> None:
    """Note how many records wait in this worker."""
    _QUEUE.set(records)


def retried() -> None:
    """Count one lost guard."""
    _RETRIES.inc()


def exposition() -> bytes:
    """All workers' metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    collect: Callable[[CollectorRegistry], object] = multiprocess.MultiProcessCollector
    collect(registry)
    return generate_latest(registry)
