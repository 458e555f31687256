"""Data, Imports: people upload a file, map its columns, try it out, start it, and get the failed rows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from rapport.configurations.models import Configuration
from rapport.imports.models import Import
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.imports.files import counts, find, use_spool, work

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Cast, Person

CONTENT = b"E-mail,Frist Name,Shoe\nada@example.com,Ada,9\nnobody,Bob,8\n"


@pytest.fixture(autouse=True)
def spool(database: object, tmp_path: Path) -> Path:
    """Where files go."""
    use_spool(tmp_path)
    return tmp_path


def upload(person: Person, content: bytes = CONTENT, configuration: str = "contact", client: Any = None) -> Any:
    """The answer to an uploaded file."""
    file = io.BytesIO(content)
    file.name = "people.csv"
    form = {"configuration": configuration, "file": file}
    return (client or visitor(person)).post(f"/s/{person.tenant.slug}/data/imports/new", form)


def test_from_a_file_with_other_headings_to_its_failed_rows(cast: Cast) -> None:
    tenant, client = cast.alice.tenant, visitor(cast.alice)
    answer = upload(cast.alice, client=client)
    assert answer.status_code == 302
    address, id = answer["Location"], answer["Location"].rpartition("/")[2]
    assert 'hx-trigger="every 1s"' in client.get(address).content.decode()
    assert work(tenant, id).state == "waiting"
    assert "needs a column Email or Phone" in client.get(address).content.decode()
    page = client.get(f"{address}/mapping").content.decode()
    assert "Proposed: It has the field&#x27;s name." in page
    assert "Proposed, look at it: Its name is similar." in page
    assert "ada@example.com" in page
    fields = {"column-0": "email", "column-1": "first_name", "column-2": ""}
    assert client.post(f"{address}/mapping", {"name": "", **fields}).status_code == 422
    assert client.post(f"{address}/mapping", {"name": "Shoes", **fields}).status_code == 302
    with tenant_scope(tenant) as tenant_id:
        made = Configuration.objects.get(tenant_id=tenant_id, name="Shoes")
    assert (made.kind, made.data_type, find(tenant, id).configuration_id) == ("file", "contact", made.id)
    client.post(f"{address}/start", {"dry_run": "on"})
    assert counts(work(tenant, id)) == {"created": 1, "rejected": 1}
    assert "Dry run: nothing is written" in client.get(address).content.decode()
    client.post(f"{address}/start")
    assert counts(work(tenant, id)) == {"created": 1, "rejected": 1}
    page = client.get(address).content.decode()
    assert "The dry run before: 2 rows" in page
    assert "Columns that fill no field: Shoe." in page
    assert "The E-mail must be a valid email address." in page
    assert "hx-trigger" not in page.partition('id="import"')[2][:200]
    assert client.get(f"{address}/failed").getvalue().endswith(b",nobody,Bob,8\n")


def test_the_list_is_searched(cast: Cast) -> None:
    upload(cast.alice)
    client, address = visitor(cast.alice), f"/s/{cast.alice.tenant.slug}/data/imports"
    for query, found in (
        ("", True),
        ("?q=people", True),
        ("?q=alice", True),
        ("?q=x1", False),
        ("?state=done", False),
    ):
        assert ("people.csv" in client.get(f"{address}{query}").content.decode()) == found


def test_nobody_else_uploads_or_sees_it(cast: Cast, spool: Path) -> None:
    address = upload(cast.alice)["Location"]
    before = sorted(spool.iterdir())
    foreign = visitor(cast.charlie)
    for path in (address, f"{address}/failed", f"{address}/mapping"):
        assert foreign.get(path).status_code == 404
        assert foreign.get(path.replace(cast.alice.tenant.slug, cast.charlie.tenant.slug)).status_code == 404
        assert visitor(cast.bob).get(path).status_code == 403
    for client, status in ((foreign, 404), (visitor(cast.bob), 403), (visitor(None), 302)):
        assert upload(cast.alice, client=client).status_code == status
    assert sorted(spool.iterdir()) == before


def test_a_form_without_its_token_or_with_faults_leaves_no_file(cast: Cast, spool: Path) -> None:
    client = visitor(cast.alice)
    client.handler.enforce_csrf_checks = True
    assert upload(cast.alice, client=client).status_code == 403
    assert upload(cast.alice, configuration="none").status_code == 422
    assert upload(cast.alice, content=b"a\0b", configuration="none").status_code == 422
    assert upload(cast.alice, configuration="contact\0").status_code == 400
    assert visitor(cast.alice).post(f"/s/{cast.alice.tenant.slug}/data/imports/new", {}).status_code == 422
    assert list(spool.iterdir()) == []
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert not Import.objects.filter(tenant_id=tenant_id).exists()


def test_encodings_stand_side_by_side_and_one_is_chosen(cast: Cast) -> None:
    client = visitor(cast.alice)
    content = "Email,First Name\na@example.com,Jürgen\n".encode() + b"b@example.com,Zo\xeb\n"
    address = upload(cast.alice, content, client=client)["Location"]
    id = address.rpartition("/")[2]
    assert work(cast.alice.tenant, id).state == "waiting"
    page = client.get(address).content.decode()
    assert "Which reads right?" in page
    assert all(text in page for text in ("JÃ¼rgen", "Zoë", "Start in UTF-8", "Start in CP1252"))
    client.post(f"{address}/start", {"encoding": "cp1252"})
    row = work(cast.alice.tenant, id)
    assert (row.state, counts(row)) == ("done", {"created": 2})
    assert "Which reads right?" not in client.get(address).content.decode()
