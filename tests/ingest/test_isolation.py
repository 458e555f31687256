"""Charlie, of another tenant, sees and changes nothing of Alice's on any route of ingest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ingest.serving import until

if TYPE_CHECKING:
    from tests.ingest.conftest import Caller, Look

ADA = {"Email": "ada@example.com", "Phone": "12345", "First Name": "Ada", "Account Name": "Acme"}
TABLES = ("contacts", "contact_keys", "accounts", "account_keys", "changes", "requests", "idempotency_keys")


def everything(look: Look, caller: Caller) -> list[list[dict[str, object]]]:
    return [look(caller.person, f"select * from {table} order by 1, 2, 3") for table in TABLES]


def test_the_same_record_is_another_contact(alice: Caller, charlie: Caller, look: Look) -> None:
    alice.record(ADA, headers={"Idempotency-Key": "one"})
    before = everything(look, alice)
    assert all(before)
    theirs = charlie.record(ADA | {"First Name": "C"}, headers={"Idempotency-Key": "one"}).json()
    assert theirs["outcome"] == "created"
    assert [shown["outcome"] for shown in theirs["objects"]] == ["created", "created"]
    assert charlie.record({"Phone": "12345"}).json()["objects"][0]["id"] == theirs["objects"][0]["id"]
    assert charlie.batch([ADA, {"Email": "x"}]).json()["updated"] == 1
    assert charlie.record({"Email": "x"}).status_code == 422
    until(lambda: len(look(charlie.person, "select from requests where status = 422")) == 1, "all is noted")
    assert everything(look, alice) == before
    ours = {row["id"] for row in look(alice.person, "select id from contacts union select id from accounts")}
    assert not ours & {shown["id"] for shown in theirs["objects"]}


def test_a_dry_run_tells_nothing_of_others(alice: Caller, charlie: Caller) -> None:
    alice.record(ADA)
    receipt = charlie.record(ADA, params={"dry_run": "true"}).json()
    assert receipt["outcome"] == "created"
    assert receipt["warnings"] == []
    results = charlie.batch([ADA, {"Phone": "12345"}], params={"dry_run": "true"}).json()["results"]
    assert [result["outcome"] for result in results] == ["created", "unchanged"]


def test_a_configuration_is_its_tenants_own(alice: Caller, charlie: Caller, look: Look) -> None:
    reference = "9dd58237-c913-4073-9c76-07da0b49ff50"
    look(
        alice.person,
        "insert into configurations (tenant_id, id, reference, name, kind, data_type, mapping) values"
        " (%s, gen_random_uuid(), %s, 'x', 'api', 'contact', %s) returning 1",
        alice.person.tenant.pk,
        reference,
        '[{"heading": "Email", "field": "email"}]',
    )
    wrong = {"configuration": ["The selected configuration is invalid."]}
    for _ in range(3):
        assert alice.record(ADA, configuration=reference).status_code == 200
        assert charlie.record(ADA, configuration=reference).json()["errors"] == wrong
        assert charlie.batch([ADA], configuration=reference).json()["errors"] == wrong


def test_the_application_role_shows_charlie_nothing_of_alices(alice: Caller, charlie: Caller, look: Look) -> None:
    alice.record(ADA, headers={"Idempotency-Key": "one"})
    for table in TABLES:
        assert look(charlie.person, f"select * from {table}") == []
        theirs = look(charlie.person, f"select * from {table} where tenant_id = %s", alice.person.tenant.pk)
        assert theirs == []
