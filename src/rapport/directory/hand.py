"""The door by hand: what people type into the console's forms, through the same write path as every record.

`records.hand` says how a form differs from a feed. Everything here opens transactions of its own and must not be called
inside a tenant's scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from rapport.configurations import catalogue
from rapport.db.write import Actor
from rapport.groups.submission import Decision, Submission, Target
from rapport.records import hand
from rapport.records.decide import State
from rapport.records.types import ALL
from rapport.tenants import writing
from rapport.tenants.scope import tenant_scope

from .errors import ChangedError, FaultsError, UnknownError
from .models import Account, Contact
from .revisions import since

if TYPE_CHECKING:
    from rapport.records.decide import Row
    from rapport.records.receipt import Prepared, Receipt
    from rapport.tenants.models import Tenant


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
    return _take(tenant, Edit(actor, request_id, data_type, given, target, EDITS[data_type]))


def add_alias(tenant: Tenant, actor: Actor, account_id: UUID, alias: str, request_id: str) -> Receipt:
    """Lets an account be found by another name. Raises `FaultsError` (under `alias`), `UnknownError`, `BusyError`."""
    target = Shown(account_id)
    return _take(tenant, Edit(actor, request_id, "account-alias", {"alias": alias}, target, hand.add_alias))


def remove_alias(tenant: Tenant, actor: Actor, account_id: UUID, alias: str, request_id: str) -> Receipt:
    """Takes an alias from its account. Raises `FaultsError` (under `alias`), `UnknownError`, `BusyError`."""
    target = Shown(account_id)
    return _take(tenant, Edit(actor, request_id, "account-alias", {"alias": alias}, target, hand.remove_alias))


def _take(tenant: Tenant, edit: Edit) -> Receipt:
    """Put the form through the write path."""
    with tenant_scope(tenant) as tenant_id:
        record = hand.prepare(ALL[edit.data_type], edit.given, catalogue.of_tenant(tenant_id))
    faults, record.errors = record.errors, {}
    submission = Submission(
        actor=edit.actor,
        request_id=edit.request_id,
        type=Decision(lambda state, record: _apply(tenant.pk, edit, faults, state, record)),
        records=[record],
        keep_sent=tenant.sent_days > 0,
        target=edit.target and Target("contact" if edit.data_type == "contact" else "account", [edit.target.id]),
    )
    [receipt] = writing.write(tenant, submission).receipts
    return receipt


def _apply(tenant_id: int, edit: Edit, faults: Mapping[str, list[str]], state: State, record: Prepared) -> Receipt:
    """Decide the edit; `faults` are those of its texts. Raises `FaultsError`, `UnknownError`, `ChangedError`."""
    row = _target(tenant_id, edit, state)
    if faults:
        raise FaultsError(faults)
    receipt = edit.decide(state, record, row)
    if receipt.errors:
        raise FaultsError(receipt.errors)
    return receipt


def _target(tenant_id: int, edit: Edit, state: State) -> Row | None:
    """The object that is edited; inside the tenant's scope. Raises `UnknownError`, `ChangedError`."""
    if edit.target is None:
        return None
    row = (state.contacts if edit.data_type == "contact" else state.accounts).rows.get(edit.target.id)
    if row is None:
        raise UnknownError
    if edit.target.version not in (None, row.version):
        model = Contact if edit.data_type == "contact" else Account
        told = model.objects.get(tenant_id=tenant_id, id=row.id)
        raise ChangedError(row.version, since(told, edit.target.version))
    return row
