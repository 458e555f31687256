"""What a call holds beside its record: told by name, never by value; and misspelt options, which write nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.visitor import visitor
from tests.edge.crm import FORM, JSON, LINES, Crm, heard
from tests.evidence.test_request_pages import text
from tests.ingest.serving import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cast import Cast
    from tests.ingest.serving import Server

AND, TWICE, AMP = "Was an & in a value sent without %26?", "Was the address encoded twice?", "Was &amp; sent for an &?"
BRACKET, SPELT = "Does a heading lack its closing ]?", "Was record[…] or configuration spelt differently?"
#: What stands behind a good record -> the names that are told, and the advice.
LEFTOVERS: dict[str, tuple[list[str], str]] = {
    "record[Nick]=AT&T": (["T"], AND),
    "record[Nick]=R&D=x&B%26B": (["D", "B&B"], AND),
    "&&x=%26%26&": (["x"], AND),
    "First Name=Ada": (["First Name"], AND),
    "&amp;record[First Name]=Ada": (["amp;record[First Name]"], AMP),
    "record%255BFirst%2520Name%255D=Ada": (["record%5BFirst%20Name%5D"], TWICE),
    "record[First Name=Ada": (["record[First Name"], BRACKET),
    "Record[First Name]=Ada": (["Record[First Name]"], SPELT),
    "records[First Name]=Ada&records[0][a]=b": (["records[First Name]", "records[0][a]"], SPELT),
    "Configuration=account": (["Configuration"], SPELT),
    "access_token=secret&x[]=1&x[a][b]=2": (["access_token", "x[]", "x[a][b]"], AND),
    "%00a=1&%F0%9F%99%82=2": (["\ufffda", "🙂"], AND),
    "x" * 10_000 + "=1": (["x" * 100], AND),
    "&".join(f"p{number}=" for number in range(300)): ([f"p{number}" for number in range(20)], AND),
    "same=1&same=2": (["same"], AND),
}
ADA = "record[Email]=ada@x.example"


@pytest.fixture
def crm(service: Server, cast: Cast) -> Iterator[Crm]:
    """Alice's program."""
    with Crm(service, cast.alice) as program:
        yield program


@pytest.fixture(scope="module")
def shared(service: Server) -> Iterator[Crm]:
    """For what is told in the answer alone."""
    from tests.cast import Cast  # noqa: PLC0415

    with Crm(service, Cast().alice) as program:
        yield program


def put(crm: Crm, rest: str, kind: str = "query", record: str = ADA) -> Any:
    sent = f"configuration=crm&{record}&{rest}"
    if kind == "form":
        return crm.call("PUT", "/records", sent.replace(" ", "+"), FORM)
    return crm.call("PUT", "/records?" + sent.replace(" ", "%20"))


@pytest.mark.parametrize("kind", ["query", "form"])
@pytest.mark.parametrize(("rest", "names"), [(rest, names) for rest, (names, _) in LEFTOVERS.items()])
def test_names_stand_in_the_receipt_and_the_record_is_taken(
    shared: Crm, kind: str, rest: str, names: list[str]
) -> None:
    told = heard(put(shared, rest, kind))
    assert (told.errors, told.parameters) == ({}, names)
    assert heard(put(shared, rest, kind, "record[email]=a@x.example")).parameters == names, "in a 422 as well"
    assert put(shared, "x").headers["preference-applied"] == "return=representation"


def test_without_prefer_the_answer_stays_what_it_is(shared: Crm) -> None:
    answer = put(shared, "x=1")
    assert answer.json()["parameters"] == ["x"]
    assert shared.http.put("/records?configuration=crm&" + ADA + "&x=1").content == b""
    refused = shared.http.put("/records?configuration=crm&record[email]=a&x=1").json()
    assert list(refused) == ["message", "errors"]


def test_a_422_says_what_is_not_mapped(shared: Crm) -> None:
    answer = put(shared, "", record="record[email]=a@x").json()
    assert (answer["ignored"], answer["warnings"]) == (["email"], [])
    assert "parameters" not in answer
    assert answer["record"]


def test_json_has_leftovers_too(shared: Crm) -> None:
    body = {"configuration": "crm", "record": {"Email": "ada@x.example"}, "Email": "x", "\ud800\0": [1], "meta": {}}
    answer = shared.call("PUT", "/records?also=1", json.dumps(body), JSON)
    assert heard(answer).parameters == ["also", "Email", "?\ufffd", "meta"]


@pytest.mark.parametrize(("rest", "told"), LEFTOVERS.items())
def test_the_history_and_the_requests_page_tell_them(
    crm: Crm, cast: Cast, rest: str, told: tuple[list[str], str]
) -> None:
    put(crm, rest)
    put(crm, rest, record="record[email]=a@x.example")
    rows = until(lambda: len(found := crm.read("requests")) == 2 and found, "both are in the history")
    assert [row["parameters"] for row in rows] == [told[0]] * 2
    assert "secret" not in json.dumps([row["parameters"] for row in rows])
    for row in rows:
        page = visitor(cast.alice).get(f"/s/{cast.alice.tenant.slug}/data/requests/{row['id']}")
        assert page.status_code == 200
        assert told[1].replace("&", "&amp;") in text(page)


RECORD = '{"configuration": "crm", "record": {"Email": "json@x.example"}}'
ACTIVITY = '{"account": "A", "type": "x", "source": "x", "happened_at": "2026-01-31"}'
#: Misspelt options -> what was meant.
MISSPELT = {
    "dryRun": "dry_run", "dry-run": "dry_run", "dryrun": "dry_run", "DRY_RUN": "dry_run", "dry_run[]": "dry_run",
    "Dry-Run": "dry_run", "_dry_run_": "dry_run", "Atomic": "atomic", "atomic[x]": "atomic", " dry_run": "dry_run",
}  # fmt: skip


@pytest.mark.parametrize("name", MISSPELT)
@pytest.mark.parametrize("value", ["", "=true", "=false"])
def test_a_misspelt_option_writes_nothing(shared: Crm, name: str, value: str) -> None:
    sentence = {name: f"{name} is not an option; did you mean {MISSPELT[name]}?"}
    rest = name.replace(" ", "%20") + value
    record = "record[Email]=nobody@x.example"
    for answer in (
        put(shared, rest, record=record),
        put(shared, rest, "form", record=record),
        shared.call("PUT", "/records", RECORD.replace("json@", "nobody@").replace("{", f'{{"{name}": 1, ', 1), JSON),
        shared.call("PUT", f"/activities?{rest}", ACTIVITY, JSON),
    ):
        assert answer.status_code == 422
        assert heard(answer).errors == sentence
    batch = shared.call("POST", f"/records/batch?configuration=crm&{rest}", '[{"Email": "nobody@x.example"}]', JSON)
    assert (batch.status_code, heard(batch).errors[name]) == (422, sentence[name])
    assert shared.read(email="nobody@x.example") == shared.read("accounts", name="A") == []


@pytest.mark.parametrize("option", ["dry_run", "dry_run=", "dry_run=1", "dry_run=TRUE", "dry_run=+true"])
def test_an_option_without_a_value_is_true(crm: Crm, option: str) -> None:
    assert put(crm, option).json()["objects"][0]["id"] is None
    assert put(crm, option, "form").json()["objects"][0]["id"] is None
    body = '[{"Email": "ada@x.example"}]'
    assert crm.call("POST", f"/records/batch?configuration=crm&{option}", body, JSON).json()["request"] is None
    assert crm.read() == []
    assert heard(put(crm, "dry_run=yes")).errors == {"dry_run": "The dry_run field must be true or false."}


@pytest.mark.parametrize("rest", ["x=1", "record[Email]=a@b", "record=x", "Configuration=crm"])
def test_a_batch_refuses_what_it_does_not_know(shared: Crm, rest: str) -> None:
    answer = shared.call("POST", f"/records/batch?configuration=crm&{rest}", "[{}]", JSON)
    name = "record" if rest.startswith("record") else rest.partition("=")[0]
    known = "known are configuration, atomic, dry_run."
    assert heard(answer).errors[name] == f"The parameter {name} is unknown; {known}"


def test_a_webhook_has_headings_only(shared: Crm) -> None:
    answer = shared.call("PUT", "/hooks/crm?Email=hook@x.example&Nick=AT&T&dryRun=true&record%5BNick%5D=x")
    told = heard(answer)
    assert (told.ignored, told.parameters) == (["T", "dryRun", "record[Nick]"], [])
    assert shared.read(email="hook@x.example")[0]["attributes"] == {"nick": "AT"}


def test_an_activity_tells_them(shared: Crm) -> None:
    body = '{"account": "A&B", "type": "x", "source": "x", "happened_at": "2026-01-31", "Type": "y", "record": {}}'
    told = heard(shared.call("PUT", "/activities?T&record[x]=y&configuration=z", body, JSON))
    assert (told.parameters, told.ignored) == (["T"], ["Type", "record"])


LOOKS_LIKE_JSON = {"message": "The body looks like JSON: send it with Content-Type: application/json."}


SHAPES = (RECORD, '{"Email": "x", "Nick": "a&b=c"}', '[{"Email": "json@x.example"}]', "\ufeff{}", '%7B"Email":"x"}')
FORMS = (
    "/records",
    "/records?configuration=crm",
    f"/records?configuration=crm&{ADA}",
    "/hooks/crm",
    "/hooks/crm?Email=a@b",
)


@pytest.mark.parametrize("body", SHAPES)
@pytest.mark.parametrize("path", FORMS)
def test_json_as_a_form_is_no_heading(crm: Crm, path: str, body: str) -> None:
    answer = crm.call("PUT", path, body, FORM)
    assert (answer.status_code, answer.json()) == (400, LOOKS_LIKE_JSON)
    # Whatever is counted is counted in order: the heading that is sent last has come, and no other.
    crm.call("PUT", "/hooks/crm?Email=a@x.example&Last=1")
    heard_of = until(lambda: crm.read("unmapped"), "headings are counted")
    assert [row["heading"] for row in heard_of] == ["Last"]
    assert crm.read(email="json@x.example") == []


NO_ARRAY = "The batch must be a JSON array of records, with nothing around it, even for a single one."
NO_RECORDS = "The batch must hold between 1 and 10000 records."


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ('{"Email": "b@x.example"}', JSON, NO_ARRAY),
        ('{"records": [{"Email": "b@x.example"}]}', JSON, NO_ARRAY),
        ('"x"', JSON, NO_ARRAY),
        ("[]", JSON, NO_RECORDS),
        ("\n\n", LINES, NO_RECORDS),
    ],
)
def test_what_is_no_batch_is_told_how_it_is_one(shared: Crm, body: str, kind: str, told: str) -> None:
    answer = shared.call("POST", "/records/batch?configuration=crm", body, kind)
    assert (answer.status_code, heard(answer).errors) == (422, {"records": told})


OBJECT, ARRAY, REQUIRED = (
    "The record must be an object of headings and values.",
    "The record must be an array.",
    "The record field is required.",
)


@pytest.mark.parametrize(
    ("record", "told"),
    [
        *((text, OBJECT) for text in ('[{"Email": "a@b"}]', '["a"]', '"{}"', '"x"', "1", "true")),
        *((text, REQUIRED) for text in ("[]", "{}", "null", '""')),
    ],
)
def test_a_record_that_is_none(shared: Crm, record: str, told: str) -> None:
    answer = shared.call("PUT", "/records", f'{{"configuration": "crm", "record": {record}}}', JSON)
    assert (answer.status_code, heard(answer).errors) == (422, {"record": told})


@pytest.mark.parametrize(
    ("sent", "errors", "ignored"),
    [
        ("record=x", {"record": ARRAY}, []),
        ('record=%7B"Email":"a@b"}', {"record": OBJECT}, []),
        ("record", {"record": REQUIRED}, []),
        ("record[]=x&record[]=y&record[Email]=ada@x.example", {}, ["0", "1"]),
        ("record[Email][a]=x", {"Email": "The Email must be a string."}, []),
        ("record[Email][]=x&record[Phone]=12345", {"Email": "The Email must be a string."}, []),
        ("record[a][b]=x&record[Email]=ada@x.example", {}, ["a"]),
        ("record[Email]=x&record[Email]=ada@x.example", {}, []),
    ],
)
@pytest.mark.parametrize("kind", ["query", "form"])
def test_the_grammar_of_an_address(
    shared: Crm, kind: str, sent: str, errors: dict[str, str], ignored: list[str]
) -> None:
    told = heard(put(shared, "", kind, record=sent))
    assert (told.errors, told.ignored) == (errors, ignored)


MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("/records", RECORD, JSON),
        ("/records", "configuration=crm&" + ADA, FORM),
        ("/records/batch?configuration=crm", '{"Email": "a@x.example"}\n{"Email": "b@x.example"}', LINES),
        ("/records/batch?configuration=crm", '[{"Email": "a@x.example"}, {"Email": "b@x.example"}]', JSON),
        ("/hooks/crm", '{"Email": "a@x.example"}', JSON),
        ("/hooks/crm", "Email=a@x.example", FORM),
        ("/activities", ACTIVITY, JSON),
    ],
)
def test_a_byte_order_mark_is_skipped(crm: Crm, path: str, body: str, kind: str) -> None:
    answer = crm.call("POST", path, MARK + body.encode(), kind)
    told = answer.json()
    assert answer.status_code in (200, 201), told
    assert {each["outcome"] for each in told.get("results", [told])} == {"created"}
