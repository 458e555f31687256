"""`/api/imports`: a file comes in as a stream, is followed and steered, and its failed rows can be sent again."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rapport.configurations.models import Configuration
from rapport.connected_apps import issue
from rapport.connected_apps.scopes import SCOPES
from rapport.imports.api import imports
from rapport.imports.models import Import
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.cast import new_token
from tests.imports.files import use_spool, work

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Cast, Person

CONTENT = b"Email,First Name\na@example.com,Ada\nnobody,X\n\nb@example.com,Bob\nc@example.com,C,D\n"


@pytest.fixture(autouse=True)
def spool(database: object, tmp_path: Path) -> Path:
    """Where files go."""
    use_spool(tmp_path)
    return tmp_path


def post(person: Person, content: bytes = CONTENT, query: str = "configuration=contact&name=people.csv") -> Any:
    """The answer to a file."""
    client = Client(headers=person.bearer)
    return client.post(f"/api/imports?{query}", content, content_type="text/csv")


def sent(person: Person, content: bytes = CONTENT, **options: str) -> str:
    """The address of an import that a worker has done what it can with."""
    query = "&".join(f"{name}={value}" for name, value in {"configuration": "contact", **options}.items())
    answer = post(person, content, query)
    assert answer.status_code == 201, answer.content
    work(person.tenant, answer.json()["import"])
    return str(answer["Location"])


def test_a_file_is_received_and_followed(cast: Cast, monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    monkeypatch.setattr(imports, "PIECE", 7)
    answer = post(cast.alice)
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    assert answer["Location"] == f"/api/imports/{answer.json()['import']}"
    [file] = spool.iterdir()
    assert file.read_bytes() == CONTENT
    work(cast.alice.tenant, answer.json()["import"])
    told = Client(headers=cast.alice.bearer).get(answer["Location"]).json()
    named = ("state", "name", "read", "created", "rejected", "blank", "bytes", "bytes_done", "format", "encoding")
    expected = ["done", "people.csv", 5, 2, 2, 1, len(CONTENT), len(CONTENT), "csv", "utf-8"]
    assert [told[name] for name in named] == expected
    assert [each["line"] for each in told["reasons"]] == [3, 6]
    assert told["reasons"][0]["faults"][0]["heading"] == "Email"
    assert told["rows_per_second"] > 0


def test_failed_rows_come_back_byte_for_byte_and_are_mended(cast: Cast) -> None:
    client, address = Client(headers=cast.alice.bearer), sent(cast.alice)
    answer = client.get(f"{address}/failed")
    content = answer.getvalue()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert b",nobody,X\n" in content
    assert content.endswith(b",c@example.com,C,D\n")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["Rapport: reason"] for row in rows] == [
        "The Email must be a valid email address.", "The row has 3 cells, but there are 2 headings.",
    ]  # fmt: skip
    again = sent(cast.alice, content)
    assert client.get(again).json()["rejected"] == 2
    wider = content.replace(b"has 3 cells, but there are 2", b"has 4 cells, but there are 3")
    assert client.get(f"{again}/failed").getvalue() == wider
    mended = content.replace(b"nobody", b"n@example.com").replace(b"C,D", b"C")
    told = client.get(sent(cast.alice, mended)).json()
    assert (told["read"], told["created"], told["unmapped"]) == (2, 2, [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_failed_rows_keep_their_encoding(cast: Cast, encoding: str) -> None:
    content = "Email;First Name\nnobody;Zoë €\nx;Ä".encode(encoding)
    address = sent(cast.alice, content)
    found = Client(headers=cast.alice.bearer).get(f"{address}/failed").getvalue()
    rows = list(csv.reader(io.StringIO(found.decode(encoding)), delimiter=";"))
    assert [row[1:] for row in rows] == [["Email", "First Name"], ["nobody", "Zoë €"], ["x", "Ä"]]


def test_failed_lines_of_ndjson_have_the_reason_in_them(cast: Cast) -> None:
    address = sent(cast.alice, b'{"Email": "nobody"}\n{"Email": "a@example.com"}\n{"First Name": "X"')
    found = Client(headers=cast.alice.bearer).get(f"{address}/failed")
    assert found["Content-Type"] == "application/x-ndjson"
    assert found.getvalue().decode().splitlines() == [
        '{"Rapport: reason": "The Email must be a valid email address.", "Email": "nobody"}',
        '{"Rapport: reason": "The line must be a valid JSON object.", "First Name": "X"',
    ]


def test_every_row_tells_its_outcome(cast: Cast) -> None:
    client, address = Client(headers=cast.alice.bearer), sent(cast.alice)
    page = client.get(f"{address}/rows?limit=3").json()
    assert [(row["row"], row["line"], row["outcome"]) for row in page["data"]] == [
        (1, 2, "created"), (2, 3, "rejected"), (3, 4, "blank"),
    ]  # fmt: skip
    rest = client.get(f"{address}/rows?cursor={page['cursor']}").json()
    assert ([row["row"] for row in rest["data"]], rest["cursor"]) == ([4, 5], None)
    created = client.get(f"{address}/rows?outcome=created").json()["data"]
    assert [row["row"] for row in created] == [1, 4]
    history = client.get("/api/changes").json()["data"]
    assert [row["record"] for row in created] == [change["record"] for change in history]
    assert client.get(f"{address}/rows?outcome=lost").status_code == 422


def test_it_can_be_steered(cast: Cast) -> None:
    client, address = Client(headers=cast.alice.bearer), sent(cast.alice, start="manual")
    assert client.get(address).json()["state"] == "waiting"
    assert client.post(f"{address}/pause").status_code == 409
    answer = client.post(f"{address}/start?dry_run=true")
    assert (answer.status_code, answer.json()["state"], answer.json()["dry_run"]) == (200, "running", True)
    for act, state in (("pause", "paused"), ("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        answer = client.post(f"{address}/{act}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    answer = client.post(f"{address}/start")
    assert (answer.status_code, answer.json()) == (409, {"message": "The import is cancelled; it cannot be started."})


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("", {"configuration": ["The selected configuration is invalid."]}),
        ("configuration=none", {"configuration": ["The selected configuration is invalid."]}),
        ("configuration=contact&start=now", {"start": ["The start must be one of: auto, manual."]}),
    ],
)
def test_what_is_wrong_is_said_before_the_file_is_read(
    cast: Cast, spool: Path, query: str, errors: dict[str, list[str]]
) -> None:
    answer = post(cast.alice, query=query)
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)
    assert list(spool.iterdir()) == []


def test_a_file_that_is_cut_off_leaves_nothing(cast: Cast, spool: Path) -> None:
    client = Client(headers=cast.alice.bearer)
    answer = client.generic(
        "POST", "/api/imports?configuration=contact", CONTENT, **{"wsgi.input": io.BytesIO(CONTENT[:9])}
    )
    assert answer.status_code == 400
    assert "bytes arrived" in answer.json()["message"]
    assert list(spool.iterdir()) == []


def test_an_app_sees_its_own_imports_only(cast: Cast) -> None:
    address = sent(cast.alice)
    for who in (cast.bob, cast.charlie):
        client = Client(headers=who.bearer)
        assert [client.get(f"{address}{end}").status_code for end in ("", "/failed", "/rows")] == [404, 404, 404]
        assert client.post(f"{address}/cancel").status_code == 404
    token = new_token(cast.alice.tenant, cast.alice.client_id, ["records:write"])
    answer = Client(headers={"Authorization": f"Bearer {token}"}).get(address)
    assert answer.status_code == 403


def limited(person: Person) -> dict[str, str]:
    """The header of an app of the same tenant that may send contacts only, with the person's own scopes."""
    made = issue.create_app(person.tenant, COMMAND, "Limited", scopes=list(SCOPES), configurations=["contact"])
    return {"Authorization": f"Bearer {new_token(person.tenant, made.client_id)}"}


def test_an_app_imports_only_for_the_configurations_that_it_is_limited_to(cast: Cast, spool: Path) -> None:
    client = Client(headers=limited(cast.alice))
    refused = {"message": "The Connected App may not send records for this configuration."}
    answer = client.post("/api/imports?configuration=account", b"Account Name\nAcme\n", content_type="text/csv")
    assert (answer.status_code, answer.json()) == (403, refused)
    assert list(spool.iterdir()) == []
    address = client.post("/api/imports?configuration=contact&start=manual", CONTENT, content_type="text/csv")[
        "Location"
    ]
    id = address.rpartition("/")[2]
    work(cast.alice.tenant, id)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        account = Configuration.objects.get(tenant_id=tenant_id, reference="account").id
        rows = Import.objects.filter(tenant_id=tenant_id, id=id)
        own = rows.get().configuration_id
        rows.update(configuration_id=account)  # as somebody does who changes the mapping on the import's page
    for act in ("start", "pause", "resume", "cancel"):
        answer = client.post(f"{address}/{act}")
        assert (answer.status_code, answer.json()) == (403, refused)
    assert client.get(address).json()["state"] == "waiting"
    with tenant_scope(cast.alice.tenant):
        rows.update(configuration_id=own)
    assert client.post(f"{address}/start").json()["state"] == "running"


def test_a_file_that_has_no_room_is_refused_before_anything_is_read(cast: Cast, spool: Path) -> None:
    client = Client(headers=cast.alice.bearer)
    unread = io.BytesIO(CONTENT)
    sent = {"wsgi.input": unread, "CONTENT_LENGTH": "9" * 17}
    answer = client.generic("POST", "/api/imports?configuration=contact", b"", **sent)
    assert answer.status_code == 507
    assert unread.tell() == 0
    assert list(spool.iterdir()) == []


def test_a_file_of_mixed_encodings_is_started_in_the_one_that_reads_right(cast: Cast) -> None:
    client = Client(headers=cast.alice.bearer)
    address = sent(cast.alice, "Email,First Name\na@example.com,Jürgen\n".encode() + b"b@example.com,Zo\xeb\n")
    told = client.get(address).json()
    assert told["state"] == "waiting"
    assert {each["encoding"]: each["lines"][1] for each in told["readings"]}["cp1252"] == "b@example.com,Zoë"
    said = sent(
        cast.bob, "Email,First Name\nc@example.com,Jürgen\n".encode() + b"d@example.com,Zo\xeb\n", encoding="cp1252"
    )
    assert Client(headers=cast.bob.bearer).get(said).json()["created"] == 2
    answer = client.post(f"{address}/start?encoding=ebcdic")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["encoding"])
    assert client.post(f"{address}/start?encoding=cp1252").json()["state"] == "received"
    work(cast.alice.tenant, address.rpartition("/")[2])
    told = client.get(address).json()
    assert (told["state"], told["encoding"], told["created"], told["readings"]) == ("done", "cp1252", 2, [])
    assert told["notes"][0].startswith("Some lines of the file are UTF-8")
