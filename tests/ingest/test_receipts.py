"""Opt-in answers: `Prefer: return=representation` and `dry_run`; and what several records do to one another."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.ingest.conftest import Caller, Look

ADA = {"Email": "ada@example.com"}
CONTACTS = "select email, phone, first_name, version from contacts order by id"


def test_the_receipt_of_a_new_contact_with_a_new_account(alice: Caller, look: Look) -> None:
    answer = alice.record(ADA | {"Frist Name": "Ada", "First Name": "Ada", "Account Name": "Acme", "Language": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["preference-applied"] == "return=representation"
    [contact], [account] = (look(alice.person, f"select id::text from {table}") for table in ("contacts", "accounts"))
    assert answer.json() == {
        "record": look(alice.person, "select id::text from requests")[0]["id"],
        "outcome": "created",
        "objects": [
            {
                "type": "contact",
                "id": contact["id"],
                "outcome": "created",
                "matched_by": None,
                "changes": {
                    "email": [None, "ada@example.com"],
                    "first_name": [None, "Ada"],
                    "account_name": [None, "Acme"],
                },
            },
            {
                "type": "account",
                "id": account["id"],
                "outcome": "created",
                "matched_by": None,
                "changes": {"name": [None, "Acme"]},
            },
        ],
        "ignored": ["Frist Name"],
        "warnings": [],
    }
    assert uuid.UUID(contact["id"]).version == 7


def test_receipts_of_an_update_and_of_no_change(alice: Caller) -> None:
    created = alice.record(ADA | {"First Name": "A"}).json()["objects"][0]
    updated = alice.record(ADA | {"First Name": "Ada"}).json()
    unchanged = alice.record(ADA | {"First Name": "Ada"}).json()
    shown = {"type": "contact", "id": created["id"], "matched_by": "email"}
    assert updated["outcome"] == "updated"
    assert updated["objects"] == [shown | {"outcome": "updated", "changes": {"first_name": ["A", "Ada"]}}]
    assert unchanged["outcome"] == "unchanged"
    assert unchanged["objects"] == [shown | {"outcome": "unchanged", "changes": {}}]


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("return=representation", True),
        ("Return=Representation", True),
        ('return="representation"', True),
        ("respond-async, return=representation; x=y, wait=10", True),
        ("return = representation", True),
        ("return=minimal", False),
        ("handling=lenient", False),
        ("return=representations", False),
        ("xreturn=representation", False),
        ("", False),
    ],
)
def test_prefer(alice: Caller, prefer: str, applied: bool) -> None:
    answer = alice.record(ADA, headers={"Prefer": prefer})
    assert ("preference-applied" in answer.headers) is bool(answer.content) is applied


@pytest.mark.parametrize("order", [1, -1])
def test_prefer_may_be_sent_in_several_lines(alice: Caller, order: int) -> None:
    lines = [("Prefer", "return=representation"), ("Prefer", "wait=10")][::order]
    query = {"configuration": "contact", "record[Email]": "a@b"}
    assert alice.put("/records", params=query, headers=lines).json()["outcome"] == "created"


class TestDryRun:
    @pytest.mark.parametrize("way", [{"params": {"dry_run": "true"}}, {"params": {"dry_run": "1"}}])
    def test_it_tells_and_writes_nothing(self, alice: Caller, look: Look, way: dict[str, Any]) -> None:
        answer = alice.record(ADA | {"Account Name": "Acme", "x": "y"}, headers={"Prefer": ""}, **way)
        assert answer.status_code == 200
        assert "preference-applied" not in answer.headers
        receipt = answer.json()
        assert (receipt["outcome"], receipt["ignored"]) == ("created", ["x"])
        assert [shown["id"] for shown in receipt["objects"]] == [None, None]
        for table in ("contacts", "accounts", "contact_keys", "account_keys", "changes", "requests"):
            assert look(alice.person, f"select from {table}") == []

    def test_in_a_body(self, alice: Caller, look: Look) -> None:
        for sent in ({"dry_run": True}, {"dry_run": "true"}):
            answer = alice.put("/records", json={"configuration": "contact", "record": ADA} | sent)
            assert answer.json()["outcome"] == "created"
        form = {"configuration": "contact", "record[Email]": "a@b", "dry_run": "TRUE"}
        assert alice.put("/records", data=form).json()["outcome"] == "created"
        assert look(alice.person, "select from contacts") == []

    def test_it_names_what_it_would_change(self, alice: Caller, look: Look) -> None:
        id = alice.record(ADA).json()["objects"][0]["id"]
        receipt = alice.record(ADA | {"First Name": "Ada", "Account Name": "Acme"}, params={"dry_run": "true"}).json()
        assert receipt["outcome"] == "updated"
        assert [shown["id"] for shown in receipt["objects"]] == [id, None]
        assert receipt["objects"][0]["changes"] == {"first_name": [None, "Ada"], "account_name": [None, "Acme"]}
        assert look(alice.person, CONTACTS) == [
            {"email": "ada@example.com", "phone": None, "first_name": None, "version": 1}
        ]

    def test_its_faults_are_those_of_a_real_run(self, alice: Caller, look: Look) -> None:
        answer = alice.record({"Email": "ada"}, params={"dry_run": "true"})
        assert answer.status_code == 422
        assert answer.json()["errors"] == {"record.Email": ["The Email must be a valid email address."]}
        assert look(alice.person, "select from requests") == []

    def test_false_is_a_real_run(self, alice: Caller, look: Look) -> None:
        for word in ("false", "0"):
            assert alice.record({"Email": f"a{word}@b"}, params={"dry_run": word}).status_code == 200
        assert len(look(alice.person, "select from contacts")) == 2

    def test_an_option_without_a_value_is_true(self, alice: Caller, look: Look) -> None:
        assert alice.record({"Email": "a@b"}, params={"dry_run": ""}).json()["outcome"] == "created"
        assert look(alice.person, "select from contacts") == []


class TestMatching:
    """The engine's rules hold through the database as well; all of them are in `tests/records`."""

    def test_a_contact_without_an_email_is_adopted(self, alice: Caller, look: Look) -> None:
        id = alice.record({"Phone": "+1 234 567"}).json()["objects"][0]["id"]
        adopted = alice.record(ADA | {"Phone": "1234567"}).json()
        assert (adopted["outcome"], adopted["objects"][0]["id"]) == ("updated", id)
        assert adopted["objects"][0]["matched_by"] == "phone"
        assert adopted["objects"][0]["changes"] == {
            "email": [None, "ada@example.com"],
        }
        assert alice.record(ADA).json()["objects"][0]["id"] == id

    def test_a_shared_phone_stays_with_its_owner(self, alice: Caller, look: Look) -> None:
        ada = alice.record(ADA | {"Phone": "12345"}).json()["objects"][0]["id"]
        bob = alice.record({"Email": "bob@example.com", "Phone": "12345"}).json()
        assert (bob["outcome"], bob["warnings"]) == ("created", ["phone_shared"])
        assert alice.record({"Phone": "12345"}).json()["objects"][0]["id"] == ada
        assert look(alice.person, "select key, contact_id::text from contact_keys where key like 'p:%%'") == [
            {"key": "p:12345", "contact_id": ada}
        ]

    def test_other_spellings_find_the_same(self, alice: Caller, look: Look) -> None:
        spellings = ["Zoë@bücher.example", "ZOË@XN--BCHER-KVA.example", "zoe\N{COMBINING DIAERESIS}@BÜCHER.EXAMPLE"]
        ids = {alice.record({"Email": email}).json()["objects"][0]["id"] for email in spellings}
        assert len(ids) == 1
        assert look(alice.person, "select email from contacts") == [{"email": spellings[0]}]

    def test_accounts_keep_their_first_spelling(self, alice: Caller, look: Look) -> None:
        names = ["Example  Corp", "EXAMPLE CORP", " example corp "]
        for number, name in enumerate(names):
            alice.record({"Email": f"{number}@example.com", "Account Name": name})
        alice.record({"Account Name": "eXAMPLE cORP", "Industry": "Anvils"}, configuration="account")
        assert look(alice.person, "select name, industry, version from accounts") == [
            {"name": "Example Corp", "industry": "Anvils", "version": 2}
        ]
        assert len(look(alice.person, "select distinct account_id from contacts")) == 1

    def test_a_configuration_of_ones_own(self, alice: Caller, look: Look) -> None:
        mapping = '[{"heading": "e[mail", "field": "email"}, {"heading": "Straße", "field": "first_name"}]'
        look(
            alice.person,
            "insert into configurations (tenant_id, id, reference, name, kind, data_type, mapping)"
            " values (%s, gen_random_uuid(), 'own', 'Own', 'api', 'contact', %s) returning 1",
            alice.person.tenant.pk,
            mapping,
        )
        receipt = alice.record({"e[mail": "a@b", "Straße": "Ada", "Email": "x"}, configuration="own").json()
        assert receipt["ignored"] == ["Email"]
        assert receipt["objects"][0]["changes"] == {"email": [None, "a@b"], "first_name": [None, "Ada"]}
        assert alice.record({"x": "y"}, configuration="own").json()["errors"] == {
            "record.e[mail": ["The e[mail field is required."]
        }
