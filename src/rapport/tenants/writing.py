"""The write path on Django's own connection, for every door that is no worker of ingest."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import psycopg
from django.db import Error, IntegrityError, OperationalError, connection
from psycopg import errors
from psycopg.pq import Format

from rapport.db import tenancy
from rapport.db.queries import statement
from rapport.groups.attempt import attempt, tries
from rapport.groups.counts import Counts
from rapport.groups.headings import Unmapped

from .errors import BusyError
from .scope import tenant_scope
from .statements import fetch, parameters

if TYPE_CHECKING:
    from psycopg.abc import Loader

    from rapport.groups.attempt import Attempt
    from rapport.groups.group import Group
    from rapport.groups.submission import Result, Submission

    from .models import Tenant

log = logging.getLogger("rapport.tenants")

#: Longest wait for any lock; the console has few threads, and one that waits serves nobody.
LOCK_MILLISECONDS = 3000
#: Somebody else's transaction came first.
CONFLICTS = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.ForeignKeyViolation,
    errors.UniqueViolation,
)
#: The driver's own reader of times, compiled: every row that is read has one. Django's is eight microseconds each.
_TIME = cast("type[Loader]", psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT))
_COUNT_RECORDS, _NOTE_HEADINGS = statement("count_records"), statement("note_headings")


T = TypeVar("T")
#: Takes the tenant's id and what became of a submission.
Also = Callable[[int, "Result"], None]


def _nothing(tenant_id: int, result: Result) -> None:
    """For who has nothing to do beside."""


def write(tenant: Tenant, submission: Submission, also: Also = _nothing, *, before: Also = _nothing) -> Result:
    """What became of a submission, once it is durable; in a transaction of its own, in which `also` is called last.

    The tenant's other writers wait from the ledger's entries to the commit: what need not know these is done `before`
    them. Raises `BusyError`, and whatever its `apply`, `before` or `also` raises, on which nothing was written.
    """
    [result] = _persist(tenant, submission, before, also).results
    _count(tenant, submission, result)
    return result


def patiently(tenant: Tenant | int, act: Callable[[int], T]) -> T:
    """What `act` gives for the tenant's id, in a transaction among the tenant's writers that is committed then.

    Again where somebody else came first. Raises `BusyError`, and whatever `act` raises.
    """
    for alone in tries():
        try:
            with tenant_scope(tenant) as tenant_id, connection.wrap_database_errors:
                connection.cursor().execute(f"set local lock_timeout = {LOCK_MILLISECONDS:d}")
                fetch(tenancy.lock(tenant_id, alone=alone))
                return act(tenant_id)
        except (IntegrityError, OperationalError) as error:
            if isinstance(error.__cause__, errors.LockNotAvailable):
                break
            if not isinstance(error.__cause__, CONFLICTS):
                raise
    raise BusyError


def _persist(tenant: Tenant, submission: Submission, before: Also, also: Also) -> Group:
    """Read, decide, write. Raises `BusyError`."""

    def once(tenant_id: int) -> Group:
        with psycopg.RawCursor(connection.connection) as cursor:
            cursor.adapters.register_loader("timestamptz", _TIME)
            group, last = _run(cursor, attempt(tenant_id, [submission]))
            before(tenant_id, group.results[0])
            with connection.connection.pipeline():
                for sql, given in last:
                    cursor.execute(sql, given)
        also(tenant_id, group.results[0])
        return group

    return patiently(tenant, once)


def _run(cursor: psycopg.RawCursor[Any], steps: Attempt) -> tuple[Group, list[tuple[str, list[Any]]]]:
    """Run an attempt's statements up to those that take the tenant's head; the group, and these, ready to be sent.

    Nobody waits for a part of a write: the next is made while the database works. But all wait for who has the head.
    """
    rows: list[tuple[Any, ...]] | None = None
    last: list[tuple[str, list[Any]]] = []
    with connection.connection.pipeline():
        while True:
            try:
                step = steps.send(rows)
            except StopIteration as end:
                return end.value, last
            rows = None
            if step is None:
                continue
            given = parameters(cursor.connection, step.sql, step.arguments)
            if step.head:
                last.append((step.sql, given))
                continue
            cursor.execute(step.sql, given)
            if not (step.part or step.writes):
                rows = cursor.fetchall()


def _count(tenant: Tenant, submission: Submission, result: Result) -> None:
    """Add a submission to the counts and to what its headings are known of; nobody's record fails with that."""
    counts, unmapped = Counts(), Unmapped()
    counts.note(tenant.pk, submission, result)
    unmapped.note(tenant.pk, submission, submission.records)
    for sql, collected in ((_COUNT_RECORDS, counts.collect()), (_NOTE_HEADINGS, unmapped.collect())):
        for _, told in collected:
            try:
                with tenant_scope(tenant) as tenant_id, connection.wrap_database_errors:
                    fetch(sql, tenant_id, told)
            except Error as fault:
                log.warning("a record was not counted: %s", type(fault.__cause__ or fault).__name__)
