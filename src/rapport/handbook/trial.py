"""A record that somebody tries out in the console: through the same engine as every other, rehearsed or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from uuid_utils.compat import uuid7

from rapport.db import requests, snapshot
from rapport.db.queries import statement
from rapport.db.write import Actor, arguments
from rapport.directory.hand import fetch, persist
from rapport.evidence.receipts import DrawnReceipt, Reading, draw
from rapport.evidence.trace import names
from rapport.records.decide import State
from rapport.records.receipt import Prepared, Receipt
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant

    from .reader import Named

_READ_CONTACTS, _READ_ACCOUNTS = statement("read_contacts"), statement("read_accounts")
_READ_ACTIVITIES, _READ_LINKED_ACCOUNTS = statement("read_activities"), statement("read_linked_accounts")
_WRITE_GROUP = statement("write_group")


class Trial(NamedTuple):
    """One record on its way; `rehearsed`: nothing is written."""

    tenant: Tenant
    actor: Actor
    request_id: str
    named: Named
    record: Mapping[str, str]
    rehearsed: bool

    def run(self) -> Receipt:
        """What became of the record, or would. Raises `BusyError`."""
        return persist(self.tenant, partial(_attempt, self))


def drawn(trial: Trial, receipt: Receipt) -> DrawnReceipt:
    """The receipt as people read it."""
    row = trial.named.row
    labels = {column.field.name: column.field.label for column in trial.named.outline.columns}
    told = {**receipt.as_json(dry_run=trial.rehearsed), "errors": receipt.errors}
    made = draw(told, trial.record, Reading(row.mapping, labels))
    with tenant_scope(trial.tenant) as tenant_id:
        known = names(tenant_id, [each for each in told["objects"] if each["id"]])
    return replace(made, objects=[replace(each, name=known.get(str(each.id), "")) for each in made.objects])


def _attempt(trial: Trial) -> Receipt:
    """One read, one decision and, unless it is rehearsed, one write, inside the tenant's scope."""
    mapping = trial.named.mapping
    prepared = mapping.prepare(trial.record)
    if prepared.errors:
        return Receipt("rejected", ignored=prepared.ignored, errors=prepared.errors)
    state = State(uuid7)
    _read(trial.tenant.pk, state, prepared)
    receipt = mapping.type.apply(state, prepared)
    if not trial.rehearsed and not receipt.errors:
        _write(trial, state, prepared, receipt)
    return receipt


def _read(tenant_id: int, state: State, prepared: Prepared) -> None:
    """Whatever the record's keys find, and the accounts of the contacts among it."""
    contacts, accounts, activities = snapshot.reach([prepared])
    snapshot.fill_accounts(state, fetch(_READ_ACCOUNTS, tenant_id, accounts))
    snapshot.fill_activities(state, fetch(_READ_ACTIVITIES, tenant_id, activities))
    snapshot.fill_contacts(state, fetch(_READ_CONTACTS, tenant_id, contacts))
    linked = snapshot.linked_accounts(state)
    snapshot.fill_accounts(state, fetch(_READ_LINKED_ACCOUNTS, tenant_id, linked))


def _write(trial: Trial, state: State, prepared: Prepared, receipt: Receipt) -> None:
    """The group of one, with its rows of ledger and request history."""
    [(moment,)] = fetch("select clock_timestamp()")
    senders = [(trial.actor, trial.request_id)]
    noted = [_noted(trial, prepared, receipt)]
    fetch(_WRITE_GROUP, *arguments(trial.tenant.pk, moment, state, answers=(), requests=noted, senders=senders))


def _noted(trial: Trial, prepared: Prepared, receipt: Receipt) -> tuple[Any, ...]:
    """The row of the request history, in the order of the type `request_write`."""
    sent = orjson.dumps(dict(trial.record)).decode() if trial.tenant.sent_days > 0 else None
    place = (uuid7(), trial.request_id, 0, *trial.actor, trial.named.row.id, 200, receipt.outcome)
    warnings = orjson.dumps(receipt.warnings).decode() if receipt.warnings else None
    told = (requests.objects(receipt), sent, None, None, warnings)
    return (*place, *told, *requests.contact_keys(prepared))
