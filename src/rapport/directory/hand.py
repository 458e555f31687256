"""The door by hand: what people type into the console's forms, through the same engine as every record.

Read, decide, write as `ingest.writer` does it, on Django's own connection. `records.hand` says how a form differs from
a feed. Everything here opens a transaction of its own and must not be called inside a tenant's scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import orjson
import psycopg
from django.db import IntegrityError, OperationalError, connection
from psycopg import errors
from uuid_utils.compat import uuid7

from rapport.configurations import catalogue
from rapport.db import requests, snapshot, tenancy
from rapport.db.queries import statement
from rapport.db.write import Actor, arguments
from rapport.records import hand
from rapport.records.decide import Row, State
from rapport.records.types import ALL
from rapport.tenants.scope import tenant_scope

from .errors import BusyError, ChangedError, FaultsError, UnknownError
from .revisions import since

if TYPE_CHECKING:
    from rapport.records.receipt import Prepared, Receipt
    from rapport.tenants.models import Tenant

#: Tries before an edit gives up; from the third on it keeps the tenant's other writers out (as in `ingest.writer`).
TRIES = 6
ALONE_FROM = 2
LOCKS = ("pg_advisory_xact_lock_shared", "pg_advisory_xact_lock")
#: Longest wait for any lock; the console has few threads, and one that waits serves nobody.
LOCK_MILLISECONDS = 3000
#: Somebody else's transaction came first.
CONFLICTS = (
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.ForeignKeyViolation,
    errors.UniqueViolation,
)
_READ_CONTACT, _READ_CONTACTS = statement("read_contact"), statement("read_contacts")
_READ_ACCOUNT, _READ_ACCOUNTS = statement("read_account"), statement("read_accounts")
_RELEASE_CONTACT_KEYS, _RELEASE_ACCOUNT_KEYS = statement("release_contact_keys"), statement("release_account_keys")
_WRITE_GROUP = statement("write_group")

#: How an edit is decided: state, form, the object that it is about.
Decide = Callable[[State, "Prepared", Any], "Receipt"]
EDITS: dict[str, Decide] = {"contact": hand.contact, "account": hand.account}


class Shown(NamedTuple):
    """The object that a form shows, in the version that it shows; version None: whatever it is by now."""

    id: UUID
    version: int | None = None


class Edit(NamedTuple):
    """One form on its way."""

    actor: Actor
    request_id: str
    data_type: str
    #: Field name -> text.
    given: Mapping[str, str]
    target: Shown | None
    decide: Decide


def write(
    tenant: Tenant,
    actor: Actor,
    data_type: str,
    given: Mapping[str, str],
    request_id: str,
    target: Shown | None = None,
) -> Receipt:
    """Makes a `contact` or an `account` from a form, or with `target` changes exactly that one.

    `given` has the form's texts by field name (custom fields as `contact.segment`); an empty text clears. Raises
    `FaultsError`, `UnknownError`, `ChangedError`, `BusyError`.
    """
    edit = Edit(actor, request_id, data_type, given, target, EDITS[data_type])
    return persist(tenant, partial(_attempt, tenant, edit))


def add_alias(tenant: Tenant, actor: Actor, account_id: UUID, alias: str, request_id: str) -> Receipt:
    """Lets an account be found by another name. Raises `FaultsError` (under `alias`), `UnknownError`, `BusyError`."""
    target = Shown(account_id)
    edit = Edit(actor, request_id, "account-alias", {"alias": alias}, target, hand.add_alias)
    return persist(tenant, partial(_attempt, tenant, edit))


def remove_alias(tenant: Tenant, actor: Actor, account_id: UUID, alias: str, request_id: str) -> Receipt:
    """Takes an alias from its account. Raises `FaultsError` (under `alias`), `UnknownError`, `BusyError`."""
    target = Shown(account_id)
    edit = Edit(actor, request_id, "account-alias", {"alias": alias}, target, hand.remove_alias)
    return persist(tenant, partial(_attempt, tenant, edit))


def persist(tenant: Tenant, attempt: Callable[[], Receipt]) -> Receipt:
    """Read, decide, write in one transaction; again where somebody else came first. Raises `BusyError`."""
    for place in range(TRIES):
        try:
            with tenant_scope(tenant) as tenant_id, connection.wrap_database_errors:
                fetch("select set_config('lock_timeout', $1, true)", str(LOCK_MILLISECONDS))
                fetch(tenancy.lock(tenant_id, LOCKS[place >= ALONE_FROM]))
                return attempt()
        except (IntegrityError, OperationalError) as error:
            if isinstance(error.__cause__, errors.LockNotAvailable):
                break
            if not isinstance(error.__cause__, CONFLICTS):
                raise
    raise BusyError


def _attempt(tenant: Tenant, edit: Edit) -> Receipt:
    """One read, one decision, one write, inside the tenant's scope."""
    tenant_id, state = tenant.pk, State(uuid7)
    record = hand.prepare(ALL[edit.data_type], edit.given, catalogue.of_tenant(tenant_id))
    row = _read_target(tenant_id, state, edit.data_type, edit.target) if edit.target else None
    if record.errors:
        raise FaultsError(record.errors)
    _read_keys(tenant_id, state, record, row)
    receipt = edit.decide(state, record, row)
    if receipt.errors:
        raise FaultsError(receipt.errors)
    _release(tenant_id, state)
    noted, senders = _noted(edit, record, receipt, tenant.sent_days > 0), [(edit.actor, edit.request_id)]
    [(moment,)] = fetch("select clock_timestamp()")
    fetch(_WRITE_GROUP, *arguments(tenant_id, moment, state, answers=(), requests=[noted], senders=senders))
    return receipt


def _read_target(tenant_id: int, state: State, data_type: str, target: Shown) -> Row:
    """The object that is edited, with all its keys. Raises `UnknownError`, `ChangedError`."""
    if data_type == "contact":
        snapshot.fill_contacts(state, fetch(_READ_CONTACT, tenant_id, target.id))
    else:
        snapshot.fill_accounts(state, fetch(_READ_ACCOUNT, tenant_id, target.id))
    row = (state.contacts if data_type == "contact" else state.accounts).rows.get(target.id)
    if row is None:
        raise UnknownError
    if target.version not in (None, row.version):
        raise ChangedError(row.version, since(tenant_id, row.id, target.version))
    return row


def _read_keys(tenant_id: int, state: State, record: Prepared, row: Row | None) -> None:
    """Whatever the form's keys find, and a contact's own."""
    contacts, accounts, _ = snapshot.reach([record])
    if row is not None and row.id in state.contacts.rows:
        contacts += hand.contact_keys(row).values()
    snapshot.fill_accounts(state, fetch(_READ_ACCOUNTS, tenant_id, accounts))
    snapshot.fill_contacts(state, fetch(_READ_CONTACTS, tenant_id, contacts))


def _release(tenant_id: int, state: State) -> None:
    """Takes keys from the edited object, ahead of the write that may give them another meaning.

    Whoever moves a key raises its object's version, so the write's guards hold for this too.
    """
    for table, sql in ((state.contacts, _RELEASE_CONTACT_KEYS), (state.accounts, _RELEASE_ACCOUNT_KEYS)):
        for key, row in table.released.items():
            fetch(sql, tenant_id, row.id, key)


def _noted(edit: Edit, record: Prepared, receipt: Receipt, keep_sent: bool) -> tuple[Any, ...]:
    """The row of the request history, in the order of the type `request_write`."""
    sent = orjson.dumps(dict(record.sent)).decode() if keep_sent else None
    place = (uuid7(), edit.request_id, 0, *edit.actor, None, 200, receipt.outcome)
    return (*place, requests.objects(receipt), sent, None, None, None, *requests.contact_keys(record))


def fetch(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a named statement, on the connection of the open transaction. Raises what psycopg raises."""
    with psycopg.RawCursor(connection.connection) as cursor:
        return cursor.execute(sql, parameters).fetchall()
