"""The engine's state -> statements and their parameters; pure, so that every driver can run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from rapport.db.queries import statement
from rapport.records.decide import Row, State, Table

_SQL = {
    name: statement(name)
    for name in (
        "insert_accounts", "update_accounts", "insert_account_keys",
        "insert_contacts", "update_contacts", "insert_contact_keys",
        "insert_idempotency", "insert_requests", "insert_changes",
    )
}  # fmt: skip


class Step(NamedTuple):
    """One statement to run, and how many rows it must touch; fewer means a lost guard."""

    sql: str
    arguments: Sequence[Any]
    expected: int


class Actor(NamedTuple):
    """Who sent a record: `type` is app, user, import or webhook."""

    type: str
    id: Any


def _columns(rows: Iterable[Sequence[Any]]) -> list[Any]:
    """Rows turned into the columns that `unnest` takes."""
    return list(zip(*rows, strict=True))


def _account_row(row: Row) -> tuple[Any, ...]:
    v = row.values
    return (
        row.id, v["name"], v["manager"], v["manager_email"], v["parent_account"], v["industry"],
        v["company_size"], v["region"], v["number"], row.attributes, row.version,
    )  # fmt: skip


def _contact_row(row: Row) -> tuple[Any, ...]:
    v = row.values
    return (
        row.id, v["email"], v["phone"], v["first_name"], v["last_name"], v["job_title"], v["job_level"],
        v["language"], row.account_id, row.attributes, row.version,
    )  # fmt: skip


def _table(tenant: int, table: Table, noun: str, now: datetime, shape: Any) -> Iterable[Step]:
    """Rows of one table in key order: one lock order for all writers."""
    if table.created:
        rows = [shape(row) for row in table.created.values()]
        yield Step(_SQL[f"insert_{noun}s"], [tenant, *_columns(rows), now], len(rows))
    if table.changed:
        changed = sorted(table.changed.values(), key=lambda row: row.id.bytes)
        arguments = [tenant, *_columns(map(shape, changed)), now, [row.base for row in changed]]
        yield Step(_SQL[f"update_{noun}s"], arguments, len(changed))


def steps(tenant: int, state: State, now: datetime) -> Iterable[Step]:
    """Everything that a decided state has to write but history and ledger."""
    yield from _table(tenant, state.accounts, "account", now, _account_row)
    if state.accounts.new_keys:
        keys = sorted(state.accounts.new_keys)
        ids = [state.accounts.new_keys[key].id for key in keys]
        aliases = [key in state.aliases for key in keys]
        yield Step(_SQL["insert_account_keys"], [tenant, keys, ids, aliases], len(keys))
    yield from _table(tenant, state.contacts, "contact", now, _contact_row)
    if state.contacts.new_keys:
        keys = sorted(state.contacts.new_keys)
        ids = [state.contacts.new_keys[key].id for key in keys]
        yield Step(_SQL["insert_contact_keys"], [tenant, keys, ids], len(keys))


def requests(tenant: int, now: datetime, rows: Sequence[Sequence[Any]]) -> Step:
    """The request history's rows, in the column order of `insert_requests`."""
    return Step(_SQL["insert_requests"], [tenant, now, *_columns(rows)], len(rows))


def idempotency(tenant: int, now: datetime, rows: Sequence[Sequence[Any]]) -> Step:
    """Answers to keep: (actor id, key, fingerprint, receipt as JSON text)."""
    ordered = sorted(rows, key=lambda row: (row[0].bytes, row[1]))
    return Step(_SQL["insert_idempotency"], [tenant, *_columns(ordered), now], len(rows))


def changes(tenant: int, state: State, senders: Sequence[tuple[Actor, str]]) -> Step:
    """The ledger rows, in the order of the records; `senders` are (actor, request id) by record."""
    rows = []
    for change in state.ledger:
        actor, request_id = senders[change.record]
        diff = orjson.dumps(change.diff).decode()
        rows.append(
            (change.object_type, change.object_id, change.version, change.kind, diff, *actor, request_id)
        )
    return Step(_SQL["insert_changes"], [tenant, len(rows), *_columns(rows)], len(rows))
