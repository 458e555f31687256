"""The pages of undo: from where the harm is seen, through the plan, to what became of it; and of what is deleted."""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from rapport.connected_apps.models import ConnectedApp
from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from django.test import Client

    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    return Sender(cast.alice)


def path(alice: Sender, rest: str) -> str:
    return f"/s/{alice.tenant.slug}/{rest}"


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content[:500]
    return str(answer.content.decode())


def test_from_the_request_through_the_plan_to_the_undo_and_back(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    alice.put(Email="ada@example.com", First_Name="Ada")
    before = alice.stored()
    wrong = alice.put(Email="ada@example.com", First_Name="Wrong")
    after = alice.stored()
    address = path(alice, f"data/undo/new?record={wrong.record}")
    assert address in text(client, path(alice, f"data/requests/{wrong.record}"))
    planned = text(client, address)
    assert "1 field" in planned
    assert "goes back" in planned
    token = re.search(r'name="plan" value="([^"]+)"', planned)
    assert token
    answer = client.post(address, {"plan": token[1]})
    assert answer.status_code == 302
    assert alice.stored() == before
    done = text(client, answer["Location"])
    redo = re.search(r'href="([^"]+\?undo=[^"]+)"', done)
    assert redo
    token = re.search(r'name="plan" value="([^"]+)"', text(client, redo[1]))
    assert token
    client.post(redo[1], {"plan": token[1]})
    assert alice.stored() == after
    assert "Undo by " in text(client, path(alice, f"contacts/{wrong.objects[0].id}"))
    assert text(client, path(alice, "data/undo")).count("data-href") == 2


def test_a_plan_that_is_old_or_moved_says_so(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    made = alice.put(Email="ada@example.com")
    address = path(alice, f"data/undo/new?record={made.record}")
    answer: Any = client.post(address, {"plan": "nonsense"}, follow=True)
    assert b"older than an hour" in answer.content
    assert b"does not exist" in client.get(path(alice, "data/undo/new?record=nonsense")).content


def test_times_alone_mean_everybody_only_if_somebody_says_so(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    Tenant.objects.filter(pk=alice.tenant.pk).update(time_zone="America/New_York")
    alice.put(Email="ada@example.com")
    bare = client.get(path(alice, "data/undo/new?configuration=&app=&from=2026-01-01T10:00"), follow=True)
    assert b"tick that everybody" in bare.content
    told = text(client, path(alice, "data/undo/new?from=2026-01-01T10:00&everything=1"))
    assert "2026-01-01T10:00:00-05:00" in told or "15:00" in told or "10:00" in told
    assert text(client, path(alice, f"data/undo/new?changes={'9' * 5_000}"), 422)


def test_a_contact_is_deleted_listed_and_restored(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    made = alice.put(Email="ada@example.com", First_Name="Ada")
    before, id = alice.stored(), made.objects[0].id
    assert "Delete Ada?" in text(client, path(alice, f"contacts/{id}/delete"))
    assert client.post(path(alice, f"contacts/{id}/delete")).status_code == 302
    assert text(client, path(alice, f"contacts/{id}"), 404)
    assert "Ada" in text(client, path(alice, "deleted"))
    assert "No account" in text(client, path(alice, "deleted?kind=account"))
    assert client.post(path(alice, f"contacts/{id}/restore"))["Location"] == path(alice, f"contacts/{id}")
    assert alice.stored() == before


def test_a_page_shows_what_was(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    made = alice.put(Email="ada@example.com", First_Name="Ada", Account_Name="Engines")
    alice.put(Email="ada@example.com", First_Name="Grace", Account_Name="Looms")
    for kind, id in (("contacts", made.objects[0].id), ("accounts", made.objects[1].id)):
        page = text(client, path(alice, f"{kind}/{id}"))
        then = re.findall(r'href="(\?as_of=[^"]+)"', page)[-1].replace("&amp;", "&")
        was = text(client, path(alice, f"{kind}/{id}{then}"))
        assert "This is how it was" in was
        assert "Engines" in was


def test_two_contacts_are_merged_on_a_page(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    kept = alice.put(Email="ada@example.com", First_Name="Ada").objects[0].id
    other = alice.put(Email="al@example.com", First_Name="Al", Job_Title="Smith").objects[0].id
    address = path(alice, f"contacts/{kept}/merge")
    assert address in text(client, path(alice, f"contacts/{kept}"))
    assert "Nothing else is found" in text(client, f"{address}?other=nobody@example.com")
    given = json.dumps({"email": "al@example.com", "source": "api"})
    alice.api.post("/api/suppressions", given, content_type="application/json")
    page = text(client, f"{address}?other=al@example.com")
    assert "Al (al@example.com) becomes part of Ada (ada@example.com)" in page
    assert "al@example.com is unsubscribed: Ada gets no mail then." in page
    assert "What Ada lacks is taken from it: Job Title “Smith”." in page
    assert client.post(address, {"other": "al@example.com"}).status_code == 302
    assert alice.api.get(f"/api/contacts/{other}").json()["merged_into"] == str(kept)
    assert client.get(path(alice, f"contacts/{other}"))["Location"] == path(alice, f"contacts/{kept}")
    links = {id: f'<a href="{path(alice, f"contacts/{id}")}">{name}</a>' for id, name in ((kept, "Ada"), (other, "Al"))}
    entry = text(client, path(alice, f"contacts/{kept}")).partition('<ol class="timeline">')[2].partition("</li>")[0]
    assert f"merged {links[other]} into it" in entry
    assert "Receipt" not in entry
    ledger = text(client, path(alice, "data/changes?object_type=contact"))
    assert f"Part of {links[kept]} now" in ledger
    assert ledger.count('title="The receipt"') == 2
    assert text(visitor(cast.bob), address, 403)
    assert text(visitor(cast.charlie), address, 404)


def test_a_nul_that_is_encoded_twice_is_a_sentence(alice: Sender, cast: Cast) -> None:
    kept = alice.put("account", Account_Name="Omega").objects[0].id
    head = 'Content-Disposition: form-data; name="other"\r\nContent-Transfer-Encoding: base64'
    form, kind = f"--b\r\n{head}\r\n\r\nYQBi\r\n--b--\r\n", "multipart/form-data; boundary=b"
    answer = visitor(cast.alice).post(path(alice, f"accounts/{kept}/merge"), form, content_type=kind)
    assert (answer.status_code, b"The request cannot be read." in answer.content) == (400, True)


def test_configurations_and_apps_are_chosen_by_their_names(alice: Sender, cast: Cast) -> None:
    chosen = text(visitor(cast.alice), path(alice, "data/undo"))
    with tenant_scope(alice.tenant):
        app = ConnectedApp.objects.get(tenant_id=alice.tenant.pk, client_id=cast.alice.client_id)
    assert f'<option value="{app.id}">{escape(app.name)}</option>' in chosen
    assert '<option value="contact">Contacts (Default)</option>' in chosen
    led = text(visitor(cast.alice), path(alice, f"data/undo?configuration=contact&app={app.id}"))
    assert '<option value="contact" selected>' in led
    assert f'<option value="{app.id}" selected>' in led


def test_a_merge_is_told_from_both_sides_and_once_more_when_it_is_made_again(alice: Sender, cast: Cast) -> None:
    ids = [alice.put(Email=f"{name}@example.com", First_Name=name).objects[0].id for name in ("ada", "bea")]
    body = json.dumps({"into": str(ids[0]), "from": [str(ids[1])]})
    made = alice.api.post("/api/contacts/merge", body, content_type="application/json").json()["merge"]
    first = alice.undo(merge=made)
    kept, other = (text(visitor(cast.alice), path(alice, f"contacts/{id}")) for id in ids)
    named = zip(ids, ("ada", "bea"), strict=True)
    ada, bea = (f'<a href="{path(alice, f"contacts/{id}")}">{name}</a>' for id, name in named)
    assert f"merged {bea} into it" in kept
    assert f"made it part of {ada}" in other
    assert f"data/undo/new?merge={made}" in kept
    changes = text(visitor(cast.alice), path(alice, "data/changes"))
    assert changes.count(f"Part of {ada} now") == 1
    alice.undo(undo=first["id"])
    changes = text(visitor(cast.alice), path(alice, "data/changes"))
    assert changes.count(f"Part of {ada} now") == 2


def test_a_record_of_a_batch_leads_to_the_undo_of_all_of_it(alice: Sender, cast: Cast) -> None:
    sent = [receipt.record for receipt in alice.send({"Email": "ada@example.com"}, {"Email": "bea@example.com"})]
    page = text(visitor(cast.alice), path(alice, f"data/requests/{sent[0]}"))
    assert "Undo its whole batch" in page
    planned = text(visitor(cast.alice), path(alice, f"data/undo/new?request={sent[0]}"))
    assert "2 objects" in planned
    single = alice.put(Email="cia@example.com")
    assert "whole batch" not in text(visitor(cast.alice), path(alice, f"data/requests/{single.record}"))


def test_bob_sees_what_is_deleted_and_undoes_nothing(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.bob)
    made = alice.put(Email="ada@example.com", First_Name="Ada")
    id = made.objects[0].id
    assert text(client, path(alice, "deleted"))
    for rest in ("data/undo", f"data/undo/new?record={made.record}", f"contacts/{id}/delete"):
        assert text(client, path(alice, rest), 403)
    assert client.post(path(alice, f"contacts/{id}/restore")).status_code == 403


def test_charlie_finds_no_page_of_ours(alice: Sender, cast: Cast) -> None:
    made = alice.put(Email="ada@example.com")
    undo, theirs = alice.undo(record=made.record), visitor(cast.charlie)
    assert text(theirs, path(alice, f"data/undo/{undo['id']}"), 404)
    assert text(theirs, f"/s/{cast.charlie.tenant.slug}/data/undo/{undo['id']}", 404)
    assert theirs.post(f"/s/{cast.charlie.tenant.slug}/contacts/{made.objects[0].id}/restore").status_code == 404
    assert "Nothing has been undone" in text(theirs, f"/s/{cast.charlie.tenant.slug}/data/undo")


def test_a_merge_is_undone_as_a_whole_from_the_history_of_what_was_kept(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    kept, other = (alice.put("account", Account_Name=name).objects[0].id for name in ("Omega", "Omega Inc."))
    alice.put(Email="ada@example.com", Account_Name="Omega Inc.")
    before = alice.stored()
    client.post(path(alice, f"accounts/{kept}/merge"), {"other": str(other)})
    assert alice.stored() != before
    shown = text(client, path(alice, f"accounts/{kept}"))
    found = re.search(r'href="([^"]+)">Undo<span class="sr"> this merge<', shown)
    assert found
    token = re.search(r'name="plan" value="([^"]+)"', text(client, found[1]))
    assert token
    client.post(found[1], {"plan": token[1]})
    assert alice.stored() == before, "its contact, too"


def test_what_is_undone_is_called_by_its_name(alice: Sender, cast: Cast) -> None:
    client = visitor(cast.alice)
    made = alice.put(Email="ada@example.com", First_Name="Ada")
    kept, other = (alice.put("account", Account_Name=name).objects[0].id for name in ("Omega", "Omega Inc."))
    body = {"into": str(kept), "from": [str(other)]}
    merge = alice.api.post("/api/accounts/merge", body, "application/json").json()["merge"]
    undo = alice.undo(record=made.record)["id"]
    nobody = uuid4()
    for asked, told in (
        (f"record={made.record}", "the record of Ada"),
        (f"request={made.record}", "the request sent"),
        (f"merge={merge}", "the merge of Omega Inc. into Omega"),
        (f"undo={undo}", "the undo of the record of Ada"),
        (f"app={cast.alice.client_id}", "what Alice&#x27;s app sent"),
        ("configuration=contact&from=2026-01-31", "what came by Contacts (Default) from 2026-01-31"),
        (f"user={cast.alice.user.id}", "what Alice did"),
        ("changes=1,2", "2 changes"),
        ("from=2100-01-01&everything=1", "everything from 2100-01-01"),
        (f"user={nobody}", "did"),
    ):
        assert told in text(client, path(alice, f"data/undo/new?{asked}")), asked
    planned = text(client, path(alice, f"data/undo/new?merge={merge}"))
    assert "goes back to where it was" in planned
    assert planned.count(">Omega Inc.</a>") == 1, "by its name, and once"
    assert "the record of Ada" in text(client, path(alice, "data/undo"))
    assert "Undo of the record of Ada" in text(client, path(alice, f"data/undo/{undo}"))
