"""The engine's state -> the parameters of `write_group`; pure, so that every driver can run it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, starmap
from typing import Any, NamedTuple

import orjson

from rapport.records.decide import Row, State, Table, Values
from rapport.records.receipt import Change

#: Place among the lists of `write_group` -> what the ledger calls its rows, which the tenant's head numbers.
_NUMBERED = {11: "survey_record", 12: "external_response"}


class Actor(NamedTuple):
    """Who sent a record: `type` is app, user, import or webhook."""

    type: str
    id: Any


class Origin(NamedTuple):
    """Whose record it was and what it came as, in the order of the ledger's columns."""

    actor_type: str
    actor_id: Any
    request_id: str
    configuration_id: Any
    configuration_version: int | None


def _account_row(row: Row) -> tuple[Any, ...]:
    """In the order of the type `account_write_2`."""
    v = row.values
    return (
        row.id, v["name"], v["manager"], v["manager_email"], v["parent_account"], v["industry"],
        v["company_size"], v["region"], v["number"], row.attributes, row.version, row.base, row.record,
    )  # fmt: skip


def _contact_row(row: Row) -> tuple[Any, ...]:
    """In the order of the type `contact_write_2`."""
    v = row.values
    return (
        row.id, v["email"], v["phone"], v["first_name"], v["last_name"], v["job_title"], v["job_level"],
        v["language"], row.account_id, row.attributes, row.version, row.base, row.record,
    )  # fmt: skip


def _ordered(rows: dict[Any, Row]) -> list[Row]:
    """Rows by id: one lock order for all writers."""
    return [rows[id] for id in sorted(rows, key=lambda id: id.bytes)]


def _keys(new: dict[str, Row], labels: dict[str, str | None]) -> list[tuple[Any, ...]]:
    """Keys in order, in the order of the type `key_write`; what has a label is an alias."""
    return [(key, new[key].id, labels.get(key)) for key in sorted(new)]


def _released(table: Table) -> list[tuple[Any, ...]]:
    """Keys that find nothing any more, in the order of the type `key_write`."""
    return [(key, row.id, None) for key, row in sorted(table.released.items())]


def _moves(state: State) -> list[tuple[Any, ...]]:
    """Aliases that change their account, in the order of the type `alias_move`.

    Both accounts get a new version as well (`State._move`), so of two movers one loses at the guard of the accounts,
    before that of the aliases is asked.
    """
    return [(key, state.accounts.keys[key].id, base) for key, base in sorted(state.moved_aliases.items())]


def _activity_row(row: Row) -> tuple[Any, ...]:
    """In the order of the type `activity_write_2`."""
    v = row.values
    return (
        row.id, v["reference"], row.account_id, v["contact_id"], v["type"], v["source"], _time(v["happened_at"]),
        v["information"], row.attributes, row.version, row.base, row.record,
    )  # fmt: skip


def _survey_row(id: Any, v: Values, record: Any) -> tuple[Any, ...]:
    """In the order of the type `survey_write_3`."""
    return (
        id, v["contact_id"], v["account_id"], v["state"], v.get("origin", "record"), v.get("survey_id"),
        v["touchpoint"], _time(v["order_date"]), v["delivery_vector"], v["division"], _json(v["fields"]),
        _json(v["attributes"] or {}), record,
    )  # fmt: skip


def _response_row(id: Any, v: Values, record: Any) -> tuple[Any, ...]:
    """In the order of the type `response_write_2`."""
    return (
        id, v["contact_id"], v["account_id"], v["nps_score"], v["comment"], v["follow_up_request"],
        v["follow_up_details"], _time(v["sent_date"]), _time(v["response_date"]), v["touchpoint"], v["division"],
        _json(v["attributes"] or {}), record,
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    """A moment as the engine writes it: ISO 8601 in UTC."""
    return None if text is None else datetime.fromisoformat(text)


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _change_row(change: Change) -> tuple[Any, ...]:
    """In the order of the type `change_write_2`."""
    return (
        change.object_type, change.object_id, change.version, change.kind, _json(change.diff),
        *change.origin, change.record, change.prev, links(change),
    )  # fmt: skip


def links(change: Change) -> str | None:
    """What a change tied and untied, by id: the account, and keys with whom they found before and find now."""
    if change.account is None and not change.keys:
        return None
    told: dict[str, Any] = {} if change.account is None else {"account": change.account}
    return _json(told | {"keys": change.keys} if change.keys else told)


def arguments(
    tenant: int,
    moment: datetime,
    state: State | None,
    *,
    answers: Iterable[tuple[Any, ...]],
    requests: Sequence[tuple[Any, ...]],
) -> list[Any]:
    """The parameters of `write_group`.

    `state` is None where nothing may change; its changes have an `Origin`. `answers` and `requests` are rows in the
    order of their types `answer_write` and `request_write_2`.
    """
    return [tenant, moment, *map(list, _rows(state, answers, requests))]


def parts(
    tenant: int,
    moment: datetime,
    state: State | None,
    *,
    answers: Iterable[tuple[Any, ...]],
    requests: Sequence[tuple[Any, ...]],
    size: int,
) -> Iterator[list[Any]]:
    """As `arguments`, for several calls in one transaction, each with so many rows at most, and in the same order.

    What gets its number from the tenant's head goes with the entries of the ledger that made it.
    """
    lists = _rows(state, answers, requests)
    for position, rows in enumerate(lists):
        while position not in _NUMBERED and (some := [*islice(rows, size)]):
            call: list[list[tuple[Any, ...]]] = [[] for _ in lists]
            call[position] = some
            if rows is lists[-1]:
                for place, kind in _NUMBERED.items():
                    made = sum(entry[0] == kind and entry[3] == "created" for entry in some)
                    call[place] = [*islice(lists[place], made)]
            yield [tenant, moment, *call]


def _rows(
    state: State | None, answers: Iterable[tuple[Any, ...]], requests: Sequence[tuple[Any, ...]]
) -> list[Iterator[tuple[Any, ...]]]:
    """What `write_group` writes, in its order; made when it is asked for."""
    if state is None:
        return [*(iter(()) for _ in range(14)), iter(requests), iter(())]
    accounts, contacts, activities = state.accounts, state.contacts, state.activities
    return [
        iter(_released(accounts)),
        iter(_released(contacts)),
        map(_account_row, accounts.created.values()),
        map(_account_row, _ordered(accounts.changed)),
        iter(_keys(accounts.new_keys, state.aliases)),
        iter(_moves(state)),
        map(_contact_row, contacts.created.values()),
        map(_contact_row, _ordered(contacts.changed)),
        iter(_keys(contacts.new_keys, {})),
        map(_activity_row, sorted(activities.created.values(), key=_reference)),
        map(_activity_row, _ordered(activities.changed)),
        starmap(_survey_row, state.appended.get("survey_record", ())),
        starmap(_response_row, state.appended.get("external_response", ())),
        iter(sorted(answers, key=lambda row: (row[0].bytes, row[1]))),
        iter(requests),
        map(_change_row, state.ledger),
    ]


def _reference(row: Row) -> str:
    reference: str = row.values["reference"]
    return reference
