"""The engine's state -> statements and their parameters; pure, so that every driver can run them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from rapport.db.queries import statement
from rapport.records.decide import Row, State

_INSERT_ACCOUNTS = statement("insert_accounts")
_UPDATE_ACCOUNTS = statement("update_accounts")
_INSERT_ACCOUNT_KEYS = statement("insert_account_keys")
_INSERT_CONTACTS = statement("insert_contacts")
_INSERT_CONTACT_KEYS = statement("insert_contact_keys")
_INSERT_ANSWERS = statement("insert_answers")
_INSERT_REQUESTS = statement("insert_requests")
_WRITE_CHANGES = statement("write_changes")


class Step(NamedTuple):
    """One statement to run, and how many rows it must touch; fewer means a lost guard."""

    sql: str
    arguments: Sequence[Any]
    expected: int


class Actor(NamedTuple):
    """Who sent a record: `type` is app, user, import or webhook."""

    type: str
    id: Any


def _account_row(row: Row) -> tuple[Any, ...]:
    """In the order of the type `account_write`."""
    v = row.values
    return (
        row.id, v["name"], v["manager"], v["manager_email"], v["parent_account"], v["industry"],
        v["company_size"], v["region"], v["number"], row.attributes, row.version, row.base,
    )  # fmt: skip


def _contact_row(row: Row) -> tuple[Any, ...]:
    """In the order of the type `contact_write`."""
    v = row.values
    return (
        row.id, v["email"], v["phone"], v["first_name"], v["last_name"], v["job_title"], v["job_level"],
        v["language"], row.account_id, row.attributes, row.version, row.base,
    )  # fmt: skip


def _ordered(rows: Iterable[Row]) -> list[Row]:
    """Rows by id: one lock order for all writers."""
    return sorted(rows, key=lambda row: row.id.bytes)


def steps(tenant: int, state: State, now: datetime) -> Iterable[Step]:
    """What a decided state has to write before `changes`: accounts, new contacts, keys."""
    accounts, contacts = state.accounts, state.contacts
    if accounts.created:
        rows = [_account_row(row) for row in accounts.created.values()]
        yield Step(_INSERT_ACCOUNTS, (tenant, now, rows), len(rows))
    if accounts.changed:
        rows = [_account_row(row) for row in _ordered(accounts.changed.values())]
        yield Step(_UPDATE_ACCOUNTS, (tenant, now, rows), len(rows))
    if accounts.new_keys:
        keys = [(key, row.id, key in state.aliases) for key, row in sorted(accounts.new_keys.items(), key=_key)]
        yield Step(_INSERT_ACCOUNT_KEYS, (tenant, keys), len(keys))
    if contacts.created:
        rows = [_contact_row(row) for row in contacts.created.values()]
        yield Step(_INSERT_CONTACTS, (tenant, now, rows), len(rows))
    if contacts.new_keys:
        keys = [(key, row.id, False) for key, row in sorted(contacts.new_keys.items(), key=_key)]
        yield Step(_INSERT_CONTACT_KEYS, (tenant, keys), len(keys))


def _key(item: tuple[str, Row]) -> str:
    return item[0]


def answers(tenant: int, now: datetime, rows: Sequence[Sequence[Any]]) -> Step:
    """Answers to keep, in the order of the type `answer_write`."""
    ordered = sorted(rows, key=lambda row: (row[0].bytes, row[1]))
    return Step(_INSERT_ANSWERS, (tenant, now, ordered), len(ordered))


def requests(tenant: int, now: datetime, rows: Sequence[Sequence[Any]]) -> Step:
    """The history of a group that changed nothing, rows in the order of the type `request_write`."""
    return Step(_INSERT_REQUESTS, (tenant, now, rows), len(rows))


def changes(
    tenant: int, state: State, now: datetime, requests: Sequence[Any], senders: Sequence[tuple[Actor, str]]
) -> Step:
    """Changed contacts, the history's rows and the ledger; `senders` are (actor, request id) by record."""
    contacts = [_contact_row(row) for row in _ordered(state.contacts.changed.values())]
    dumps = orjson.dumps
    ledger = []
    for object_type, object_id, version, kind, diff, record in state.ledger:
        actor, request_id = senders[record]
        ledger.append((object_type, object_id, version, kind, dumps(diff).decode(), *actor, request_id))
    return Step(_WRITE_CHANGES, (tenant, now, contacts, len(contacts), requests, ledger), len(ledger))
