"""Likely twins: found behind the ledger by what they share, shown with both, merged, dismissed, brought back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from rapport.configurations import fields
from rapport.directory import twin_keys, twins
from rapport.directory.models import Twin, TwinHead, TwinKey
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.browsing import Browser
from tests.directory.desk import Desk
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast, Person


def api(person: Person) -> Client:
    return Client(headers=person.bearer)


def follow(person: Person) -> None:
    while twins.step(person.tenant.pk):
        pass


def told(person: Person, **query: Any) -> Any:
    """The pairs as they are listed, when everything has been followed."""
    follow(person)
    answer = api(person).get("/api/twins", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def pairs(person: Person) -> list[tuple[str, set[str]]]:
    """Why, and what the two are called."""
    return [(each["reason"], {of["name"] for of in each["objects"]}) for each in told(person)["data"]]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Omega Inc.", "omega"),
        ("OMEGA Corporation", "omega"),
        ("Omega GmbH & Co. KG", "omega"),
        ("Omega S.A.", "omega"),
        ("Ómega, L.L.C.", "omega"),
        ("Omega Watches Ltd", "omega watches"),
        ("Limited", "limited"),
        ("Inc. Magazine", "inc magazine"),
        ("…", ""),
    ],
)
def test_names_are_the_same_but_for_the_legal_form(name: str, plain: str) -> None:
    assert twin_keys.plain_name(name) == plain


def test_domains_are_those_of_sites_and_addresses_but_of_no_mail_provider() -> None:
    row: Any = SimpleNamespace(name="Omega", attributes={"website": "https://www.omega.example/shop", "domain": "x"})
    emails = ["ada@Omega.example", "bea@gmail.com", "cy@mail.omega.example", "broken"]
    assert twin_keys.of_account(row, emails) == {"n:omega", "d:omega.example", "d:mail.omega.example"}


def test_accounts_that_differ_in_the_legal_form_stand_in_the_list(cast: Cast) -> None:
    alice = Sender(cast.alice)
    kept = alice.put("account", Account_Name="Omega Corporation").objects[0].id
    alice.put("account", Account_Name="Looms")
    other = alice.put("account", Account_Name="Omega Inc.").objects[0].id
    [pair] = told(cast.alice)["data"]
    assert (pair["type"], pair["reason"]) == ("account", "name")
    assert [each["id"] for each in pair["objects"]] == [str(kept), str(other)]


def test_accounts_whose_contacts_have_one_domain_do(cast: Cast) -> None:
    alice = Sender(cast.alice)
    alice.put(Email="ada@omega.example", Account_Name="Omega")
    alice.put(Email="bea@omega.example", Account_Name="Watches of Biel")
    alice.put(Email="cy@gmail.com", Account_Name="Cy")
    alice.put(Email="dot@gmail.com", Account_Name="Dot")
    assert pairs(cast.alice) == [("domain", {"Omega", "Watches of Biel"})]


def test_accounts_with_one_site_do(cast: Cast) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        fields.create(tenant_id, COMMAND, {"object": "account", "name": "website", "label": "Site", "type": "text"})
    desk = Desk(cast.alice)
    desk.make("account", account_name="Omega", custom__website="https://www.omega.example")
    desk.make("account", account_name="Biel", custom__website="omega.example/de")
    assert pairs(cast.alice) == [("domain", {"Omega", "Biel"})]


def test_contacts_with_one_phone_number_or_one_name_at_an_account_do(cast: Cast) -> None:
    alice = Sender(cast.alice)
    alice.put(Email="ada@a.example", Phone="+44 20 1234", First_Name="Ada")
    alice.put(Email="bea@b.example", Phone="0044 20 1234", First_Name="Bea")
    cy = {"First_Name": "Cy", "Last_Name": "Öz"}
    alice.put(Email="cy@gmail.com", Account_Name="Looms", **cy)
    alice.put(Email="CY.OZ@gmail.com", Account_Name="Looms", First_Name="cy", Last_Name="Oz")
    alice.put(Email="cy@web.de", Account_Name="Mills", **cy)
    alice.put(Email="x@web.de", Account_Name="Mills", First_Name="Cy")
    assert sorted(reason for reason, _ in pairs(cast.alice)) == ["name", "phone"]
    assert ("phone", {"Ada", "Bea"}) in pairs(cast.alice)


def test_what_many_share_says_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "SHARED", 3)
    alice = Sender(cast.alice)
    for number in range(4):
        alice.put(Email=f"c{number}@c{number}.example", Phone="+44 20 1234")
    assert told(cast.alice)["data"] == []


def test_pairs_end_when_one_of_them_goes_or_shares_nothing_any_more(cast: Cast) -> None:
    desk = Desk(cast.alice)
    ids = [desk.make("account", account_name=f"Omega {form}") for form in ("Inc", "AG", "Ltd")]
    assert len(told(cast.alice)["data"]) == 3
    desk.save("account", ids[0], account_name="Looms")
    assert pairs(cast.alice) == [("name", {"Omega AG", "Omega Ltd"})]
    api(cast.alice).delete(f"/api/accounts/{ids[1]}")
    assert api(cast.alice).get("/api/twins").json()["data"] == [], "at once"
    follow(cast.alice)
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert not Twin.objects.filter(tenant_id=tenant_id).exists()
        assert not TwinKey.objects.filter(tenant_id=tenant_id, object_id=ids[1]).exists()
    api(cast.alice).post(f"/api/accounts/{ids[1]}/restore")
    assert pairs(cast.alice) == [("name", {"Omega AG", "Omega Ltd"})]


def test_what_is_dismissed_is_not_found_again(cast: Cast) -> None:
    desk = Desk(cast.alice)
    id = desk.make("account", account_name="Omega Inc")
    desk.make("account", account_name="Omega AG")
    [pair] = told(cast.alice)["data"]
    for _ in range(2):
        assert api(cast.alice).post(f"/api/twins/{pair['id']}/dismiss").status_code == 204
    desk.save("account", id, account_name="Looms")
    follow(cast.alice)
    desk.save("account", id, account_name="Omega Ltd")
    assert told(cast.alice)["data"] == []
    with tenant_scope(cast.alice.tenant) as tenant_id:
        row = Twin.objects.get(tenant_id=tenant_id)
    assert row.dismissed_at
    assert row.dismissed_by
    assert api(cast.alice).post(f"/api/twins/{uuid4()}/dismiss").status_code == 404


def test_what_is_dismissed_is_brought_back_where_the_two_still_share_something(cast: Cast) -> None:
    desk, alice = Desk(cast.alice), api(cast.alice)
    id = desk.make("account", account_name="Omega Inc")
    desk.make("account", account_name="Omega AG")
    [pair] = told(cast.alice)["data"]
    assert told(cast.alice, dismissed="true")["data"] == []
    alice.post(f"/api/twins/{pair['id']}/dismiss")
    [gone] = told(cast.alice, dismissed="true")["data"]
    assert gone["id"] == pair["id"]
    assert gone["dismissed_at"]
    assert gone["dismissed_by"]
    assert api(cast.charlie).post(f"/api/twins/{pair['id']}/restore").status_code == 404
    for _ in range(2):
        assert alice.post(f"/api/twins/{pair['id']}/restore").status_code == 204
    assert told(cast.alice)["data"] == [pair]
    alice.post(f"/api/twins/{pair['id']}/dismiss")
    desk.save("account", id, account_name="Looms")
    follow(cast.alice)
    refused = alice.post(f"/api/twins/{pair['id']}/restore")
    assert (refused.status_code, "share nothing any more" in refused.json()["message"]) == (409, True)
    assert (told(cast.alice)["data"], told(cast.alice, dismissed="true")["data"]) == ([], [])
    assert alice.post(f"/api/twins/{pair['id']}/restore").status_code == 404
    desk.save("account", id, account_name="Omega Ltd")
    assert len(told(cast.alice)["data"]) == 1
    assert alice.get("/api/twins", {"dismissed": "perhaps"}).status_code == 422


def test_dismissed_pairs_follow_one_another_those_dismissed_last_first(cast: Cast) -> None:
    desk = Desk(cast.alice)
    for form in ("Inc", "AG", "Ltd"):
        desk.make("account", account_name=f"Omega {form}")
    ids = [each["id"] for each in told(cast.alice)["data"]]
    for id in ids:
        api(cast.alice).post(f"/api/twins/{id}/dismiss")
    page = told(cast.alice, dismissed="true", limit=2)
    rest = told(cast.alice, dismissed="true", limit=2, cursor=page["cursor"])
    assert [each["id"] for each in (*page["data"], *rest["data"])] == ids[::-1]


def test_pages_follow_one_another(cast: Cast) -> None:
    desk = Desk(cast.alice)
    for form in ("Inc", "AG", "Ltd"):
        desk.make("account", account_name=f"Omega {form}")
    seen: list[UUID] = []
    page = told(cast.alice, limit=2)
    assert len(page["data"]) == 2
    seen += [each["id"] for each in page["data"]]
    rest = told(cast.alice, limit=2, cursor=page["cursor"])
    seen += [each["id"] for each in rest["data"]]
    assert (len(set(seen)), rest["cursor"]) == (3, None)
    assert api(cast.alice).get("/api/twins", {"cursor": "x"}).status_code == 422


def test_they_are_found_in_steps_each_with_its_checkpoint(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "STEP", 1)
    desk = Desk(cast.alice)
    desk.make("account", account_name="Omega Inc")
    desk.make("account", account_name="Omega AG")
    assert cast.alice.tenant.pk in twins.Twins().behind([cast.alice.tenant.pk])
    assert [twins.step(cast.alice.tenant.pk) for _ in range(3)] == [1, 1, 0]
    assert twins.Twins().behind([cast.alice.tenant.pk]) == []
    with tenant_scope(cast.alice.tenant) as tenant_id:
        assert TwinHead.objects.get(tenant_id=tenant_id).seq == 2
        assert Twin.objects.filter(tenant_id=tenant_id).count() == 1


def test_a_pair_is_merged_or_dismissed_on_the_page(cast: Cast) -> None:
    browser, desk = Browser(cast.alice), Desk(cast.alice)
    assert "No twins are known" in browser.text("data/twins")
    kept = desk.make("account", account_name="Omega Corporation")
    other = desk.make("account", account_name="Omega Inc.")
    for name in ("ada", "bea"):
        Sender(cast.alice).put(Email=f"{name}@{name}.example", Phone="+44 20 1234")
    follow(cast.alice)
    text = browser.text("data/twins")
    assert "The same name but for the legal form" in text
    assert "The same phone number" in text
    merging = f"accounts/{kept}/merge"
    assert f"{merging}?other={other}" in browser.get("data/twins").content.decode()
    assert "Omega Inc. becomes part of Omega Corporation" in browser.text(merging, other=other)
    browser.post(merging, {"other": str(other)}, 302)
    [pair] = told(cast.alice)["data"]
    assert pair["type"] == "contact"
    assert "No twins are dismissed" in browser.text("data/twins", dismissed=1)
    browser.post(f"data/twins/{pair['id']}/dismiss", {}, 302)
    assert "No twins are known" in browser.text("data/twins")
    assert "Bring back ada@ada.example" in browser.text("data/twins", dismissed=1)
    browser.post(f"data/twins/{pair['id']}/restore", {}, 302)
    assert "No twins are dismissed" in browser.text("data/twins", dismissed=1)
    assert "The same phone number" in browser.text("data/twins")


def test_bob_and_charlie_have_no_part_in_it(cast: Cast) -> None:
    desk = Desk(cast.alice)
    desk.make("account", account_name="Omega Inc")
    desk.make("account", account_name="Omega AG")
    [pair] = told(cast.alice)["data"]
    assert told(cast.charlie)["data"] == []
    assert api(cast.charlie).post(f"/api/twins/{pair['id']}/dismiss").status_code == 404
    assert Browser(cast.bob).get("data/twins").status_code == 403
    for act in ("dismiss", "restore"):
        assert Browser(cast.bob).post(f"data/twins/{pair['id']}/{act}", {}).status_code == 403
    assert Browser(cast.charlie, cast.alice.tenant.slug).get("data/twins").status_code == 404
    stranger = Browser(cast.charlie, cast.alice.tenant.slug)
    for act in ("dismiss", "restore"):
        assert stranger.post(f"data/twins/{pair['id']}/{act}", {}).status_code == 404
    assert told(cast.alice)["data"] == [pair]
