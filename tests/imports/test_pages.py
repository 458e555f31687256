"""Data, Imports: people upload a file, map its columns, try it out, start it, and get the failed rows."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from rapport.configurations.models import Configuration
from rapport.history.models import SentRecord
from rapport.imports import forms, receiving, running, sampling
from rapport.imports.models import Import, ImportChunk
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.imports.files import counts, find, send, use_spool, work

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from rapport.tenants.models import Tenant
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
    address = upload(cast.alice, client=client)["Location"]
    id = address.rpartition("/")[2]
    assert 'hx-trigger="every 1s"' in client.get(address).content.decode()
    assert work(tenant, id).state == "waiting"
    shown = client.get(address).content.decode()
    assert "needs a column Email or Phone" in shown
    assert f'class="button primary" href="{address}/mapping"' in shown
    assert f'<a href="{address}/mapping">Map them</a>' in shown
    page = client.get(f"{address}/mapping").content.decode()
    assert "Proposed: It has the field&#x27;s name." in page
    assert "Proposed, look at it: Its name is similar." in page
    assert "ada@example.com" in page
    fields = {"column-0": "email", "column-1": "first_name", "column-2": ""}
    assert "Choose a name for the mapping." in client.post(f"{address}/mapping", {**fields}).content.decode()
    client.post(f"{address}/mapping", {"name": "Shoes", **fields})
    with tenant_scope(tenant) as tenant_id:
        made = Configuration.objects.get(tenant_id=tenant_id, name="Shoes")
    assert (made.kind, made.data_type, find(tenant, id).configuration_id) == ("file", "contact", made.id)
    for given in ({"dry_run": "on"}, {}):
        client.post(f"{address}/start", given)
        assert counts(work(tenant, id)) == {"created": 1, "rejected": 1}
        _is_mapped_anew_behind_a_dry_run(tenant, client, address, given and {"name": "Boots", **fields})
        assert ("Dry run: nothing is written" in client.get(address).content.decode()) == bool(given)
    page = client.get(address).content.decode()
    assert "The dry run before: 2 rows" in page
    assert re.search("Columns that fill no field: Shoe.*heading=Shoe", page)
    assert "The E-mail must be a valid email address." in page
    assert "hx-trigger" not in page.partition('id="import"')[2][:200]
    assert client.get(f"{address}/failed").getvalue().endswith(b",nobody,Bob,8\n")
    _leads_to_its_records_and_their_undo(client, address)


def _is_mapped_anew_behind_a_dry_run(tenant: Tenant, client: Client, address: str, form: dict[str, str]) -> None:
    assert ("Change the mapping" in client.get(address).content.decode()) == bool(form)
    if form:
        client.post(f"{address}/mapping", form)
        id = address.rpartition("/")[2]
        assert counts(found := find(tenant, id)) == {}
        assert (found.state, found.dry_run, found.rehearsal["created"]) == ("waiting", False, 1)
        client.post(f"{address}/start", {"dry_run": "on"})
        assert counts(work(tenant, id)) == {"created": 1, "rejected": 1}


def _leads_to_its_records_and_their_undo(client: Client, address: str) -> None:
    page, id = client.get(address).content.decode(), address.rpartition("/")[2]
    listed = f"{address.partition('/imports/')[0]}/requests?app={id}&amp;outcome=created"
    assert listed in page
    [row] = re.findall(r'data-href="([^"]+)"', client.get(listed.replace("&amp;", "&")).content.decode())
    record = client.get(row).content.decode()
    assert f'<a href="{address}">people.csv</a>' in record
    assert f'/undo/new?import={id}">Undo the whole import</a>' in record
    assert "curl" not in record
    undo = f"{address.partition('/imports/')[0]}/undo/new?import={id}"
    [token] = re.findall(r'name="plan" value="([^"]+)"', client.get(undo).content.decode())
    undone = client.post(undo, {"plan": token})["Location"]
    assert re.search(rf'Alice undid it .*<a href="{undone}">', client.get(address).content.decode())
    ledger = client.get(undone).content.decode()
    assert (changes := re.search(r'href="([^"]+/data/changes\?actor=[^"]+)"', ledger))
    assert "Undo by Alice" in client.get(changes[1]).content.decode()


def test_an_import_outlives_its_configuration(cast: Cast) -> None:
    client = visitor(cast.alice)
    address = upload(cast.alice, client=client)["Location"]
    with tenant_scope(cast.alice.tenant) as tenant_id:
        Import.objects.filter(tenant_id=tenant_id).update(state="done", configuration_id=uuid4())
    assert "a configuration that is gone" in client.get(address).content.decode()
    assert client.get(f"{address}/mapping")["Location"] == address


@pytest.mark.parametrize("count", [2, 12])
def test_each_column_that_fills_nothing_can_be_mapped_for_the_next_file(cast: Cast, count: int) -> None:
    columns = [f"Shoe {number}" for number in range(count)]
    content = ",".join(["Email", *columns]) + "\nada@example.com" + ",9" * count + "\n"
    client = visitor(cast.alice)
    address = upload(cast.alice, content.encode(), client=client)["Location"]
    work(cast.alice.tenant, address.rpartition("/")[2])
    client.post(f"{address}/start")
    assert work(cast.alice.tenant, address.rpartition("/")[2]).state == "done"
    page = client.get(address).content.decode()
    links = [unescape(each) for each in re.findall(r'href="([^"]+/map\?[^"]+)"', page)]
    assert [client.get(each).status_code for each in links] == [200] * count
    assert all(each.endswith("&file=1") for each in links)
    assert ("map one of 12 columns" in page) == (count > 10)


def test_the_list_is_searched(cast: Cast) -> None:
    assert upload(cast.alice, CONTENT.decode().encode("utf-16")).status_code == 302
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
    assert all(text in page for text in ("JÃ¼rgen", "Zoë", "Start in UTF-8", "Start in Western European (Windows)"))
    assert "<h3>UTF-8</h3>" in page  # a table's head is not seen on a telephone
    assert "<progress" not in page  # nor five zeros, before anything is read
    assert f'class="button primary" href="{address}/mapping"' not in page
    answer = client.post(f"{address}/start", {"encoding": "ebcdic"}, follow=True).content.decode()
    assert "The encoding must be one of: utf-8, cp1252," in answer
    assert find(cast.alice.tenant, id).state == "waiting"
    client.post(f"{address}/start", {"dry_run": "on"})
    work(cast.alice.tenant, id)
    assert "Start in Western European (Windows)" in client.get(address).content.decode()
    client.post(f"{address}/start", {"encoding": "cp1252"})
    row = work(cast.alice.tenant, id)
    assert (row.state, counts(row)) == ("done", {"created": 2})
    assert "Which reads right?" not in client.get(address).content.decode()


def test_the_same_file_again_is_no_matter_of_the_mapping(cast: Cast) -> None:
    client, content = visitor(cast.alice), b"Email,First Name\na@example.com,Ada\n"
    addresses = [upload(cast.alice, content, client=client)["Location"] for _ in range(2)]
    for address in addresses:
        work(cast.alice.tenant, address.rpartition("/")[2])
    page = client.get(addresses[1]).content.decode()
    assert "The same file came before" in page
    assert "Start anyway" in page
    assert f'class="button" href="{addresses[1]}/mapping"' in page
    fields = {"name": "Twice", "column-0": "email", "column-1": "first_name"}
    assert client.post(f"{addresses[1]}/mapping", fields).status_code == 302
    row = find(cast.alice.tenant, addresses[1].rpartition("/")[2])
    assert (row.reason, [note[:24] for note in row.notes]) == (None, ["The same file came befor"])


def test_columns_that_the_form_does_not_show_keep_their_fields(cast: Cast) -> None:
    tenant, client = cast.alice.tenant, visitor(cast.alice)
    headings = [*(f"C{n}" for n in range(sampling.COLUMNS)), "Email", "Extra"]
    content = f"{','.join(headings)}\n{',' * sampling.COLUMNS}a@example.com,\n".encode()
    address = upload(cast.alice, content, client=client)["Location"]
    id = address.rpartition("/")[2]
    work(tenant, id)
    assert "2 columns more" in client.get(f"{address}/mapping").content.decode()
    assert client.post(f"{address}/mapping", {"name": "Wide", "column-0": "first_name"}).status_code == 302
    row = find(tenant, id)
    with tenant_scope(tenant) as tenant_id:
        made = Configuration.objects.get(tenant_id=tenant_id, id=row.configuration_id)
    assert [(entry["heading"], entry["field"]) for entry in made.mapping] == [("C0", "first_name"), ("Email", "email")]
    assert row.unmapped == [*headings[1 : sampling.COLUMNS], "Extra"]


@pytest.mark.parametrize("begun", [True, False])
def test_a_disk_that_is_full_is_said_in_the_form(
    cast: Cast, spool: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    left = iter([10**9, 0] if begun else [0])
    monkeypatch.setattr(receiving, "room", lambda folder: next(left))
    answer = upload(cast.alice)
    page = answer.content.decode()
    assert (answer.status_code, "There is not enough room for this file." in page) == (422, True)
    assert "Choose a file." not in page
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_the_form_names_parquet_where_it_can_be_read(cast: Cast, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr(forms, "reads_parquet", lambda: there)
    page = visitor(cast.alice).get(f"/s/{cast.alice.tenant.slug}/data/imports/new").content.decode()
    assert ("Parquet" in page) is there


def test_an_imported_record_names_its_line_in_the_file(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands between: cells of two lines, blank lines, other chunks."""
    monkeypatch.setattr(running, "SHORT", 2)
    tenant, client = cast.alice.tenant, visitor(cast.alice)
    rows = b'a@example.com,"two\nlines"\n\n\nb@example.com,Bob\nnobody,X\n\nc@example.com,Cy\n'
    row = work(tenant, send(tenant, b"Email,First Name\n" + rows))
    with tenant_scope(tenant) as tenant_id:
        records = list(SentRecord.objects.filter(tenant_id=tenant_id, actor_id=row.id).order_by("id"))
    pages = [client.get(f"/s/{tenant.slug}/data/requests/{each.id}").content.decode() for each in records]
    assert [re.findall(r"<dd>line (\d+)</dd>", page) for page in pages] == [["2"], ["6"], ["7"], ["9"]]
    assert "In its batch" not in "".join(pages)
    with tenant_scope(tenant) as tenant_id:
        ImportChunk.objects.filter(tenant_id=tenant_id).delete()
    assert "In its file" not in client.get(f"/s/{tenant.slug}/data/requests/{records[0].id}").content.decode()
