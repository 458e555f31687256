"""Undo: what a field goes back to, what stays and why, and that an undo can be undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from rapport.configurations import fields
from rapport.configurations.models import Configuration
from rapport.connected_apps import issue
from rapport.connected_apps.models import ConnectedApp
from rapport.evidence.undoing import chosen
from rapport.history.models import Change
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.desk import Desk
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    return Sender(cast.alice)


@pytest.fixture
def other(cast: Cast) -> Sender:
    """Another app of the same system."""
    return Sender(cast.alice, issue.create_app(cast.alice.tenant, COMMAND, "Other").client_id)


def test_a_created_contact_goes_with_its_account_and_comes_back(alice: Sender) -> None:
    empty = alice.stored()
    made = alice.put(Email="ada@example.com", First_Name="Ada", Account_Name="Engines")
    full = alice.stored()
    plan = alice.plan(record=made.record)
    assert (plan["restore"], plan["delete"], plan["keep"], plan["reasons"]) == (0, 2, 0, {})
    assert {(each["type"], each["verdict"], each["field"]) for each in plan["examples"]} == {
        ("contact", "delete", None),
        ("account", "delete", None),
    }
    assert alice.stored() == full, "a plan changes nothing"
    undo = alice.undo(record=made.record)
    assert alice.stored() == empty
    assert alice.api.get(f"/api/contacts/{made.objects[0].id}").status_code == 410
    redo = alice.undo(undo=undo["id"])
    assert alice.stored() == full
    alice.undo(undo=redo["id"])
    assert alice.stored() == empty


def test_fields_go_back_and_come_again(alice: Sender) -> None:
    alice.put(Email="ada@example.com", First_Name="Ada", Last_Name="L")
    before = alice.stored()
    wrong = alice.put(Email="ada@example.com", First_Name="Wrong", Job_Title="None", Account_Name="Engines")
    after = alice.stored()
    plan = alice.plan(record=wrong.record)
    assert (plan["restore"], plan["delete"], plan["keep"]) == (3, 1, 0)
    shown = {each["field"]: (each["now"], each["then"], each["verdict"]) for each in plan["examples"]}
    assert shown["first_name"] == ("Wrong", "Ada", "restore")
    assert shown["job_title"] == ("None", None, "restore")
    undo = alice.undo(record=wrong.record)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == after


def test_the_undo_is_in_the_history_with_its_own_origin(alice: Sender) -> None:
    alice.put(Email="ada@example.com", First_Name="Ada")
    wrong = alice.put(Email="ada@example.com", First_Name="Wrong")
    undo = alice.undo(record=wrong.record)
    with tenant_scope(alice.tenant) as tenant_id:
        change = Change.objects.filter(tenant_id=tenant_id).latest("seq")
        assert change.prev == wrong.record
    assert (change.kind, change.actor_type, str(change.actor_id)) == ("updated", "undo", undo["id"])
    assert change.diff == {"first_name": ["Wrong", "Ada"]}


def test_somebody_elses_present_value_stays(alice: Sender, other: Sender) -> None:
    alice.put(Email="ada@example.com", First_Name="Ada", Last_Name="L")
    wrong = alice.put(Email="ada@example.com", First_Name="Wrong", Last_Name="Wrong")
    right = other.put(Email="ada@example.com", First_Name="Right")
    plan = alice.plan(record=wrong.record)
    assert (plan["restore"], plan["keep"], plan["reasons"]) == (1, 1, {"changed since": 1})
    alice.undo(record=wrong.record)
    told = alice.contact(right.objects[0].id)
    assert (told["first_name"], told["last_name"]) == ("Right", "L")


def test_a_field_goes_back_to_the_newest_value_of_others_in_between(alice: Sender, other: Sender) -> None:
    start = datetime.now(UTC).isoformat()
    made = other.put(Email="ada@example.com", First_Name="One")
    alice.put(Email="ada@example.com", First_Name="Two", Job_Title="Wrong")
    other.put(Email="ada@example.com", First_Name="Three")
    other.put(Email="ada@example.com", First_Name="Two")
    alice.put(Email="ada@example.com", First_Name="Five")
    alice.undo(app=alice.person.client_id, start=start)
    told = alice.contact(made.objects[0].id)
    assert (told["first_name"], told["job_title"]) == ("Two", None)


def test_a_created_contact_that_others_changed_stays_with_its_keys(alice: Sender, other: Sender) -> None:
    made = alice.put(Email="ada@example.com", Phone="+44 20 1234", First_Name="Ada", Job_Title="Wrong")
    other.put(Email="ada@example.com", Last_Name="Lovelace")
    keys = alice.stored()["contact_keys"]
    plan = alice.plan(record=made.record)
    assert (plan["restore"], plan["delete"], plan["keep"], plan["reasons"]) == (2, 0, 2, {"changed since": 2})
    alice.undo(record=made.record)
    told = alice.contact(made.objects[0].id)
    assert (told["email"], told["phone"]) == ("ada@example.com", "+44 20 1234")
    assert (told["first_name"], told["job_title"], told["last_name"]) == (None, None, "Lovelace")
    assert alice.stored()["contact_keys"] == keys


def test_an_account_that_others_use_stays(alice: Sender, other: Sender) -> None:
    made = alice.put("account", Account_Name="Engines", Industry="Looms")
    other.put(Email="ada@example.com", Account_Name="Engines")
    plan = alice.plan(record=made.record)
    assert (plan["restore"], plan["delete"], plan["keep"], plan["reasons"]) == (1, 0, 1, {"linked since": 1})
    alice.undo(record=made.record)
    told = alice.account(made.objects[0].id)
    assert (told["name"], told["industry"]) == ("Engines", None)


def test_a_key_goes_back_with_its_field_unless_somebody_may_have_used_it(alice: Sender, other: Sender) -> None:
    made = other.put(Phone="+44 20 1234", First_Name="Ada")
    adopted = alice.put(Phone="+44 20 1234", Email="ada@example.com")
    keys = alice.stored()["contact_keys"]
    assert set(keys) == {"e:ada@example.com", "p:44201234"}
    other.put(Email="ada@example.com", Last_Name="L")
    plan = alice.plan(record=adopted.record)
    assert (plan["restore"], plan["keep"], plan["reasons"]) == (0, 1, {"found by it since": 1})
    alice.undo(record=adopted.record)
    assert alice.stored()["contact_keys"] == keys
    assert alice.contact(made.objects[0].id)["email"] == "ada@example.com"


def test_a_key_that_nobody_used_is_released(alice: Sender, other: Sender) -> None:
    made = other.put(Phone="+44 20 1234", First_Name="Ada")
    before = alice.stored()
    adopted = alice.put(Phone="+44 20 1234", Email="ada@example.com")
    alice.undo(record=adopted.record)
    assert alice.stored() == before
    assert alice.contact(made.objects[0].id)["email"] is None


def test_aliases_go_back_to_whom_they_found(alice: Sender) -> None:
    alice.put("account", Account_Name="Engines")
    alice.put("account", Account_Name="Looms")
    empty = alice.stored()
    alice.put("account-alias", Account_Name="Engines", Alias="The Mill")
    before = alice.stored()
    moved = alice.put("account-alias", Account_Name="Looms", Alias="the mill")
    after = alice.stored()
    undo = alice.undo(record=moved.record)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == after
    assert set(empty["account_keys"]) == {"engines", "looms"}


def test_edits_by_hand_go_back_with_their_keys(alice: Sender, cast: Cast) -> None:
    desk = Desk(cast.alice)
    id = desk.make("contact", email="ada@example.com", first_name="Ada", account_name="Engines")
    account = next(iter(desk.account_keys().values()))[0]
    before = alice.stored()
    desk.save("contact", id, email="ada@new.example", account_name="", first_name="")
    desk.save("account", account, account_name="Looms", industry="Cloth")
    after = alice.stored()
    seqs = [row.seq for row in desk.ledger() if row.version > 1]
    undo = alice.undo(changes=seqs)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == after


def test_custom_fields_go_back(alice: Sender, cast: Cast) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        fields.create(tenant_id, COMMAND, {"object": "contact", "name": "segment", "label": "Segment", "type": "text"})
    desk = Desk(cast.alice)
    id = desk.make("contact", email="ada@example.com", custom__segment="A")
    before = alice.stored()
    desk.save("contact", id, custom__segment="B")
    alice.undo(changes=[desk.ledger()[-1].seq])
    assert alice.stored() == before
    desk.save("contact", id, custom__segment="")
    alice.undo(changes=[desk.ledger()[-1].seq])
    assert alice.stored() == before


def test_a_whole_batch_is_undone_by_its_request_and_nothing_beside_it(alice: Sender) -> None:
    alice.put(Email="zoe@example.com", First_Name="Zoe")
    before = alice.stored()
    receipts = alice.send(*({"Email": f"c{n}@example.com", "Account Name": "Engines"} for n in range(5)))
    alice.undo(request=receipts[0].record)
    assert alice.stored() == before


def test_what_the_window_names_is_undone_and_nothing_else(alice: Sender, other: Sender) -> None:
    alice.put(Email="ada@example.com", First_Name="Ada")
    other.put(Email="bob@example.com")
    start = datetime.now(UTC).isoformat()
    before = alice.stored()
    alice.put(Email="ada@example.com", First_Name="Wrong")
    alice.put(Email="carl@example.com", Account_Name="Engines")
    end = datetime.now(UTC).isoformat()
    alice.put(Email="late@example.com")
    kept = other.put(Email="dora@example.com")
    plan = alice.plan(app=alice.app.id, start=start, to=end)
    assert (plan["restore"], plan["delete"]) == (1, 2)
    alice.undo(app=alice.app.id, start=start, to=end)
    after = alice.stored()
    assert {key: after[key] for key in before if isinstance(key, tuple)} == {
        key: before[key] for key in before if isinstance(key, tuple)
    }
    assert ("Contact", kept.objects[0].id) in after
    assert set(after["contact_keys"]) - set(before["contact_keys"]) == {"e:late@example.com", "e:dora@example.com"}


@pytest.mark.parametrize(("ago", "low"), [(2, 1), (-2, 3)])
def test_nothing_is_looked_for_from_before_what_is_named_was_made(alice: Sender, ago: int, low: int) -> None:
    alice.put(Email="ada@example.com", Account_Name="Engines")
    made_at = datetime.now(UTC) - timedelta(days=ago)
    with tenant_scope(alice.tenant) as tenant_id:
        ConnectedApp.objects.filter(tenant_id=tenant_id, id=alice.app.id).update(created_at=made_at)
        Configuration.objects.filter(tenant_id=tenant_id, reference="contact").update(created_at=made_at)
        for asked in ({"app": str(alice.app.id)}, {"configuration": "contact"}):
            assert chosen.read(tenant_id, asked).low == low


def test_surveys_answers_and_activities_go_with_their_contact(alice: Sender) -> None:
    empty = alice.stored()
    alice.put("survey", Email="ada@example.com", First_Name="Ada")
    alice.put("multi-object", Email="bob@example.com", Account_Name="Engines", First_Name="Bob")
    alice.put(
        "external-response",
        Email="carl@example.com",
        NPS_Score="9",
        Sent_Date="2026-01-01",
        Response_Date="2026-01-02",
    )
    full = alice.stored()
    assert len(full) > 7
    undo = alice.undo(start="2020-01-01")
    assert alice.stored() == empty
    alice.undo(undo=undo["id"])
    assert alice.stored() == full


def test_a_plan_that_moved_is_refused_or_does_less(alice: Sender, other: Sender) -> None:
    made = alice.put(Email="ada@example.com", First_Name="Ada")
    plan = alice.plan(record=made.record)
    other.put(Email="ada@example.com", Last_Name="L")
    refused = alice.ask({"commit": plan["plan"]}, 409)
    assert refused["moved"] == [{"type": "contact", "id": str(made.objects[0].id)}]
    undo = alice.ask({"commit": plan["plan"], "if_moved": "skip"}, 202)["undo"]
    told = alice.api.get(f"/api/undo/{undo}").json()
    assert (told["restore"], told["delete"], told["keep"]) == (0, 0, 2)
    assert alice.contact(made.objects[0].id)["first_name"] == "Ada"


def test_the_same_token_is_the_same_undo(alice: Sender) -> None:
    made = alice.put(Email="ada@example.com")
    plan = alice.plan(record=made.record)
    first = alice.ask({"commit": plan["plan"]}, 202)
    head = alice.head()
    assert alice.ask({"commit": plan["plan"]}, 202) == first
    assert alice.head() == head


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "plan"),
        ({"plan": True}, "from"),
        ({"plan": True, "record": "x"}, "record"),
        ({"plan": True, "record": str(uuid4())}, "record"),
        ({"plan": True, "request": str(uuid4())}, "request"),
        ({"plan": True, "import": 1}, "import"),
        ({"plan": True, "app": "nobody"}, "app"),
        ({"plan": True, "configuration": "nothing"}, "configuration"),
        ({"plan": True, "undo": str(uuid4())}, "undo"),
        ({"plan": True, "changes": []}, "changes"),
        ({"plan": True, "changes": [True]}, "changes"),
        ({"plan": True, "changes": ["1"]}, "changes"),
        ({"plan": True, "from": "yesterday"}, "from"),
        ({"plan": True, "from": 1}, "from"),
        ({"plan": True, "to": "2026-01-01"}, "from"),
        ({"plan": True, "everything": True}, "everything"),
        ({"plan": True, "user": str(uuid4()), "app": "x"}, "user"),
        ({"plan": True, "record": str(uuid4()), "from": "2026-01-01"}, "from"),
        ({"commit": "nonsense"}, "commit"),
        ({"commit": 1}, "commit"),
        ({"commit": "x", "if_moved": "perhaps"}, "if_moved"),
        ({"commit": "x", "plan": True}, "plan"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(alice: Sender, body: object, named: str) -> None:
    assert named in alice.ask(body, 422)["errors"]


def test_charlie_undoes_nothing_of_ours(alice: Sender, cast: Cast) -> None:
    made = alice.put(Email="ada@example.com")
    charlie = Sender(cast.charlie)
    assert "record" in charlie.ask({"record": str(made.record), "plan": True}, 422)["errors"]
    plan = alice.plan(record=made.record)
    assert "commit" in charlie.ask({"commit": plan["plan"]}, 422)["errors"]
    undo = alice.undo(record=made.record)
    assert charlie.api.get(f"/api/undo/{undo['id']}").status_code == 404
    assert charlie.plan(start="2020-01-01")["delete"] == 0
