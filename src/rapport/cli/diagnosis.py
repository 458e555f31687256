"""The checks of `rapport doctor`; each finding says what to do about it."""

from __future__ import annotations

import os
import shutil
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg

from rapport.db.bounds import SESSION
from rapport.db.embedded import Embedded
from rapport.db.residence import Residence
from rapport.db.tenancy import ROLE_CHECK, UnsafeRole, judge_role
from rapport.process import SUPERVISOR
from rapport.records.errors import NAMED, listed
from rapport.settings import PREFIX, Settings

if TYPE_CHECKING:
    from rapport.tenants.queue import Standing

#: Partitions of the request history are made 14 days ahead, daily; fewer mean that nobody makes them.
DAYS_AHEAD = 7
#: Connections besides ingest's: console threads, worker, commands, and three that PostgreSQL keeps for superusers.
OTHER_CONNECTIONS = 15
CONNECTIONS_PER_WORKER = 6
#: Seconds that a job may wait for its turn behind others: the longest, the upkeep of large tenants, takes minutes.
QUEUE_SECONDS = 600
GIGABYTE = 1024**3
#: Free disk, and log between two checkpoints, below which we warn.
DISK_BYTES, LOG_BYTES = 2 * GIGABYTE, GIGABYTE
_LOG = ("max_wal_size", "checkpoint_timeout")
_SECRETS = ("DATABASE_URL", "OWNER_DATABASE_URL", "SECRET_KEY")


@dataclass(frozen=True)
class Finding:
    """What one check found; `state` is ok, warning or failed, `advice` what to do unless it is ok."""

    check: str
    state: str
    text: str
    advice: str = ""


def of_settings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check what can be known without a database."""
    known = {PREFIX + field.name.upper() for field in fields(settings)} | {f"{PREFIX}{name}_FILE" for name in _SECRETS}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known | {SUPERVISOR})
    for name in unknown:
        yield Finding("settings", "warning", f"{name} is not a setting.", "See docs/settings.md for the names.")
    if not unknown:
        yield Finding("settings", "ok", "Every RAPPORT_ variable is a setting and makes sense.")
    cores = os.cpu_count() or 1
    if settings.workers > cores:
        text = f"There are {settings.workers} ingest workers for {cores} cores."
        yield Finding("workers", "warning", text, "More workers than cores make each slower: lower RAPPORT_WORKERS.")
    yield from _disk(settings)
    if settings.data_dir.exists() and stat.S_IMODE(settings.data_dir.stat().st_mode) & 0o022:
        text = f"Other users may write to {settings.data_dir}."
        yield Finding("data directory", "failed", text, f"Run chmod go-w {settings.data_dir}.")


def _disk(settings: Settings) -> Iterator[Finding]:
    places = [settings.data_dir]
    if not settings.database_url and Embedded(settings.data_dir).exists():
        places.append(Residence.of(settings.data_dir).home)
    for place in places:
        if place.exists() and (free := shutil.disk_usage(place).free) < DISK_BYTES:
            text = f"Only {free / GIGABYTE:.1f} GB of disk are free at {place}."
            yield Finding("disk", "warning", text, "Make room, or use a larger disk: without any, records get 503.")
            return


def of_database(settings: Settings, connection: psycopg.Connection) -> Iterator[Finding]:
    """Check the database as the application role, with Django set up."""
    yield _role(connection)
    yield from _durability(connection)
    yield _log(connection)
    yield _connections(settings, connection)
    pending = _pending_migrations()
    if pending:
        text = f"{len(pending)} migrations are not applied, the first is {pending[0]}."
        yield Finding("migrations", "failed", text, "Run `rapport migrate`.")
        return
    yield Finding("migrations", "ok", "All migrations are applied.")
    yield _row_level_security(connection)
    yield _bounds(connection)
    yield from _partitions(connection)
    yield _keys()
    yield from _jobs()
    yield _spool(settings)


def _value(connection: psycopg.Connection, query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    return "" if row is None else str(row[0])


def _role(connection: psycopg.Connection) -> Finding:
    row = connection.execute(ROLE_CHECK).fetchone()
    assert row is not None
    try:
        judge_role(*row)
    except UnsafeRole as error:
        return Finding("role", "failed", str(error), "See docs/operations.md on the two database roles.")
    return Finding("role", "ok", f"PostgreSQL {_value(connection, 'show server_version')}, serving as {row[0]}.")


def _durability(connection: psycopg.Connection) -> Iterator[Finding]:
    risks = {
        "fsync": "A crash of the machine can destroy the database.",
        "full_page_writes": "A crash of the machine can destroy the database.",
        "synchronous_commit": "Records answered with 200 can be lost.",
    }
    safe = True
    for name, risk in risks.items():
        if _value(connection, f"show {name}") == "off":
            safe = False
            yield Finding("durability", "failed", f"PostgreSQL runs with {name}=off. {risk}", f"Set {name}=on.")
    if safe:
        yield Finding("durability", "ok", "What is committed survives a crash.")


def _log(connection: psycopg.Connection) -> Finding:
    row = connection.execute(
        "select pg_size_bytes(current_setting('max_wal_size')) < %s,"
        " current_setting('checkpoint_timeout')::interval < '15 minutes'",
        [LOG_BYTES],
    ).fetchone()
    assert row is not None
    small = [f"{name}={_value(connection, f'show {name}')}" for name, low in zip(_LOG, row, strict=True) if low]
    if small:
        text = f"PostgreSQL makes checkpoints often, and after each of them writes whole pages: {', '.join(small)}."
        advice = "Under load that is most of the log. Give a tenth of the disk, 1 to 8 GB, to max_wal_size, and 30min."
        return Finding("log", "warning", text, advice)
    return Finding("log", "ok", f"PostgreSQL has {_value(connection, 'show max_wal_size')} of log between checkpoints.")


def _connections(settings: Settings, connection: psycopg.Connection) -> Finding:
    most = int(_value(connection, "show max_connections"))
    needed = settings.workers * CONNECTIONS_PER_WORKER + OTHER_CONNECTIONS
    if needed > most:
        text = f"{settings.workers} ingest workers need about {needed} connections; PostgreSQL allows {most}."
        return Finding("connections", "warning", text, "Raise max_connections, or lower RAPPORT_WORKERS.")
    return Finding("connections", "ok", f"PostgreSQL allows {most} connections; about {needed} are needed.")


def _pending_migrations() -> list[str]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def _row_level_security(connection: psycopg.Connection) -> Finding:
    open_tables = connection.execute(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
        " and c.relname not in ('tenants', 'users') and not (c.relrowsecurity and c.relforcerowsecurity)"
        " order by 1"
    ).fetchall()
    if open_tables:
        text = f"Row-level security is not forced on {', '.join(name for (name,) in open_tables)}."
        return Finding("tenants apart", "failed", text, "Somebody changed the schema by hand: force it again.")
    return Finding("tenants apart", "ok", "Row-level security is forced on every table of a tenant.")


def _bounds(connection: psycopg.Connection) -> Finding:
    # A Unix socket shows none of TCP's.
    wanted = [name for name in SESSION if not name.startswith("tcp_")]
    missing = [name for name in wanted if _value(connection, f"show {name}") == "0"]
    if missing:
        text = f"A process that stops can hold up others for ever: {', '.join(missing)} is not set."
        return Finding("bounds", "warning", text, "Run `rapport migrate`; a pooler must RECONNECT behind it.")
    return Finding("bounds", "ok", "A process that stops holds up others for seconds only.")


def _partitions(connection: psycopg.Connection) -> Iterator[Finding]:
    from rapport.history.partitions import days

    today = datetime.now(UTC).date()
    ahead = max((day - today).days for day in (*days(connection), today))
    if ahead < DAYS_AHEAD:
        text = f"The request history has partitions for only {ahead} more days."
        yield Finding("partitions", "failed", text, "Run `rapport migrate` now, and `rapport worker` all the time.")
    else:
        yield Finding("partitions", "ok", f"The request history has partitions for {ahead} more days.")


def _spool(settings: Settings) -> Finding:
    """Run on each host with a worker: whether it sees what others have received."""
    from rapport.imports.receiving import missing

    try:
        settings.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        usable = os.access(settings.spool, os.R_OK | os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        text = f"Files to import cannot be kept in {settings.spool}."
        return Finding("spool", "failed", text, "Set RAPPORT_SPOOL_DIR to a folder that the service may write to.")
    if names := missing(NAMED + 1):
        text = f"Files of imports that are under way are not in {settings.spool}: {listed(names)}."
        return Finding("spool", "failed", text, "Set RAPPORT_SPOOL_DIR to one folder that all hosts share.")
    return Finding("spool", "ok", f"Files to import are in {settings.spool}, all that are under way.")


def _keys() -> Finding:
    from rapport.directory.rekeying import collided

    found = collided(NAMED + 1)
    if found:
        text = (
            f"No record can find {listed(found)}: when keys changed, another one had theirs already,"
            " or what they were found by is no e-mail address, phone number or name any more."
        )
        return Finding("keys", "warning", text, "Edit them by hand, or merge them with the one that has the key.")
    return Finding("keys", "ok", "Every contact and account can be found by a record.")


def _jobs() -> Iterator[Finding]:
    from rapport.tenants.queue import standings

    found = standings()
    under_way = [each for each in found if each.state in ("todo", "doing")]
    again = [each for each in found if each.state == "later" and each.tries]
    failed = [each for each in found if each.state == "failed"]
    seconds = max((each.seconds for each in under_way), default=0)
    log = "The log of `rapport worker` says why"
    if seconds > QUEUE_SECONDS:
        text = f"{_listed(under_way)} wait or are under way, one for {seconds / 60:.0f} minutes."
        yield Finding("jobs", "failed", text, f"Run `rapport worker` all the time. {log}.")
    if again:
        text = f"{_listed(again)} could not be done, tried up to {max(each.tries for each in again)} times so far."
        yield Finding("jobs", "warning", text, f"{log}; they are tried again. For mail, check RAPPORT_MAIL_URL.")
    if failed:
        text = f"{_listed(failed)} failed in the last seven days."
        yield Finding("jobs", "warning", text, f"{log}; nobody tries them again.")
    if not again and not failed and seconds <= QUEUE_SECONDS:
        yield Finding("jobs", "ok", "No job waits for long, and none has failed.")


def _listed(standings: Sequence[Standing]) -> str:
    numbers: Counter[str] = Counter()
    for each in standings:
        numbers[each.name] += each.number
    return ", ".join(f"{number} x {name}" for name, number in numbers.items())
