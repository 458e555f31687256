"""`POST /records/batch`: many records, one transaction, a result for each in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ingest.conftest import Caller, Look

LINES = "application/x-ndjson"
INVALID = {"record.Email": ["The Email must be a valid email address."]}


def outcomes(answer: Any) -> list[str]:
    return [result["outcome"] for result in answer.json()["results"]]


def test_each_record_has_its_result(alice: Caller, look: Look) -> None:
    alice.record({"Email": "old@b", "First Name": "Old"})
    records = [
        {"Email": "new@b", "Account Name": "Acme"},
        {"Email": "ada"},
        {"Email": "old@b", "First Name": "Older", "x": "y", "z": 1},
        {"Email": "old@b"},
        {"Email": "bob@b", "Phone": "12345"},
        {"Email": "eve@b", "Phone": "12345"},
    ]
    answer = alice.batch(records)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    id = {row["email"]: row["id"] for row in look(alice.person, "select email, id::text from contacts")}
    [_, first, *_] = look(alice.person, "select id::text from requests order by id")
    assert answer.json() == {
        "request": first["id"],
        "received": 6,
        "created": 3,
        "updated": 1,
        "unchanged": 1,
        "rejected": 1,
        "results": [
            {"index": 0, "outcome": "created", "id": id["new@b"]},
            {"index": 1, "outcome": "rejected", "errors": INVALID},
            {"index": 2, "outcome": "updated", "id": id["old@b"], "ignored": ["x", "z"]},
            {"index": 3, "outcome": "unchanged", "id": id["old@b"]},
            {"index": 4, "outcome": "created", "id": id["bob@b"]},
            {"index": 5, "outcome": "created", "id": id["eve@b"], "warnings": ["phone_shared"]},
        ],
    }


def test_the_same_key_twice_is_folded_in_order(alice: Caller, look: Look) -> None:
    records = [
        {"Phone": "12345", "First Name": "A"},
        {"Email": "ada@b", "Phone": "12345", "Account Name": "Acme"},
        {"Email": "ADA@b", "First Name": "Ada", "Account Name": "ACME"},
        {"Email": "ada@b", "Account Name": "Bolt"},
        {"Email": "bob@b", "Phone": "1 2345", "Account Name": "bolt"},
        {"Email": "ada@b", "Account Name": "Bolt"},
    ]
    answer = alice.batch(records)
    assert outcomes(answer) == ["created", "updated", "updated", "updated", "created", "unchanged"]
    contacts = look(
        alice.person,
        "select c.email, c.phone, c.first_name, a.name, c.version from contacts c"
        " left join accounts a on a.tenant_id = c.tenant_id and a.id = c.account_id order by c.id",
    )
    assert [tuple(row.values()) for row in contacts] == [
        ("ada@b", "12345", "Ada", "Bolt", 4),
        ("bob@b", "1 2345", None, "Bolt", 1),
    ]
    versions = look(alice.person, "select version, kind from changes where object_type = 'contact' order by seq")
    assert [tuple(row.values()) for row in versions] == [
        (1, "created"), (2, "updated"), (3, "updated"), (4, "updated"), (1, "created"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", '[{"Email": "a@b"}, {"Email": "b@b"}]'),
        ("Application/JSON; charset=utf-8", ' [{"Email": "a@b"},\n{"Email": "b@b"}]\n'),
        (LINES, '{"Email": "a@b"}\n{"Email": "b@b"}'),
        (LINES + "; charset=utf-8", '\n{"Email": "a@b"}\r\n\r\n{"Email": "b@b"}\r\n\n'),
        ("application/ndjson", '{"Email": "a@b"}\n{"Email": "b@b"}\n'),
        ("application/jsonl", '{"Email": "a@b"}\n{"Email": "b@b"}\n'),
        ("application/x-jsonlines", '{"Email": "a@b"}\n{"Email": "b@b"}\n'),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_json_or_ndjson(alice: Caller, media_type: str, body: str, slash: str) -> None:
    headers = {"Content-Type": media_type}
    answer = alice.post(f"/records/batch{slash}?configuration=contact", content=body.encode(), headers=headers)
    assert answer.status_code == 200
    assert outcomes(answer) == ["created", "created"]


@pytest.mark.parametrize(
    ("media_type", "body", "status", "told"),
    [
        ("application/json", b"[{", 400, "The body must be valid JSON: "),
        ("application/json", b'[{"Email": "\xff"}]', 400, "The body must be UTF-8."),
        ("application/json", b"[" * 100_000, 400, "The JSON must not be nested more than 100 levels deep."),
        ("application/x-www-form-urlencoded", b"record[Email]=a@b", 415, "The body must be application/json or "),
        ("multipart/form-data; boundary=x", b"--x--", 415, "The body must be application/json or "),
        (None, b"[]", 415, "The body must be application/json or "),
    ],
)
def test_a_body_that_cannot_be_read(alice: Caller, media_type: str | None, body: bytes, status: int, told: str) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = alice.post("/records/batch?configuration=contact", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(told)


@pytest.mark.parametrize("body", ['{"Email": "a@b"}', '"x"', "7", "null", "true", '{"record": []}'])
def test_what_is_no_list_is_no_batch(alice: Caller, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = alice.post("/records/batch?configuration=nothing", content=body.encode(), headers=headers)
    assert answer.status_code == 422
    assert answer.json() == {
        "message": "The given data was invalid.",
        "errors": {
            "configuration": ["The selected configuration is invalid."],
            "records": ["The batch must be a JSON array of records, with nothing around it, even for a single one."],
        },
    }


def test_what_is_no_record_is_rejected_alone(alice: Caller) -> None:
    no_object = {"record": ["Each record must be an object of headings and values."]}
    required = {"record": ["The record field is required."]}
    answer = alice.batch([{"Email": "a@b"}, "x", 7, None, [], [{"Email": "a@b"}], {}, {"Email": "b@b"}])
    assert outcomes(answer) == ["created", *["rejected"] * 6, "created"]
    assert [result["errors"] for result in answer.json()["results"][1:7]] == [no_object] * 5 + [required]


def test_a_bad_line_is_rejected_alone(alice: Caller) -> None:
    lines = [
        b'{"Email": "a@b"}',
        b"{",
        b'{"Email": "\xff@b"}',
        b'{"a": NaN}',
        b"[" * 50_000,
        b"[]",
        b'{"Email": "b@b"}',
    ]
    answer = alice.post(
        "/records/batch?configuration=contact", content=b"\n".join(lines), headers={"Content-Type": LINES}
    )
    assert outcomes(answer) == ["created", *["rejected"] * 5, "created"]
    errors = [result["errors"]["record"][0] for result in answer.json()["results"][1:6]]
    assert errors == ["The line must be a valid JSON object."] * 4 + [
        "Each record must be an object of headings and values."
    ]


@pytest.mark.parametrize(
    ("params", "errors"),
    [
        ({"configuration": ""}, {"configuration": ["The configuration field is required."]}),
        ({"configuration": "nothing"}, {"configuration": ["The selected configuration is invalid."]}),
        ({"atomic": "x"}, {"atomic": ["The atomic field must be true or false."]}),
        (
            {"dry_run": "x", "atomic": "y"},
            {
                "dry_run": ["The dry_run field must be true or false."],
                "atomic": ["The atomic field must be true or false."],
            },
        ),
    ],
)
def test_422_of_the_whole(alice: Caller, look: Look, params: dict[str, str], errors: dict[str, list[str]]) -> None:
    answer = alice.batch([{"Email": "a@b"}], params=params)
    assert answer.status_code == 422
    assert answer.json() == {"message": "The given data was invalid.", "errors": errors}
    assert look(alice.person, "select from contacts") == []


class TestAtomic:
    RECORDS = ({"Email": "a@b", "x": "y"}, {"Email": "ada"}, {"Email": "old@b", "First Name": "New"})

    def test_a_rejection_writes_nothing(self, alice: Caller, look: Look) -> None:
        alice.record({"Email": "old@b"})
        answer = alice.batch(self.RECORDS, params={"atomic": "true"})
        assert answer.status_code == 422
        [first] = look(alice.person, "select id::text from requests where outcome = 'not_written' and position = 0")
        assert answer.json() == {
            "request": first["id"],
            "received": 3,
            "created": 0,
            "updated": 0,
            "unchanged": 0,
            "rejected": 1,
            "results": [
                {"index": 0, "outcome": "not_written", "ignored": ["x"]},
                {"index": 1, "outcome": "rejected", "errors": INVALID},
                {"index": 2, "outcome": "not_written"},
            ],
        }
        assert look(alice.person, "select email, version from contacts") == [{"email": "old@b", "version": 1}]
        assert len(look(alice.person, "select from changes")) == 1

    def test_without_a_rejection_all_is_written(self, alice: Caller, look: Look) -> None:
        answer = alice.batch(self.RECORDS[::2], params={"atomic": "1"})
        assert (answer.status_code, outcomes(answer)) == (200, ["created", "created"])
        assert len(look(alice.person, "select from contacts")) == 2

    def test_not_asked_for_good_records_are_kept(self, alice: Caller, look: Look) -> None:
        answer = alice.batch(self.RECORDS, params={"atomic": "false"})
        assert (answer.status_code, outcomes(answer)) == (200, ["created", "rejected", "created"])
        assert len(look(alice.person, "select from contacts")) == 2


class TestDryRun:
    def test_it_writes_nothing_and_names_no_new_id(self, alice: Caller, look: Look) -> None:
        id = alice.record({"Email": "old@b"}).json()["objects"][0]["id"]
        records = [
            {"Email": "a@b"},
            {"Email": "a@b", "First Name": "Ada"},
            {"Email": "a@b", "First Name": "Ada"},
            {"Email": "ada"},
            {"Email": "old@b", "First Name": "Old"},
        ]
        answer = alice.batch(records, params={"dry_run": "true"})
        assert answer.json()["results"] == [
            {"index": 0, "outcome": "created"},
            {"index": 1, "outcome": "updated"},
            {"index": 2, "outcome": "unchanged"},
            {"index": 3, "outcome": "rejected", "errors": INVALID},
            {"index": 4, "outcome": "updated", "id": id},
        ]
        assert look(alice.person, "select email, first_name from contacts") == [{"email": "old@b", "first_name": None}]
        assert len(look(alice.person, "select from requests")) == 1

    def test_with_atomic_it_answers_as_the_real_run_would(self, alice: Caller) -> None:
        for params in ({"atomic": "true"}, {"atomic": "true", "dry_run": "true"}):
            answer = alice.batch(TestAtomic.RECORDS, params=params)
            assert (answer.status_code, outcomes(answer)) == (422, ["not_written", "rejected", "not_written"])


def test_a_batch_of_accounts(alice: Caller, look: Look) -> None:
    records = [{"Account Name": "Acme"}, {"Account Name": "ACME", "Industry": "Anvils"}, {"Industry": "x"}]
    assert outcomes(alice.batch(records, configuration="account")) == ["created", "updated", "rejected"]
    assert look(alice.person, "select name, industry from accounts") == [{"name": "Acme", "industry": "Anvils"}]


def test_a_batch_is_one_transaction_beside_others(alice: Caller, look: Look) -> None:
    """Its ledger rows follow one another, whoever else writes meanwhile."""
    records = [{"Phone": str(10_000 + number)} for number in range(1500)]
    answer = alice.batch(records)
    assert answer.json()["created"] == 1500
    rows = look(alice.person, "select seq, request_id from changes order by seq")
    assert [row["seq"] for row in rows] == list(range(1, 1501))
    assert {row["request_id"] for row in rows} == {answer.headers["x-request-id"]}


def test_numbers_and_the_rest_of_json_are_read_as_in_single_records(alice: Caller, look: Look) -> None:
    def send(more: str) -> Any:
        record = '{"Phone": 1234567890123456789, "First Name": 1.50, "Last Name": null, "Language": true' + more + "}"
        headers = {"Content-Type": "application/json"}
        return alice.post("/records/batch?configuration=contact", content=f"[{record}]", headers=headers)

    refused = send(', "Job Title": []').json()["results"][0]
    assert refused["errors"] == {"record.Job Title": ["The Job Title must be a string."]}
    assert outcomes(send("")) == ["created"]
    assert look(alice.person, "select phone, first_name, last_name, language from contacts") == [
        {"phone": "1234567890123456789", "first_name": "1.50", "last_name": None, "language": "true"}
    ]
