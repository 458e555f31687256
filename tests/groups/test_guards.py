"""What was decided on rows that somebody else has changed since is decided again; the ledger tells one story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from uuid_utils.compat import uuid7

from rapport.directory.models import Account, AccountKey, Activity
from rapport.history.models import Change
from rapport.tenants import writing
from rapport.tenants.scope import tenant_scope
from tests.directory.feed import feed, submission
from tests.directory.test_hand_races import between

if TYPE_CHECKING:
    from collections.abc import Callable

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

APP = uuid7()


@pytest.fixture
def beside(database: Database, tenant: Tenant) -> Callable[[dict[str, Any]], Any]:
    """Sends a record through ingest's own writer, at once."""
    return lambda record: feed(database.settings, tenant.pk, APP, record)


def activity(type: str) -> dict[str, Any]:
    return {
        "": "activity", "Reference": "t-1", "Account Name": "Acme", "Source": "desk", "Type": type,
        "Happened At": "2026-11-01 10:00:00",
    }  # fmt: skip


def alias(name: str) -> dict[str, Any]:
    return {"": "account-alias", "Account Name": name, "Alias": "The Firm"}


def test_an_activity_that_somebody_else_has_changed_is_decided_again(
    tenant: Tenant, beside: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside(activity("opened"))
    between(monkeypatch, lambda: beside(activity("moved")))
    writing.write(tenant, submission(APP, activity("closed")))
    with tenant_scope(tenant) as tenant_id:
        row = Activity.objects.get(tenant_id=tenant_id, reference="t-1")
        entries = Change.objects.filter(tenant_id=tenant_id, object_id=row.id).order_by("seq")
        told = [(each.version, each.diff["type"]) for each in entries]
    assert told == [(1, [None, "opened"]), (2, ["opened", "moved"]), (3, ["moved", "closed"])]
    assert (row.version, row.type) == (3, "closed")


def test_an_alias_that_somebody_else_has_moved_is_decided_again(
    tenant: Tenant, beside: Callable[[dict[str, Any]], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    beside(alias("First"))
    between(monkeypatch, lambda: beside(alias("Second")))
    writing.write(tenant, submission(APP, alias("Third")))
    with tenant_scope(tenant) as tenant_id:
        owner = AccountKey.objects.get(tenant_id=tenant_id, is_alias=True).account_id
        names = dict(Account.objects.filter(tenant_id=tenant_id).values_list("id", "name"))
        entries = Change.objects.filter(tenant_id=tenant_id, diff__has_key="alias").order_by("seq")
        told = [(names[each.object_id], each.diff["alias"]) for each in entries]
    assert names[owner] == "Third"
    assert told[0] == ("First", [None, "The Firm"])
    assert sorted(told[1:3]) == [("First", ["The Firm", None]), ("Second", [None, "The Firm"])]
    assert sorted(told[3:]) == [("Second", ["The Firm", None]), ("Third", [None, "The Firm"])]
