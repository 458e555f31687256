"""What a load costs: CPU by process, commits, log, disk; read before it and after search has followed it."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx2
import processes
import psycopg
from load import Load
from place import Place

#: Tables with the ledger and the request history, partitions and all.
HISTORY = "^(changes|requests|sent)"
READ = f"""
select pg_current_wal_lsn() - '0/0',
       (select sum(pg_total_relation_size(oid)) from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and relname ~ '{HISTORY}'),
       (select seq from tenant_heads where tenant_id = %(tenant)s)
"""
#: Whole pages between two places in the log.
PAGES = "select sum(fpi_size) from pg_get_wal_stats('0/0'::pg_lsn + %(start)s, '0/0'::pg_lsn + %(end)s)"
FOLLOWED = """
select coalesce((select seq from search_heads where tenant_id = %(tenant)s), 0) = seq
from tenant_heads where tenant_id = %(tenant)s
"""
#: Seconds between two looks at the follower, and after which it is given up.
PAUSE, PATIENCE = 0.5, 600


class Figures(NamedTuple):
    """What has been used until now, or by one load."""

    #: Of ingest, PostgreSQL, worker and load generators, each with all that they started.
    cpu: tuple[float, ...]
    #: Groups that ingest committed, and repeated because of a lost guard.
    commits: float
    retries: float
    log: float
    disk: float
    entries: float


class Cost(NamedTuple):
    """A load and what each of its acknowledged records cost; bytes and entries are a record's as well."""

    load: Load
    #: Microseconds of ingest, PostgreSQL, worker and load generator.
    cpu: tuple[float, ...]
    #: Records a commit; None where nothing says it.
    group: float | None
    log: float
    #: The part of the log that is whole pages, which it takes after a checkpoint; None where it is not known.
    pages: float | None
    disk: float
    #: Entries of the ledger.
    entries: float
    retries: int
    #: Seconds until search had followed.
    followed: float

    @property
    def total(self) -> float:
        """Microseconds of all parts."""
        return sum(self.cpu)


class Meter:
    """Measures loads on a place, one after the other."""

    def __init__(self, place: Place, superuser: psycopg.Connection) -> None:
        self._place = place
        self._superuser = superuser
        self._superuser.execute("create extension if not exists pg_walinspect")
        self._values = {"tenant": place.tenant}
        self._roots = (
            processes.named(place.pid, "serve", "ingest"),
            processes.parent(superuser.info.backend_pid),
            processes.named(place.pid, "worker"),
        )

    def measure(self, run: Callable[[], Load]) -> Cost:
        """What `run` and search, which follows it, cost."""
        before = self._figures()
        load = run()
        ended = time.monotonic()
        self.follow()
        followed = time.monotonic() - ended
        after = self._figures()
        *cpu, commits, retries, log, disk, entries = (
            new - old for new, old in zip(_flat(after), _flat(before), strict=True)
        )
        pages = self._pages(before.log, after.log)
        records = load.records
        return Cost(
            load,
            cpu=tuple(seconds / records * 1e6 for seconds in cpu),
            group=records / commits if commits else None,
            log=log / records,
            pages=None if pages is None else pages / records,
            disk=disk / records,
            entries=entries / records,
            retries=round(retries),
            followed=followed,
        )

    def follow(self) -> None:
        """Waits until search has read the whole ledger."""
        deadline = time.monotonic() + PATIENCE
        while not self._ask(FOLLOWED)[0]:
            if time.monotonic() > deadline:
                raise SystemExit(f"Search did not follow within {PATIENCE} seconds.")
            time.sleep(PAUSE)

    def checkpoint(self) -> None:
        """Begins a round as every other."""
        self._superuser.execute("checkpoint")

    def memory(self) -> list[int]:
        """Resident megabytes of each ingest worker."""
        return [processes.megabytes(pid) for pid in processes.children(self._roots[0])]

    def _figures(self) -> Figures:
        ours = resource.getrusage(resource.RUSAGE_CHILDREN)  # load generators that have ended
        cpu = (*map(processes.seconds, self._roots), ours.ru_utime + ours.ru_stime)
        metrics = httpx2.get(f"{self._place.address}/metrics").raise_for_status().text
        counted = (_counter(metrics, f"rapport_commit_{name}") for name in ("batch_size_count", "retries_total"))
        return Figures(cpu, *counted, *map(float, self._ask(READ)))

    def _pages(self, start: float, end: float) -> float | None:
        """Bytes of whole pages in a part of the log; None where a checkpoint has let go of it."""
        try:
            row = self._superuser.execute(PAGES, {"start": int(start), "end": int(end)}).fetchone()
        except psycopg.Error:
            return None
        return float(row[0]) if row else None

    def _ask(self, statement: str) -> tuple[Any, ...]:
        row = self._superuser.execute(statement, self._values).fetchone()
        assert row is not None
        return row


def _flat(figures: Figures) -> list[float]:
    return [*figures.cpu, *figures[1:]]


def _counter(metrics: str, name: str) -> float:
    """A counter of all ingest workers; 0 where it is not there."""
    found = re.search(rf"^{name} (\S+)$", metrics, re.MULTILINE)
    return float(found[1]) if found else 0.0
