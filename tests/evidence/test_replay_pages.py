"""The pages of sending again: from a mapped heading, a refused record and its list, through the plan, to the result."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.console.visitor import visitor
from tests.evidence.again import Resender

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Resender:
    return Resender(cast.alice)


def path(alice: Resender, rest: str) -> str:
    return f"/s/{alice.tenant.slug}/{rest}"


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:500]
    return str(answer.content.decode())


def link(page: str, name: str) -> str:
    """Where the button with this name leads."""
    found = re.search(rf'href="([^"]+)"[^>]*>{name}<', page)
    assert found, name
    return unescape(found[1])


def token(page: str) -> str:
    found = re.search(r'name="plan" value="([^"]+)"', page)
    assert found
    return found[1]


def commit(client: Client, address: str) -> str:
    """The page of the replay that a plan's page begins."""
    answer = client.post(address, {"plan": token(text(client, address))})
    assert answer.status_code == 302
    return text(client, answer["Location"])


def names(alice: Resender) -> list[tuple[str, str]]:
    return sorted((each["email"], each["first_name"]) for each in alice.api.get("/api/contacts").json()["data"])


def test_what_came_before_is_applied_from_where_a_heading_was_mapped(alice: Resender, cast: Cast) -> None:
    client = visitor(cast.alice)
    made = alice.put(Email="ada@example.com", Vorname="Ada & Co")
    alice.map("Vorname", "first_name")
    mapped = text(client, path(alice, "data/unmapped/mapped?configuration=contact&heading=Vorname"))
    address = link(mapped, "Apply what came before")
    planned = text(client, address)
    assert "Ada &amp; Co" in planned
    assert re.search(rf'data/requests/{made.record}">ada@example.com</a>', planned), "whom it is about"
    assert "<td>First Name</td>" in planned
    done = commit(client, address)
    assert names(alice) == [("ada@example.com", "Ada & Co")]
    assert "Vorname of Contacts (Default)" in done
    assert "Sent again by Alice" in text(client, path(alice, f"contacts/{made.objects[0].id}"))
    undo = text(client, link(done, "Undo"))
    client.post(path(alice, "data/undo/new?x="), {"plan": token(undo)})
    assert names(alice) == [("ada@example.com", None)]
    assert "Vorname of Contacts (Default)" in text(client, path(alice, "data/replay"))


def test_a_refused_record_is_sent_again_from_its_page(alice: Resender, cast: Cast) -> None:
    client = visitor(cast.alice)
    id = alice.refused(Mail="ada@example.com", First_Name="Ada")
    address = link(text(client, path(alice, f"data/requests/{id}")), "Send it again")
    assert "Nothing would be written" in text(client, address)
    alice.map("Mail", "email")
    commit(client, address)
    assert names(alice) == [("ada@example.com", "Ada")]
    page = text(client, path(alice, f"data/requests/{id}"))
    assert "Sent again" in page
    again = text(client, link(page, "this record"))
    assert str(id) in link(again, "this record")
    assert "it was sent again before" in text(client, address)


def test_it_is_corrected_before(alice: Resender, cast: Cast) -> None:
    client = visitor(cast.alice)
    id = alice.refused(Email="ada@", First_Name="Ada", Shoe="9")
    address = path(alice, f"data/replay/new?record={id}")
    form = text(client, address)
    found = re.findall(r'for="id_(value\d+)">([^<]+)<.*?<input type="text" name="value\d+"([^>]*)', form, re.DOTALL)
    fields = {
        unescape(label).strip(): (name, "".join(re.findall(r'value="(.*?)"', more))) for name, label, more in found
    }
    assert fields["Email"][1] == "ada@"
    assert fields["Last Name"][1] == ""
    given = dict(fields.values()) | {fields["Email"][0]: "ada@example.com"}
    answer = client.post(address, given)
    assert answer.status_code == 200
    assert names(alice) == []
    answer = client.post(address, {"plan": token(answer.content.decode())})
    assert answer.status_code == 302
    assert names(alice) == [("ada@example.com", "Ada")]
    assert alice.history()[-1].sent == {"Email": "ada@example.com", "First Name": "Ada", "Shoe": "9"}


def test_what_is_no_value_becomes_no_text_in_the_form(alice: Resender, cast: Cast) -> None:
    [receipt] = alice.send({"Email": "ada@", "First Name": ["Ada"], "Last Name": "Lovelace"})
    client, address = visitor(cast.alice), path(alice, f"data/replay/new?record={receipt.record}")
    form = text(client, address)
    assert "[&quot;Ada&quot;]" not in form
    fields = {unescape(label).strip(): name for name, label in re.findall(r'for="id_(value\d+)">([^<]+)<', form)}
    planned = client.post(address, {fields["Email"]: "ada@example.com", fields["Last Name"]: "Lovelace"})
    assert client.post(address, {"plan": token(planned.content.decode())}).status_code == 302
    assert names(alice) == [("ada@example.com", None)]


def test_all_that_a_list_shows_are_sent_again(alice: Resender, cast: Cast) -> None:
    client = visitor(cast.alice)
    for number in range(3):
        alice.refused(Mail=f"a{number}@example.com", First_Name=f"Name {number}")
    alice.refused("account", Industry="Looms")
    alice.map("Mail", "email")
    assert "Send these again" not in text(client, path(alice, "data/requests"))
    shown = text(client, path(alice, "data/requests?outcome=rejected&configuration=contact&text=Name+2"))
    commit(client, link(shown, "Send these again"))
    assert names(alice) == [("a2@example.com", "Name 2")]
    shown = text(client, path(alice, "data/requests?outcome=rejected&configuration=contact"))
    commit(client, link(shown, "Send these again"))
    assert len(names(alice)) == 3


def test_a_heading_is_bounded_by_when_its_records_came(alice: Resender, cast: Cast) -> None:
    client = visitor(cast.alice)
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.map("Vorname", "first_name")
    address = path(alice, "data/replay/new?heading=Vorname&configuration=contact")
    shown = text(client, address + "&to=2026-01-01T00:00")
    assert "Nothing would be written" in shown
    assert 'name="to" value="2026-01-01T00:00"' in shown
    assert '<input type="hidden" name="heading" value="Vorname">' in shown
    assert "must be a time" in text(client, address + "&from=soon", 422)
    commit(client, address + "&from=2026-01-01T00:00")
    assert names(alice) == [("ada@example.com", "Ada")]


def test_what_a_copy_maps_is_applied_to_what_named_the_default_one(alice: Resender, cast: Cast) -> None:
    client = visitor(cast.alice)
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.refused(Mail="grace@example.com", First_Name="Grace")
    alice.api.post("/api/configurations/contact/copy", {"reference": "ours", "name": "Ours"}, "application/json")
    alice.map("Vorname", "first_name", "ours")
    alice.map("Mail", "email", "ours")
    address = path(alice, "data/unmapped/mapped?configuration=ours&heading=Vorname&instead=contact")
    commit(client, link(text(client, address), "Apply what came before"))
    assert names(alice) == [("ada@example.com", "Ada")]
    assert "Nothing would be written" in text(client, path(alice, "data/replay/new?outcome=rejected"))
    commit(client, path(alice, "data/replay/new?outcome=rejected&read_by=ours"))
    assert names(alice) == [("ada@example.com", "Ada"), ("grace@example.com", "Grace")]


def test_what_cannot_be_planned_or_committed_says_so(alice: Resender, cast: Cast) -> None:
    client = visitor(cast.alice)
    assert "map it first" in text(client, path(alice, "data/replay/new?heading=Shoe&configuration=contact"), 422)
    assert "There is no record" in text(client, path(alice, "data/replay/new?record=nonsense"), 422)
    answer = client.post(path(alice, "data/replay/new"), {"plan": "nonsense"}, follow=True)
    assert b"older than an hour" in answer.content


def test_bob_and_charlie_send_nothing_again(alice: Resender, cast: Cast) -> None:
    id = alice.refused(Mail="ada@example.com")
    alice.map("Mail", "email")
    replay = alice.again(records=[str(id)])["id"]
    for rest in ("data/replay", f"data/replay/new?record={id}", f"data/replay/{replay}"):
        assert text(visitor(cast.bob), path(alice, rest), 403)
        assert text(visitor(cast.charlie), path(alice, rest), 404)
    theirs, own = visitor(cast.charlie), f"/s/{cast.charlie.tenant.slug}"
    assert text(theirs, f"{own}/data/replay/{replay}", 404)
    assert "There is no record" in text(theirs, f"{own}/data/replay/new?record={id}", 422)
    assert "Nothing has been sent again" in text(theirs, f"{own}/data/replay")
