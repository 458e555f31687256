"""Daily partitions of the request history: made ahead, dropped when their rows are old enough.

Runs as the tables' owner, on migrating and daily from the worker.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
from psycopg import sql

from rapport.tenants import distribution

#: How many days ahead there is always a partition.
DAYS_AHEAD = 14
#: How many days rows are kept.
DAYS_KEPT = 90
#: Longer than this no caller shall wait behind the lock that a partition needs; the next run tries again.
LOCK_TIMEOUT = "2s"
_PREFIX = "requests_"
#: Counted anew once its rows have doubled, as the ledger is: of long texts that takes a second.
_CREATE = "create table {table} (like requests including defaults) with (autovacuum_analyze_scale_factor = 1)"
_ATTACH = "alter table requests attach partition {table} for values from ({start}) to ({end})"
#: What the default partition had to take of a day.
_MOVE = (
    "with moved as (delete from requests_default where at >= {start} and at < {end} returning *)"
    " insert into {table} select * from moved",
)
#: Citus takes no `with` that writes to all nodes; the lock keeps others from adding rows between copy and deletion.
_MOVE_ON_NODES = (
    f"set local lock_timeout = '{LOCK_TIMEOUT}'",
    "set local citus.multi_shard_modify_mode = 'sequential'",
    "select create_distributed_table('{table}', 'tenant_id', colocate_with := 'requests')",
    "lock table requests in share row exclusive mode",
    "insert into {table} select * from requests_default where at >= {start} and at < {end}",
    "delete from requests_default where at >= {start} and at < {end}",
)


def maintain(owner: psycopg.Connection, today: date | None = None) -> None:
    """Makes the partitions from yesterday to `DAYS_AHEAD` and drops those older than `DAYS_KEPT`.

    `owner` must autocommit; `today` is a day in UTC. Raises `psycopg.Error`, on which what was done stays done.
    """
    today = today or datetime.now(UTC).date()
    owner.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'")
    present = days(owner)
    for offset in range(-1, DAYS_AHEAD + 1):
        day = today + timedelta(days=offset)
        if day not in present:
            _make(owner, day)
    for day in present:
        if day < today - timedelta(days=DAYS_KEPT):
            owner.execute(sql.SQL("drop table {}").format(_table(day)))


def days(connection: psycopg.Connection) -> set[date]:
    """The days that have a partition; any role may ask."""
    names = connection.execute(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = 'requests'::regclass and c.relname <> 'requests_default'"
    )
    return {datetime.strptime(name.removeprefix(_PREFIX), "%Y%m%d").date() for (name,) in names}


def _make(owner: psycopg.Connection, day: date) -> None:
    """One partition, with the rows of its day that the default partition had to take.

    Attached rather than created in place: that locks out no one who writes to other partitions.
    """
    bounds = [datetime(d.year, d.month, d.day, tzinfo=UTC) for d in (day, day + timedelta(days=1))]
    start, end = (sql.Literal(bound) for bound in bounds)
    on_nodes = distribution.present(owner) and "requests" in distribution.distributed(owner)
    move = _MOVE_ON_NODES if on_nodes else _MOVE
    with owner.transaction():
        for statement in (_CREATE, *move, _ATTACH):
            owner.execute(sql.SQL(statement).format(table=_table(day), start=start, end=end))


def _table(day: date) -> sql.Identifier:
    return sql.Identifier(f"{_PREFIX}{day:%Y%m%d}")
