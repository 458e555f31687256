"""Somebody at the console's forms, and a look at everything that they may have changed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from rapport.db.write import Actor
from rapport.directory import hand
from rapport.directory.errors import FaultsError
from rapport.directory.models import Account, AccountKey, Contact, ContactKey
from rapport.history.models import Change
from rapport.records.decide import ACCOUNT_COLUMNS, CONTACT_COLUMNS
from rapport.records.keys import name_key
from rapport.tenants.models import TenantHead
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.records.receipt import Receipt
    from tests.cast import Person

_numbers = itertools.count(1)


class Desk:
    """A person's forms."""

    def __init__(self, person: Person) -> None:
        self.tenant = person.tenant
        self.actor = Actor("user", person.user.id)

    def make(self, data_type: str, **given: str) -> UUID:
        """The id of what was made; `custom__segment` is the field `contact.segment`."""
        receipt = hand.write(self.tenant, self.actor, data_type, _named(data_type, given), _request_id())
        assert receipt.outcome == "created"
        return receipt.objects[0].id

    def save(self, data_type: str, id: UUID, version: int | None = None, **given: str) -> Receipt:
        """Save the form of an object as it is now, or as it was in a version."""
        shown = hand.Shown(id, self.version(id) if version is None else version)
        return hand.write(self.tenant, self.actor, data_type, _named(data_type, given), _request_id(), shown)

    def add_alias(self, id: UUID, alias: str) -> Receipt:
        return hand.add_alias(self.tenant, self.actor, id, alias, _request_id())

    def remove_alias(self, id: UUID, alias: str) -> Receipt:
        return hand.remove_alias(self.tenant, self.actor, id, alias, _request_id())

    def version(self, id: UUID) -> int:
        with tenant_scope(self.tenant) as tenant_id:
            for model in (Contact, Account):
                for row in model.objects.filter(tenant_id=tenant_id, id=id):
                    return row.version
        return 1

    def contact(self, id: UUID) -> Contact:
        with tenant_scope(self.tenant) as tenant_id:
            return Contact.objects.get(tenant_id=tenant_id, id=id)

    def account(self, id: UUID) -> Account:
        with tenant_scope(self.tenant) as tenant_id:
            return Account.objects.get(tenant_id=tenant_id, id=id)

    def contact_keys(self) -> dict[str, UUID]:
        with tenant_scope(self.tenant) as tenant_id:
            return dict(ContactKey.objects.filter(tenant_id=tenant_id).values_list("key", "contact_id"))

    def account_keys(self) -> dict[str, tuple[UUID, bool]]:
        """Key -> account, and whether it is an alias."""
        with tenant_scope(self.tenant) as tenant_id:
            rows = AccountKey.objects.filter(tenant_id=tenant_id)
            return {row.key: (row.account_id, row.is_alias) for row in rows}

    def ledger(self) -> list[Change]:
        with tenant_scope(self.tenant) as tenant_id:
            return list(Change.objects.filter(tenant_id=tenant_id).order_by("seq"))

    def check(self) -> None:
        """Fails where the ledger, replayed, does not add up to what is stored, or an object has lost its keys."""
        values, aliases = _replayed(self.ledger())
        with tenant_scope(self.tenant) as tenant_id:
            assert TenantHead.objects.get(tenant_id=tenant_id).seq == len(self._changes(tenant_id))
            stored = {
                row.id: _stored(row, columns)
                for model, columns in ((Contact, CONTACT_COLUMNS), (Account, ACCOUNT_COLUMNS))
                for row in model.objects.filter(tenant_id=tenant_id)
            }
        assert {id: _without_link(row) for id, row in values.items()} == stored
        assert aliases == {key: id for key, (id, is_alias) in self.account_keys().items() if is_alias}
        assert set(self.contact_keys().values()) | {id for id, _ in self.account_keys().values()} == set(stored)

    @staticmethod
    def _changes(tenant_id: int) -> list[Change]:
        return list(Change.objects.filter(tenant_id=tenant_id))


def refusal(*what: Any, **given: str) -> dict[str, list[str]]:
    """The faults that a form is told: what to call, and with what."""
    with pytest.raises(FaultsError) as refused:
        what[0](*what[1:], **given)
    return refused.value.errors


def _named(data_type: str, given: dict[str, str]) -> dict[str, str]:
    return {name.replace("custom__", f"{data_type}."): text for name, text in given.items()}


def _request_id() -> str:
    return f"form-{next(_numbers)}"


def _replayed(changes: list[Change]) -> tuple[dict[UUID, dict[str, Any]], dict[str, UUID]]:
    values: dict[UUID, dict[str, Any]] = {}
    aliases: dict[str, UUID] = {}
    for seq, change in enumerate(changes, 1):
        assert change.seq == seq
        row = values.setdefault(change.object_id, {"version": 0})
        row["version"] += 1
        assert change.version == row["version"]
        for name, (old, new) in change.diff.items():
            if name == "alias":
                _replay_alias(aliases, change.object_id, old, new)
                continue
            # A renamed account has another name when a contact leaves it.
            same = (old is None) == (row.get(name) is None) if name == "account_name" else old == row.get(name)
            assert same, name
            assert old != new, name
            row[name] = new
    return values, aliases


def _replay_alias(aliases: dict[str, UUID], account: UUID, old: str | None, new: str | None) -> None:
    if old is not None:
        assert aliases.pop(name_key(old)) == account
    if new is not None:
        assert name_key(new) not in aliases
        aliases[name_key(new)] = account


def _without_link(row: dict[str, Any]) -> dict[str, Any]:
    """A replayed row; the ledger names an account as it was called then, so only whether there is one counts."""
    linked = row.get("account_name") is not None
    kept = {name: value for name, value in row.items() if value is not None and name != "account_name"}
    return kept | {"linked": linked}


def _stored(row: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in columns if getattr(row, name) is not None}
    custom = {f"custom.{name}": value for name, value in row.attributes.items()}
    return values | custom | {"version": row.version, "linked": getattr(row, "account_id", None) is not None}
