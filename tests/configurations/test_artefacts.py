"""What callers get for one configuration, fetched from a real service and used as they would."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2
import jsonschema_rs
import pytest
from django.conf import settings

from rapport.configurations import proposal
from rapport.configurations.artefacts import curl, openapi, postman, samples, schema, sheet
from rapport.configurations.artefacts.outline import Outline
from rapport.configurations.defaults import NAMES
from rapport.configurations.models import Configuration
from rapport.console.api.openapi import generate
from rapport.records.catalogue import PLAIN, TYPES, Catalogue, custom_field
from rapport.records.cells import unguarded
from rapport.records.mapping import FIELDS_LIMIT, Mapping
from rapport.records.types import ALL
from rapport.records.wire import read_form

if TYPE_CHECKING:
    from rapport.client import Client
    from rapport.testing import Server
    from tests.configurations.conftest import Call

HOSTS = {"auth": "https://auth.eu.example.com", "records": "https://imports.example.com", "api": "https://api.x"}
ARTEFACTS = {
    "curl": "text/plain; charset=utf-8",
    "openapi.json": "application/json",
    "postman.json": "application/json",
    "sample.csv": "text/csv; charset=utf-8",
    "schema.json": "application/json",
}
#: Headings that have to be quoted or encoded somewhere on their way.
ODD = ("Größe & Co", "it's", "a=b", "[x", "100%", 'say "hi"', "$(id)", "a+b, c;d", "@file", "{name}", "\\")
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def http(rapport_server: Server) -> Iterator[httpx2.Client]:
    """Somebody with every scope."""
    form = {"grant_type": "client_credentials", "client_id": rapport_server.client_id}
    form["client_secret"] = rapport_server.client_secret
    token = httpx2.post(f"{rapport_server.url}/oauth2/token", data=form).json()["access_token"]
    with httpx2.Client(base_url=rapport_server.url, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.fixture
def fetch(http: httpx2.Client) -> Callable[[str, str], httpx2.Response]:
    """Fetches an artefact of a configuration."""

    def fetched(reference: str, artefact: str) -> httpx2.Response:
        answer = http.get(f"/api/configurations/{reference}/{artefact}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, ARTEFACTS[artefact]), answer.text
        return answer

    return fetched


@pytest.fixture
def client(rapport_server: Server) -> Client:
    return rapport_server.client


def made(http: httpx2.Client, what: str, **given: Any) -> dict[str, Any]:
    answer = http.post(f"/api/{what}", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def rich(http: httpx2.Client) -> str:
    """A configuration with a custom field of each type, a touchpoint, and headings that are hard to write."""
    number = next(_numbers)
    made(http, "touchpoints", name=f"Delivery {number}")
    mapping = [{"heading": "E-Mail", "field": "email"}, {"heading": "Anlass", "field": "touchpoint"}]
    for type, heading in itertools.zip_longest(TYPES, ODD, fillvalue="text"):
        choices = {"choices": ["it's $HOME", "Klein & fein"]} if type == "choice" else {}
        name = f"f{number}_{len(mapping)}"
        field = made(http, "fields", object="contact", name=name, label=name, type=type, **choices)
        mapping.append({"heading": heading, "field": field["field"]})
    content = {"name": f"Rich {number}", "kind": "api", "data_type": "multi-object", "mapping": mapping}
    return made(http, "configurations", **content)["reference"]


def run(script: str, server: Server) -> dict[str, Any]:
    """What the last line of a shell script's output is."""
    environment = os.environ | {"CLIENT_ID": server.client_id, "CLIENT_SECRET": server.client_secret}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("HTTP/1.1 200"), done.stdout
    return json.loads(done.stdout.splitlines()[-1])


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    cells = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    headings, *records = ([unguarded(cell) for cell in row] for row in cells)
    return [dict(zip(headings, record, strict=True)) for record in records]


# Every default configuration, and one that is hard.


@pytest.mark.parametrize("reference", NAMES)
def test_samples_of_a_default_configuration_are_taken_by_the_service(
    rapport_server: Server, client: Client, fetch: Callable[[str, str], httpx2.Response], reference: str
) -> None:
    described = fetch(reference, "schema.json").json()
    validator = jsonschema_rs.validator_for(described)
    for sample in described["examples"]:
        validator.validate(sample)
        assert client.put(reference, sample).ignored == ()
    for row in rows(fetch(reference, "sample.csv").text):
        validator.validate(row)
        assert client.put(reference, row).ignored == ()
    assert run(fetch(reference, "curl").text, rapport_server)["ignored"] == []


def test_odd_headings_and_every_type_come_through_every_door(
    rapport_server: Server, client: Client, fetch: Callable[[str, str], httpx2.Response], rich: str
) -> None:
    described = fetch(rich, "schema.json").json()
    headings = set(described["properties"])
    validator = jsonschema_rs.validator_for(described)
    found = rows(fetch(rich, "sample.csv").text)
    for sample in [*described["examples"], *found]:
        validator.validate(sample)
        assert set(sample) == headings
        assert client.put(rich, sample).ignored == ()
    receipt = run(fetch(rich, "curl").text, rapport_server)
    assert receipt["ignored"] == []
    body = fetch(rich, "postman.json").json()["item"][1]["request"]["body"]["urlencoded"]
    assert {each["key"] for each in body} == {"configuration", *(f"record[{heading}]" for heading in headings)}


@pytest.mark.parametrize("reference", NAMES)
def test_samples_of_a_data_type_are_right_by_the_engine(reference: str) -> None:
    kind = ALL[reference]
    for number in range(2):
        values = {field.label: found[number] for field in kind.fields if (found := samples.samples(field))}
        mapping = [{"heading": field.label, "field": field.name} for field in kind.fields]
        assert Mapping(reference, mapping).prepare(values).errors == {}
        assert {field.label for field in kind.fields} - set(values) <= {"Touchpoint", "Contact"}


@pytest.mark.parametrize("type", TYPES)
def test_there_are_samples_for_every_type_of_a_custom_field(type: str) -> None:
    field = custom_field("contact", "x", "X", type, ["only"])
    configuration = plain([("E-Mail", "email"), ("X", field.path)])
    catalogue = Catalogue([field])
    for record in Outline.of(configuration, catalogue).records():
        assert record["X"]
        assert Mapping("contact", configuration.mapping, catalogue).prepare(record).errors == {}


# Outlines made here.


def plain(pairs: list[tuple[str, str]], data_type: str = "contact", **options: Any) -> Configuration:
    mapping = [{"heading": heading, "field": field} for heading, field in pairs]
    return Configuration(reference="r", name="R", kind="api", data_type=data_type, mapping=mapping, options=options)


def test_a_sample_has_no_more_fields_than_a_record_may() -> None:
    fields = [custom_field("contact", f"f{number}", "X", "text", None) for number in range(150)]
    configuration = plain([*((f"F{number}", field.path) for number, field in enumerate(fields)), ("E-Mail", "email")])
    outline = Outline.of(configuration, Catalogue(fields))
    for record in outline.records():
        assert len(record) == FIELDS_LIMIT
        assert "E-Mail" in record
    assert len(next(csv.reader(io.StringIO(sheet.text(outline))))) == 151


def test_a_touchpoint_is_left_out_where_there_is_none() -> None:
    configuration = plain([("E-Mail", "email"), ("Anlass", "touchpoint")], "survey")
    assert "Anlass" not in Outline.of(configuration, PLAIN).records()[0]
    assert Outline.of(configuration, Catalogue(touchpoints=["Sales"])).records()[1]["Anlass"] == "Sales"


#: A record that is right, and what makes it wrong or leaves it right.
RIGHT = {"E-Mail": "a@b", "NPS": 9, "Sent": "2026-01-31 14:30", "Answered": "2026-01-31T14:30:00Z"}


@pytest.mark.parametrize(
    ("different", "right"),
    [
        ({}, True),
        ({"E-Mail": None, "Tel": "+44 20 7946"}, True),
        ({"E-Mail": None}, False),
        ({"E-Mail": ""}, False),
        ({"E-Mail": "a b"}, False),
        ({"NPS": "0"}, True),
        ({"NPS": 11}, False),
        ({"NPS": "nine"}, False),
        ({"Sent": "yesterday"}, False),
        ({"Answered": None}, False),
        ({"Job": None}, True),
        ({"Job": "x" * 129}, False),
        ({"Job": []}, False),
        ({"More": "Q"}, False),
        ({"Unknown": 1}, True),
    ],
    ids=str,
)
def test_the_schema_takes_what_the_engine_takes(different: dict[str, Any], right: bool) -> None:
    pairs = [("E-Mail", "email"), ("Tel", "phone"), ("NPS", "nps_score"), ("Sent", "sent_date")]
    pairs += [("Answered", "response_date"), ("Job", "job_title"), ("More", "follow_up_request")]
    configuration, record = plain(pairs, "external-response"), RIGHT | different
    texts = {name: str(value) if isinstance(value, int) else value for name, value in record.items()}
    assert (Mapping("external-response", configuration.mapping).prepare(texts).errors == {}) == right
    assert jsonschema_rs.is_valid(schema.document(Outline.of(configuration, PLAIN)), record) == right


def test_what_a_default_fills_need_not_be_sent() -> None:
    configuration = plain([("E-Mail", "email"), ("Firma", "account_name")], "multi-object", account_required=True)
    needs_both = schema.record(Outline.of(configuration, PLAIN))
    assert not jsonschema_rs.is_valid(needs_both, {"E-Mail": "a@b"})
    configuration.mapping[1]["default"] = "Navy"
    filled = schema.record(Outline.of(configuration, PLAIN))
    assert jsonschema_rs.is_valid(filled, {"E-Mail": "a@b"})
    assert filled["properties"]["Firma"]["default"] == "Navy"


def test_a_file_has_its_own_delimiter() -> None:
    text = sheet.text(Outline.of(plain([("E-Mail", "email"), ("Name", "last_name")], delimiter=";"), PLAIN))
    assert text == "E-Mail;Name\r\nada@example.com;Lovelace\r\ngrace@example.com;Hopper\r\n"


def test_the_openapi_document_is_about_one_configuration_only() -> None:
    outline = Outline.of(plain([("E-Mail", "email")]), PLAIN)
    found = openapi.document(outline, generate(HOSTS))
    assert set(found["paths"]) == set(openapi.PATHS)
    text = json.dumps(found)
    for part in text.split('"$ref": "#/')[1:]:
        target: Any = found
        for step in part.split('"', 1)[0].split("/"):
            target = target[step]
    assert found["components"]["schemas"]["Record"] == schema.record(outline)
    assert "Contacts" not in found["components"]["schemas"]
    assert text.count('{"const": "r"}') == 7, "each parameter and each body names it"
    assert found["paths"]["/records"]["servers"] == [{"url": "https://imports.example.com"}]
    assert "Account Manager" not in text


def test_a_collection_has_region_and_credentials_as_variables() -> None:
    hosts = {"auth": "https://auth.{{region}}.example.com", "records": "https://imports.api.{{region}}.example.com"}
    found = postman.of_configuration(Outline.of(plain([("E-Mail", "email")]), PLAIN), hosts, "us")
    variables = {each["key"]: each["value"] for each in found["variable"]}
    assert (variables["region"], variables["client_id"], variables["client_secret"]) == ("us", "", "")
    assert variables["auth_url"] == "https://auth.{{region}}.example.com"
    assert found["info"]["schema"] == postman.FORMAT
    assert all(item["request"]["url"].startswith("{{records_url}}/records") for item in found["item"])


def test_a_heading_cannot_be_a_variable_that_gives_the_secret_away() -> None:
    heading, choice = "{{client_secret}}", "{{{access_token}}}"
    configuration = plain([("E-Mail", "email"), (heading, "contact.x"), ("More", "contact.y")])
    fields = [custom_field("contact", "x", "X", "text", None), custom_field("contact", "y", "Y", "choice", [choice])]
    outline = Outline.of(configuration, Catalogue(fields))
    rehearse, send, batch = postman.of_configuration(outline, HOSTS, "us")["item"]
    for item in (rehearse, send, batch):
        assert "{{" not in item["request"]["body"]["raw"]
    assert {"key": "Content-Type", "value": "application/x-www-form-urlencoded"} in send["request"]["header"]
    sent = read_form(send["request"]["body"]["raw"].encode())
    assert (sent.configuration, sent.record) == ("r", outline.records()[0])
    assert json.loads(batch["request"]["body"]["raw"]) == list(outline.records())
    assert outline.records()[0][heading]
    assert outline.records()[0]["More"] == choice


def test_a_heading_is_no_formula() -> None:
    outline = Outline.of(plain([("=cmd|' /C calc'!A0", "email"), ("+44 20 7946", "phone")]), PLAIN)
    text = sheet.text(outline)
    assert text.splitlines()[0] == "'=cmd|' /C calc'!A0,+44 20 7946"
    assert list(proposal.read(text)) == ["=cmd|' /C calc'!A0", "+44 20 7946"]


def test_a_script_names_the_hosts_of_the_service() -> None:
    text = curl.text(Outline.of(plain([("E-Mail", "email")]), PLAIN), HOSTS)
    assert "curl -s https://auth.eu.example.com/oauth2/token " in text
    assert "curl -i -X PUT https://imports.example.com/records " in text


# The views.


def test_a_configuration_for_files_has_no_calls(call: Call) -> None:
    mapping = [{"heading": "E-Mail", "field": "email"}]
    file = {"name": "Nightly", "kind": "file", "data_type": "contact", "reference": "nightly", "mapping": mapping}
    assert call("POST", "configurations", {**file, "options": {"delimiter": ";"}}).status_code == 201
    for artefact in ("curl", "openapi.json", "postman.json"):
        answer = call("GET", f"configurations/nightly/{artefact}")
        assert (answer.status_code, answer.json()) == (
            409,
            {"message": "This configuration takes files; there is no call to show."},
        )
    answer = call("GET", "configurations/nightly/sample.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="nightly.csv"'
    assert call("GET", "configurations/nightly/schema.json").status_code == 200


@pytest.mark.parametrize("artefact", ARTEFACTS)
def test_nobody_gets_what_another_tenant_has(call: Call, artefact: str) -> None:
    call("POST", "configurations/contact/copy", {"reference": "ours", "name": "Ours"})
    assert call("GET", f"configurations/ours/{artefact}").status_code == 200
    assert call("GET", f"configurations/ours/{artefact}", who="charlie").status_code == 404


def test_collections_name_the_region_where_there_is_a_domain(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "RAPPORT", replace(settings.RAPPORT, domain="example.com", region="us"))
    found = call("GET", "configurations/contact/postman.json", headers={"Host": "api.us.example.com"}).json()
    variables = {each["key"]: each["value"] for each in found["variable"]}
    assert variables["records_url"] == "https://imports.api.{{region}}.example.com"
    assert variables["region"] == "us"
    script = call("GET", "configurations/contact/curl", headers={"Host": "api.us.example.com"}).content.decode()
    assert "https://auth.us.example.com/oauth2/token" in script


def test_schemas_list_every_heading_and_examples_have_the_first() -> None:
    mapping = [
        {"heading": "Email", "field": "email"},
        {"heading": "First Name", "field": "first_name", "default": "N.N."},
        {"heading": "E-Mail", "field": "email"},
        {"heading": "Vorname", "field": "first_name"},
    ]
    row = Configuration(reference="own", name="Own", kind="api", data_type="contact", mapping=mapping, options={})
    outline = Outline.of(row, PLAIN)
    told = schema.document(outline)
    assert list(told["properties"]) == ["Email", "E-Mail", "First Name", "Vorname"]
    assert "default" not in told["properties"]["Vorname"]
    known = jsonschema_rs.validator_for(told)
    assert known.is_valid({"E-Mail": "ada@example.com", "Vorname": "Ada"})
    assert not known.is_valid({"Vorname": "Ada"})
    assert list(outline.records()[0]) == ["Email", "First Name"]
    assert sheet.text(outline).splitlines()[0] == "Email,First Name"
