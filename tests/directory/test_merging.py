"""Merging contacts and accounts: what moves, what is kept, and that undoing it is the identity."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from rapport.directory import jobs, merging
from rapport.directory.models import ContactKey
from rapport.history.models import Change
from rapport.tenants.scope import tenant_scope
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    return Sender(cast.alice)


def merge(alice: Sender, kind: str, into: UUID, *others: UUID, status: int = 200, **more: Any) -> Any:
    body = json.dumps({"into": str(into), "from": [str(id) for id in others], **more}, default=str)
    answer = alice.api.post(f"/api/{kind}s/merge", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def people(alice: Sender) -> tuple[UUID, UUID]:
    """Two contacts that are one, with everything that can belong to one."""
    ada = alice.put(Email="ada@example.com", First_Name="Ada", Account_Name="Engines").objects[0].id
    other = alice.put(Email="lovelace@example.com", Phone="+44 20 1234", First_Name="A.", Last_Name="Lovelace")
    alice.put("survey", Email="lovelace@example.com")
    alice.put(
        "external-response",
        Email="lovelace@example.com",
        NPS_Score="9",
        Sent_Date="2026-01-01",
        Response_Date="2026-01-02",
    )
    return ada, other.objects[0].id


def test_contacts_become_one_and_come_apart_again(alice: Sender) -> None:
    ada, other = people(alice)
    before = alice.stored()
    merged = merge(alice, "contact", ada, other)["merge"]
    told = alice.contact(ada)
    assert (told["email"], told["phone"], told["first_name"], told["last_name"]) == (
        "ada@example.com", "+44 20 1234", "Ada", "Lovelace",
    )  # fmt: skip
    after = alice.stored()
    assert set(after["contact_keys"].values()) == {ada}
    assert {row["contact_id"] for (kind, _), row in _rows(after) if "contact_id" in row} == {ada}
    gone = alice.api.get(f"/api/contacts/{other}")
    assert (gone.status_code, gone.json()["merged_into"]) == (410, str(ada))
    progress = alice.api.get(f"/api/merges/{merged}").json()
    assert (progress["state"], progress["moved"], progress["progress"]) == ("done", 2, 1.0)
    undo = alice.undo(merge=merged)
    assert alice.stored() == before
    redo = alice.undo(undo=undo["id"])
    assert alice.stored() == after
    assert alice.api.get(f"/api/contacts/{other}").json()["merged_into"] == str(ada)
    alice.undo(undo=redo["id"])
    assert alice.stored() == before


def test_accounts_become_one_and_come_apart_again(alice: Sender) -> None:
    kept = alice.put("account", Account_Name="Omega Corporation", Industry="Watches").objects[0].id
    other = alice.put("account", Account_Name="Omega Inc.", Industry="Clocks", Region="Bern").objects[0].id
    alice.put("account-alias", Account_Name="Omega Inc.", Alias="Omega SA")
    for n in range(3):
        alice.put("multi-object", Email=f"c{n}@example.com", Account_Name="Omega Inc.")
    before = alice.stored()
    looked = merge(alice, "account", kept, other, dry_run=True)
    assert looked["merge"] is None
    assert looked["fields"] == {"region": [None, "Bern"]}
    assert (looked["moves"]["contact"], looked["moves"]["survey_record"]) == (3, 3)
    assert looked["keys"] == ["omega inc.", "omega sa"]
    assert alice.stored() == before
    merged = merge(alice, "account", kept, other, keep={"industry": other})["merge"]
    told, after = alice.account(kept), alice.stored()
    assert (told["name"], told["industry"], told["region"]) == ("Omega Corporation", "Clocks", "Bern")
    assert after["account_keys"] == {
        "omega corporation": (kept, False, None),
        "omega inc.": (kept, True, "Omega Inc."),
        "omega sa": (kept, True, "Omega SA"),
    }
    assert {row["account_id"] for _, row in _rows(after) if "account_id" in row} == {kept}
    undo = alice.undo(merge=merged)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == after


def test_a_merged_key_finds_the_contact_and_leaves_its_address(alice: Sender) -> None:
    ada, other = people(alice)
    merge(alice, "contact", ada, other)
    receipt = alice.put(Email="lovelace@example.com", First_Name="Augusta")
    assert (receipt.objects[0].id, receipt.objects[0].matched_by) == (ada, "merged_email")
    told = alice.contact(ada)
    assert (told["email"], told["first_name"]) == ("ada@example.com", "Augusta")


def test_a_merged_number_finds_the_contact_and_leaves_its_own(alice: Sender) -> None:
    ada, other = (
        alice.put(Email=f"{name}@example.com", Phone=f"+41 44 {name[-1]}00 11 22").objects[0].id
        for name in ("a1", "b2")
    )
    merged = merge(alice, "contact", ada, other)["merge"]
    receipt = alice.put(Phone="0041 44 200 11 22", First_Name="Augusta")
    assert (receipt.objects[0].id, receipt.objects[0].matched_by) == (ada, "merged_phone")
    told = alice.contact(ada)
    assert (told["phone"], told["first_name"]) == ("+41 44 100 11 22", "Augusta")
    alice.put(Email="a1@example.com", Phone="+41 44 300 11 22")
    again = alice.put(Phone="+41 44 100 11 22")  # its own, before
    assert (again.objects[0].matched_by, alice.contact(ada)["phone"]) == ("phone", "+41 44 100 11 22")
    undo = alice.undo(merge=merged)
    alice.put(Email="b2@example.com", Phone="+41 44 400 11 22")
    receipt = alice.put(Phone="+41 44 200 11 22")
    assert (receipt.objects[0].id, receipt.objects[0].matched_by) == (other, "phone")
    assert alice.contact(other)["phone"] == "+41 44 200 11 22"
    alice.undo(undo=undo["id"])
    assert alice.put(Phone="+41 44 200 11 22").objects[0].matched_by == "merged_phone"
    assert alice.put(Email="a1@example.com", Phone="+41 44 200 11 22").objects[0].matched_by == "email"
    assert alice.contact(ada)["phone"] == "+41 44 200 11 22"


def origins_of(alice: Sender) -> dict[str, UUID]:
    """Whose the keys were that merges brought."""
    with tenant_scope(alice.tenant) as tenant_id:
        rows = ContactKey.objects.filter(tenant_id=tenant_id, origin__isnull=False)
        return dict(rows.values_list("key", "origin"))


@pytest.mark.parametrize("back", ["restore", "undo", "restore after a move"])
def test_a_merged_number_leaves_the_own_one_of_a_contact_that_came_back(alice: Sender, back: str) -> None:
    ada, other = (
        alice.put(Email=f"{name}@example.com", Phone=f"+41 44 {name[-1]}00 11 22", Account_Name=name).objects[0].id
        for name in ("a1", "b2")
    )
    merge(alice, "contact", ada, other)
    before, origins = alice.stored(), origins_of(alice)
    assert origins == {"e:b2@example.com": other, "p:41442001122": other}
    assert alice.api.delete(f"/api/contacts/{ada}").status_code == 204
    deleted = alice.head()
    if back == "undo":
        redo = alice.undo(undo=alice.undo(changes=[deleted])["id"])
        alice.undo(undo=redo["id"])
    else:
        if back != "restore":
            keys = before["account_keys"]
            merge(alice, "account", keys["b2"][0], keys["a1"][0])
        assert alice.api.post(f"/api/contacts/{ada}/restore").status_code == 200
    assert origins_of(alice) == origins
    assert alice.put(Phone="0041 44 200 11 22").objects[0].matched_by == "merged_phone"
    assert alice.contact(ada)["phone"] == "+41 44 100 11 22"


def test_what_others_wrote_since_stays_when_a_merge_is_undone(alice: Sender) -> None:
    ada, other = people(alice)
    keys = alice.stored()["contact_keys"]
    merged = merge(alice, "contact", ada, other)["merge"]
    alice.put(Email="ada@example.com", Last_Name="King")
    alice.undo(merge=merged)
    assert alice.contact(ada)["last_name"] == "King"
    assert alice.contact(other)["last_name"] == "Lovelace"
    assert alice.stored()["contact_keys"] == keys


def test_entries_of_a_merged_object_stay(alice: Sender) -> None:
    ada, other = people(alice)
    wrong = alice.put(Email="lovelace@example.com", Job_Title="Wrong")
    merge(alice, "contact", ada, other)
    plan = alice.plan(record=wrong.record)
    assert (plan["restore"], plan["delete"], plan["keep"], plan["reasons"]) == (0, 0, 1, {"merged": 1})


def test_a_large_merge_follows_in_the_worker(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "FEW", 2)
    monkeypatch.setattr(merging, "STEP", 2)
    kept = alice.put("account", Account_Name="Omega Corporation").objects[0].id
    other = alice.put("account", Account_Name="Omega Inc.").objects[0].id
    alice.send(*({"Email": f"c{n}@example.com", "Account Name": "Omega Inc."} for n in range(7)))
    before = alice.stored()
    merged = merge(alice, "account", kept, other, status=202)["merge"]
    assert alice.api.get(f"/api/merges/{merged}").json()["state"] == "running"
    assert "merge" in alice.ask({"merge": merged, "plan": True}, 422)["errors"]
    jobs.move_merged(tenant_id=alice.tenant.pk, merge_id=merged)
    jobs.move_merged(tenant_id=alice.tenant.pk, merge_id=merged)
    told = alice.api.get(f"/api/merges/{merged}").json()
    assert (told["state"], told["moved"]) == ("done", 7)
    alice.undo(merge=merged)
    assert alice.stored() == before


@pytest.mark.parametrize("kind", ["contact", "account"])
def test_what_makes_no_sense_is_refused_by_name(alice: Sender, cast: Cast, kind: str) -> None:
    given = {"Email": "ada@example.com"} if kind == "contact" else {"Account_Name": "Engines"}
    id = alice.put(kind, **given).objects[0].id
    theirs = Sender(cast.charlie).put(kind, **given).objects[0].id
    for body, named in (
        ({}, {"into", "from"}),
        ({"into": "x", "from": "y"}, {"into", "from"}),
        ({"into": id, "from": []}, {"from"}),
        ({"into": id, "from": [id]}, {"from"}),
        ({"into": id, "from": [uuid4()]}, {"from"}),
        ({"into": id, "from": [theirs]}, {"from"}),
        ({"into": theirs, "from": [id]}, {"into"}),
        ({"into": id, "from": [uuid4()], "keep": [], "perhaps": 1}, {"keep", "perhaps"}),
    ):
        answer = alice.api.post(f"/api/{kind}s/merge", json.dumps(body, default=str), content_type="application/json")
        assert (answer.status_code, set(answer.json()["errors"])) == (422, named), body
    assert Sender(cast.charlie).api.get(f"/api/merges/{uuid4()}").status_code == 404


def _rows(stored: Any) -> list[tuple[Any, dict[str, Any]]]:
    return [(key, row) for key, row in stored.items() if isinstance(key, tuple)]


def test_a_dry_run_says_which_keys_get_nothing(alice: Sender) -> None:
    """One that is suppressed is enough for the whole contact, the kept one's own too, and so is a domain above."""
    ada, other = people(alice)
    assert merge(alice, "contact", ada, other, dry_run=True)["suppressed"] == []
    for given in ({"email": "Lovelace@example.com"}, {"phone": "+44 20 1234"}, {"domain": "example.com"}):
        alice.api.post("/api/suppressions", json.dumps({**given, "source": "api"}), content_type="application/json")
    looked = merge(alice, "contact", ada, other, dry_run=True)["suppressed"]
    assert [each["key"] for each in looked] == ["d:example.com", "e:lovelace@example.com", "p:44201234"]
    assert {each["list"] for each in looked} == {"unsubscribe"}
    assert all(each["at"].endswith("Z") for each in looked)
    account = alice.put("account", Account_Name="Omega").objects[0].id
    two = alice.put("account", Account_Name="Omega Inc.").objects[0].id
    assert merge(alice, "account", account, two, dry_run=True)["suppressed"] == []


def test_half_a_merge_is_not_undone(alice: Sender) -> None:
    ada, other = people(alice)
    merged = merge(alice, "contact", ada, other)["merge"]
    before = alice.stored()
    with tenant_scope(alice.tenant) as tenant_id:
        parts = list(Change.objects.filter(tenant_id=tenant_id, kind="merged"))
    assert len(parts) == 2
    for part in parts:
        for body in ({"changes": [part.seq]}, {"record": str(part.record)}):
            (told,) = alice.ask(body | {"plan": True}, 422)["errors"][next(iter(body))]
            assert told == f"Entry {part.seq} is part of a merge, which is undone as a whole: merge {merged}."
    assert alice.stored() == before


def test_half_of_a_merge_that_an_undo_made_again_is_not_undone(alice: Sender) -> None:
    ada, other = people(alice)
    apart = alice.undo(merge=merge(alice, "contact", ada, other)["merge"])
    head, again = alice.head(), alice.undo(undo=apart["id"])["id"]
    before = alice.stored()
    with tenant_scope(alice.tenant) as tenant_id:
        made = Change.objects.filter(tenant_id=tenant_id, seq__gt=head, object_id__in=(ada, other))
        parts = list(made)
    assert {part.kind for part in parts} == {"merged", "updated"}
    for part in parts:
        for body in ({"changes": [part.seq]}, {"record": str(part.record)}):
            (told,) = alice.ask(body | {"plan": True}, 422)["errors"][next(iter(body))]
            assert told == f"Entry {part.seq} is part of a merge, which is undone as a whole: undo {again}."
    assert alice.stored() == before
    alice.plan(changes=[part.seq for part in parts])
