"""The engine's state -> the parameters of `write_group`; pure, so that every driver can run it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from rapport.records.decide import Row, State


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


def _keys(new: dict[str, Row], aliases: set[str]) -> list[tuple[Any, ...]]:
    """Keys in order, in the order of the type `key_write`."""
    return [(key, new[key].id, key in aliases) for key in sorted(new)]


def _ledger(state: State, senders: Sequence[tuple[Actor, str]]) -> list[tuple[Any, ...]]:
    """The ledger's rows in the order of the records, in the order of the type `change_write`."""
    dumps = orjson.dumps
    rows = []
    for object_type, object_id, version, kind, diff, record in state.ledger:
        actor, request_id = senders[record]
        rows.append((object_type, object_id, version, kind, dumps(diff).decode(), *actor, request_id))
    return rows


def arguments(
    tenant: int,
    moment: datetime,
    state: State | None,
    *,
    answers: Iterable[tuple[Any, ...]],
    requests: Sequence[tuple[Any, ...]],
    senders: Sequence[tuple[Actor, str]],
) -> list[Any]:
    """The parameters of `write_group`.

    `state` is None where nothing may change. `answers` and `requests` are rows in the order of their types
    `answer_write` and `request_write`; `senders` are (actor, request id) by record, for the ledger.
    """
    if state is None:
        return [tenant, moment, (), (), (), (), (), (), (), requests, ()]
    accounts, contacts = state.accounts, state.contacts
    return [
        tenant,
        moment,
        [_account_row(row) for row in accounts.created.values()],
        [_account_row(row) for row in _ordered(accounts.changed.values())],
        _keys(accounts.new_keys, state.aliases),
        [_contact_row(row) for row in contacts.created.values()],
        [_contact_row(row) for row in _ordered(contacts.changed.values())],
        _keys(contacts.new_keys, set()),
        sorted(answers, key=lambda row: (row[0].bytes, row[1])),
        requests,
        _ledger(state, senders),
    ]
