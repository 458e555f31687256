from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from rapport.surveys import numbering
from rapport.surveys.models import Entry, ExternalResponse, SurveyRecord
from rapport.tenants.models import TenantHead
from rapport.tenants.scope import tenant_scope
from tests.directory.feed import feed

if TYPE_CHECKING:
    from rapport.tenants.models import Tenant
    from tests.conftest import Database

ADA = {"Email": "ada@example.com"}
ANSWER = ADA | {"NPS Score": "9", "Sent Date": "2026-01-01", "Response Date": "2026-01-02"}


def fill(database: Database, tenant: Tenant) -> None:
    """Two survey records and an answer from elsewhere, in this order."""
    records = (ADA | {"": "survey"}, ANSWER | {"": "external-response"}, ADA | {"": "survey"})
    for record in records:
        feed(database.settings, tenant.pk, UUID(int=7), record)


def numbers(tenant: Tenant) -> list[tuple[int | None, str]]:
    """Every number of a tenant with what has it."""
    with tenant_scope(tenant) as tenant_id:
        rows = [
            (number, model._meta.db_table)
            for model in (SurveyRecord, ExternalResponse)
            for number in model.objects.filter(tenant_id=tenant_id).values_list("number", flat=True)
        ]
    return sorted(rows, key=lambda row: (row[0] or 0, row[1]))


def entries(tenant: Tenant) -> list[tuple[str, str, int]]:
    """What has entered the feeds."""
    with tenant_scope(tenant) as tenant_id:
        rows = Entry.objects.filter(tenant_id=tenant_id).order_by("seq")
        return list(rows.values_list("feed", "object_type", "seq"))


MADE = [(1, "survey_records"), (2, "external_responses"), (3, "survey_records")]


def test_what_records_make_is_numbered_in_their_order_and_enters_the_feeds(database: Database, tenant: Tenant) -> None:
    fill(database, tenant)
    assert numbers(tenant) == MADE
    told = entries(tenant)
    assert [each[:2] for each in told] == [
        ("non-responses", "survey_record"),
        ("responses", "external_response"),
        ("non-responses", "survey_record"),
    ]
    assert [each[2] for each in told] == sorted({each[2] for each in told})


def test_migrating_numbers_what_a_writer_of_before_has_made(database: Database, tenant: Tenant) -> None:
    fill(database, tenant)
    entered = entries(tenant)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        with owner.transaction():
            owner.execute(f"set local rapport.tenant_id = '{tenant.pk}'")
            owner.execute("update survey_records set number = null")
            owner.execute("update external_responses set number = null")
            owner.execute("update tenant_heads set number = 0")
            owner.execute("delete from feed_entries")
        assert numbers(tenant)[0][0] is None
        numbering.run(owner)
        assert numbers(tenant) == MADE
        assert entries(tenant) == entered
        numbering.run(owner)
    assert numbers(tenant) == MADE
    with tenant_scope(tenant) as tenant_id:
        assert TenantHead.objects.get(tenant_id=tenant_id).number == 3
