"""While a service is updated, processes of the release before work on the new schema: what they say to it still holds.

`v0.1.0/` holds that release's named statements as they were. A new release puts its own beside them; those of the one
before it may go. The rule for migrations is in CONTRIBUTING.md.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row
from uuid_utils.compat import uuid7

from tests.directory.feed import feed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from rapport.tenants.models import Tenant
    from tests.conftest import Database

STATEMENTS = {
    name: sql.strip()
    for file in sorted((Path(__file__).parent / "v0.1.0").glob("*.sql"))
    for name, sql in re.findall(r"(?ms)^-- (\w+) --$(.*?)(?=^-- \w+ --$|\Z)", file.read_text(encoding="utf-8"))
}
#: A group as that release wrote it: everything that it could change, or no more than one account and one contact.
GROUP = """
select write_group_1(
    %(tenant)s, now(),
    {new_accounts}, {changed_accounts}, {account_keys}, '{{}}',
    {new_contacts}, {changed_contacts}, {contact_keys},
    {activities}, '{{}}', {surveys}, {responses}, {answers},
    array[row(%(request)s, 'r', 0, 'app', %(app)s, null, 200, 'created', '[]', '{{"Email": "ada@example.com"}}',
              null, null, null, 'ada@example.com', null)::request_write],
    array[row('contact', %(contact)s, %(version)s, 'created', '{{}}', 'app', %(app)s, 'r')::change_write]
)
"""
NEW = {
    "new_accounts": "array[row(%(account)s, 'Acme', null, null, null, %(told)s, null, null, null, '{}', 1, null)"
    "::account_write]",
    "new_contacts": "array[row(%(contact)s, 'ada@example.com', null, %(told)s, null, null, null, null, %(account)s,"
    " '{}', 1, null)::contact_write]",
    "account_keys": "array[row('acme', %(account)s, null)::key_write]",
    "contact_keys": "array[row('e:ada@example.com', %(contact)s, null)::key_write]",
    "activities": "array[row(%(request)s, 't-1', %(account)s, %(contact)s, 'call', 'desk', now(), null, '{}', 1, null)"
    "::activity_write]",
    "surveys": "array[row(%(request)s, %(contact)s, %(account)s, 'queued', null, null, null, null, '{}', '{}')"
    "::survey_write]",
    "responses": "array[row(%(request)s, %(contact)s, %(account)s, 9, null, null, null, now(), now(), null, null,"
    " '{}')::response_write]",
    "answers": "array[row(%(app)s, 'once', '\\x00', '{}')::answer_write]",
}
CHANGED = {
    "changed_contacts": "array[row(%(contact)s, 'ada@example.com', null, %(told)s, null, null, null, null, %(account)s,"
    " '{}', %(version)s, %(version)s - 1)::contact_write]",
}
PARTS = (*NEW, *CHANGED, "changed_accounts")


class Previous:
    """A process of the release before, at one tenant."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]], tenant: Tenant) -> None:
        self._connection, self._tenant = connection, tenant.pk
        self._values = {"tenant": tenant.pk, "app": uuid7(), "account": uuid7(), "contact": uuid7()}

    def ask(self, name: str, *arguments: Any) -> list[dict[str, Any]]:
        """The rows of a statement in the tenant's scope."""
        with self._connection.transaction(), psycopg.RawCursor(self._connection, row_factory=dict_row) as cursor:
            cursor.execute(f"set local rapport.tenant_id = '{self._tenant}'")
            return cursor.execute(STATEMENTS[name], (self._tenant, *arguments)).fetchall()

    def write(self, parts: dict[str, str], told: str, version: int) -> None:
        """A group."""
        filled = {name: parts.get(name, "'{}'") for name in PARTS}
        values = {**self._values, "request": uuid7(), "told": told, "version": version}
        self._connection.execute(GROUP.format(**filled), values)

    @property
    def contact(self) -> UUID:
        """The one that it made."""
        return self._values["contact"]


@pytest.fixture
def previous(database: Database, tenant: Tenant) -> Iterator[Previous]:
    with psycopg.connect(database.app, autocommit=True, row_factory=dict_row) as connection:
        yield Previous(connection, tenant)


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_of_the_release_before_prepares(database: Database, name: str) -> None:
    with psycopg.connect(database.app, autocommit=True) as app:
        app.execute(f"prepare it as {STATEMENTS[name]}")


def test_old_and_new_write_one_contact_side_by_side(previous: Previous, database: Database, tenant: Tenant) -> None:
    previous.write(NEW, "old", 1)
    (row,) = previous.ask("read_contacts", ["e:ada@example.com"])
    assert (row["id"], row["version"], row["first_name"], row["account_name"]) == (previous.contact, 1, "old", "Acme")
    news = {"Email": "ada@example.com", "First Name": "new", "Account Name": "Acme"}
    assert feed(database.settings, tenant.pk, uuid7(), news)[0].outcome == "updated"
    (row,) = previous.ask("read_contacts", ["e:ada@example.com"])
    assert (row["version"], row["first_name"]) == (2, "new")
    previous.write(CHANGED, "old again", 3)
    assert feed(database.settings, tenant.pk, uuid7(), news)[0].outcome == "updated"
    (row,) = previous.ask("read_contacts", ["e:ada@example.com"])
    assert (row["version"], row["first_name"]) == (4, "new")
    (row,) = previous.ask("read_accounts", ["acme"])
    assert (row["name"], row["version"]) == ("Acme", 1)
    assert [row["reference"] for row in previous.ask("read_activities", ["t-1"])] == ["t-1"]


def test_an_old_writer_loses_where_a_new_one_was_faster(previous: Previous, database: Database, tenant: Tenant) -> None:
    previous.write(NEW, "old", 1)
    feed(database.settings, tenant.pk, uuid7(), {"Email": "ada@example.com", "First Name": "new"})
    with pytest.raises(psycopg.errors.SerializationFailure):
        previous.write(CHANGED, "old again", 2)


def test_the_other_doors_and_counts_of_the_release_before_work(previous: Previous) -> None:
    at, id = "2026-11-01T10:00:00+00:00", str(uuid7())
    heading = {"configuration": id, "heading": "Odd"}
    seen = {**heading, "count": 1, "first_seen": at, "last_seen": at}
    value = {**heading, "id": id, "at": at, "value": "x", "email_key": None, "phone_key": None}
    previous.ask("note_headings", json.dumps({"headings": [seen], "values": [value], "mapped": []}))
    assert previous.ask("find_configuration", "contact")[0]["sent_days"] == 30
    assert previous.ask("tenant_clock")[0]["time_zone"] == "UTC"
