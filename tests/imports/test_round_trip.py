"""What is exported and imported again changes nothing, in every kind of file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rapport.configurations import edits, fields
from rapport.configurations.locks import editing
from rapport.directory import exporting, removing
from rapport.directory.models import Account
from rapport.imports import acts
from rapport.imports.models import Import, ImportFailure
from rapport.records.catalogue import TYPES
from rapport.tenants.actors import COMMAND
from rapport.tenants.exports import MEDIA_TYPES, write
from rapport.tenants.scope import tenant_scope
from tests.cast import new_tenant
from tests.imports.files import counts, send, use_spool, work
from tests.records.anything import CHOICES, FIELDS, records

if TYPE_CHECKING:
    from pathlib import Path

    from rapport.tenants.models import Tenant

#: What is exported, and the data type that reads it.
KINDS = {"accounts": "account", "contacts": "contact", "activities": "activity"}
HARD = [
    "=1+1", "'=1", "''=x", "'s", "+1", "-5", "-5,5", "+44 20 7946 0958", "@SUM(A1)", "\tx", "1e5", "007",
    "1234567890123456789", "a\nb", 'say "x"; or, so', "true", "2026-01-31", "_x0041_", "<b>", "NULL", "é\u0301",
]  # fmt: skip


@pytest.fixture(scope="module")
def spool(database: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where files go."""
    return tmp_path_factory.mktemp("spool")


def prepared() -> Tenant:
    """A tenant with a field of every type on every object, all mapped."""
    tenant = new_tenant()
    with editing(tenant) as tenant_id:
        for owner in ("account", "contact", "activity"):
            for name in TYPES:
                given = {"object": owner, "name": name.replace(" ", "_").replace("-", "_"), "label": f"{owner} {name}"}
                choices = CHOICES if name == "choice" else None
                fields.create(tenant_id, COMMAND, given | {"type": name, "choices": choices})
        for kind in KINDS.values():
            mapping = [{"heading": field.label, "field": field.name} for field in FIELDS[kind].values()]
            wanted = {"name": kind, "reference": f"all-{kind}", "kind": "file", "data_type": kind, "mapping": mapping}
            edits.create(tenant_id, COMMAND, wanted)
    return tenant


def brought(tenant: Tenant, kind: str, content: bytes, **wanted: Any) -> Any:
    """The import of a file, which runs whatever is in doubt."""
    row = work(tenant, send(tenant, content, configuration=f"all-{kind}", **wanted))
    if row.state == "waiting":
        with tenant_scope(tenant):
            acts.start(row, COMMAND)
        row = work(tenant, row.id)
    return row


def lines(rows: list[dict[str, Any]]) -> bytes:
    """A file of records."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def failed(row: Import) -> list[Any]:
    """What is wrong with its rows."""
    with tenant_scope(row.tenant_id) as tenant_id:
        return [each.faults for each in ImportFailure.objects.filter(tenant_id=tenant_id, import_id=row.id)]


def unchanged(tenant: Tenant, kinds: Any = tuple(MEDIA_TYPES)) -> None:
    """Export everything, and import it again."""
    for what, kind in KINDS.items():
        for each in kinds if any(exporting.ALL[what](tenant).items()) else ():
            content = b"".join(write(exporting.ALL[what](tenant), each))
            row = brought(tenant, kind, content)
            told = counts(row)
            assert set(told) <= {"unchanged"}, (what, each, told, row.state, row.reason, content[:3000], failed(row))
            assert row.state == "done", (what, each, row.state, row.reason, content[:2000])
            assert row.read == sum(1 for _ in exporting.ALL[what](tenant).items())
            assert row.unmapped == []


@settings(max_examples=4, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(st.fixed_dictionaries({kind: st.lists(records(kind), max_size=4) for kind in KINDS.values()}))
def test_whatever_is_stored_comes_back_unchanged(spool: Path, drawn: dict[str, list[dict[str, Any]]]) -> None:
    use_spool(spool)
    tenant = prepared()
    brought(tenant, "contact", lines([{"Email": "known@x.example"}]))
    for kind, rows in drawn.items():
        if rows:
            brought(tenant, kind, lines([{name: value for name, value in row.items() if name} for row in rows]))
    unchanged(tenant)


def test_what_spreadsheets_would_take_for_something_else_stays(spool: Path) -> None:
    use_spool(spool)
    tenant = prepared()
    people = [{"Email": f"p{n}@example.com", "First Name": text, "Job Title": text} for n, text in enumerate(HARD)]
    assert counts(brought(tenant, "contact", lines(people))) == {"created": len(HARD)}
    assert counts(brought(tenant, "account", lines([{"Account Name": text} for text in HARD])))["created"] > 10
    unchanged(tenant)
    first = [item["first_name"] for item in exporting.ALL["contacts"](tenant).items()]
    assert first == [text.strip() for text in HARD]


def test_activities_of_a_deleted_account_are_left_out(spool: Path) -> None:
    use_spool(spool)
    tenant = prepared()
    told = {"Type": "Call", "Source": "CRM", "Happened At": "2026-01-31T10:00:00Z"}
    rows = [{"Reference": name, "Account Name": name, **told} for name in ("Acme", "Gone")]
    assert counts(brought(tenant, "activity", lines(rows))) == {"created": 2}
    with tenant_scope(tenant) as tenant_id:
        gone = Account.objects.get(tenant_id=tenant_id, name="Gone").id
    removing.remove(tenant, COMMAND, "account", gone)
    assert [item["reference"] for item in exporting.ALL["activities"](tenant).items()] == ["Acme"]
    unchanged(tenant)
