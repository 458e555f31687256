"""How the queue of jobs stands, for Prometheus: it is in PostgreSQL, so every worker of ingest tells the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from rapport.db.queries import statement
from rapport.ingest.cache import Cache
from rapport.ingest.http import Unavailable
from rapport.ingest.store import AWAY, Store

#: How old the figures may be, in seconds; nobody loads the database by asking more often.
KEPT_SECONDS = 5.0
_COUNT = statement("count_jobs")


class Queue(Collector):
    """Looks at the queue when it is asked, and tells nothing while the database is away."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: Cache[None, list[Any]] = Cache(self._look, KEPT_SECONDS)
        self._rows: Iterable[Any] = ()

    async def exposition(self) -> bytes:
        """The queue's metrics in Prometheus' text format."""
        try:
            self._rows = await self._cache.get(None) or ()
        except Unavailable:
            self._rows = ()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing ahead: what there is changes."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A value for each kind of job and state."""
        for place, name, text in (
            (2, "rapport_jobs", "Jobs in the queue; those that went well are gone."),
            (3, "rapport_job_tries", "How often one of them was tried, at most."),
            (4, "rapport_job_seconds", "How long one of them has waited, been under way or lain there, at most."),
        ):
            family = GaugeMetricFamily(name, text, labels=("job", "state"))
            for row in self._rows:
                job = row[0].removeprefix("rapport.").replace(".jobs.", ".")
                family.add_metric((job, row[1]), float(row[place]))
            yield family

    async def _look(self, _: None) -> list[Any]:
        async with self._store.session() as session:
            try:
                return list(await session.fetch(_COUNT))
            except AWAY as fault:
                raise Unavailable from fault
