"""Sending again: what came under a heading, refused records, what stays and why, and that it can be undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from rapport.configurations import fields
from rapport.configurations.models import Configuration
from rapport.connected_apps import issue
from rapport.evidence.models import ReplayedRecord
from rapport.evidence.replaying import plan
from rapport.groups import ids
from rapport.history.models import Change, SentRecord, UnmappedHeading
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.directory.desk import Desk
from tests.evidence.again import Resender, counts

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Resender:
    return Resender(cast.alice)


@pytest.fixture
def other(cast: Cast) -> Resender:
    """Another app of the same system."""
    return Resender(cast.alice, issue.create_app(cast.alice.tenant, COMMAND, "Other").client_id)


def test_what_came_under_a_heading_is_stored_once_it_is_mapped(alice: Resender) -> None:
    made = alice.put(Email="ada@example.com", Vorname="Ada", First_Shoe="9")
    alice.put(Email="grace@example.com", Last_Name="Hopper")
    alice.map("Vorname", "first_name")
    before, head = alice.stored(), alice.head()
    planned = alice.try_again(heading="Vorname", configuration="contact")
    assert counts(planned) == (1, 0, 0, 0)
    assert planned["examples"] == [
        {
            "record": str(made.record),
            "type": "contact",
            "id": str(made.objects[0].id),
            "field": "first_name",
            "now": None,
            "then": "Ada",
            "verdict": "apply",
            "because": None,
        }
    ]
    assert (alice.stored(), alice.head()) == (before, head), "a plan changes nothing"
    done = alice.again(heading="Vorname", configuration="contact")
    assert done["progress"] == 1.0
    assert alice.contact(made.objects[0].id)["first_name"] == "Ada"
    with tenant_scope(alice.tenant) as tenant_id:
        [change] = Change.objects.filter(tenant_id=tenant_id, seq__gt=head)
    assert (change.actor_type, str(change.actor_id), change.prev) == ("replay", done["id"], made.record)
    assert change.diff == {"first_name": [None, "Ada"]}


def test_a_time_zone_is_filled_in_afterwards(alice: Resender) -> None:
    made = alice.put(Email="ada@example.com", Zone="europe/berlin")
    alice.map("Zone", "time_zone")
    assert counts(alice.again(heading="Zone", configuration="contact")) == (1, 0, 0, 0)
    assert alice.contact(made.objects[0].id)["time_zone"] == "Europe/Berlin"


def test_a_second_time_changes_nothing(alice: Resender) -> None:
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.map("Vorname", "first_name")
    alice.again(heading="Vorname", configuration="contact")
    head = alice.head()
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (0, 1, 0, 0)
    assert alice.head() == head


def test_a_heading_is_applied_from_a_moment_on_and_before_another(alice: Resender) -> None:
    asked = {"heading": "Vorname", "configuration": "contact"}
    first = alice.put(Email="ada@example.com", Vorname="Ada").objects[0].id
    moment = datetime.now(UTC).isoformat()
    second = alice.put(Email="grace@example.com", Vorname="Grace").objects[0].id
    alice.map("Vorname", "first_name")
    for bounds, found in (({"from": moment}, second), ({"to": moment}, first)):
        planned = alice.try_again(**asked, **bounds)
        assert (counts(planned), planned["examples"][0]["id"]) == ((1, 0, 0, 0), str(found))
    assert counts(alice.try_again(**asked, **{"from": moment, "to": moment})) == (0, 0, 0, 0)
    done = alice.again(**asked, to=moment)
    assert done["asked"] == {**asked, "to": moment}
    assert [alice.contact(id)["first_name"] for id in (first, second)] == ["Ada", None]


def test_the_newest_of_several_wins_and_what_others_wrote_since_stays(alice: Resender, other: Resender) -> None:
    ada = alice.put(Email="ada@example.com", Vorname="A").objects[0].id
    alice.put(Email="ada@example.com", Vorname="Ada")
    grace = alice.put(Email="grace@example.com", Vorname="G").objects[0].id
    other.put(Email="grace@example.com", First_Name="Grace")
    alice.map("Vorname", "first_name")
    done = alice.again(heading="Vorname", configuration="contact")
    assert (counts(done), done["reasons"]) == ((2, 0, 1, 0), {"changed since": 1})
    assert [alice.contact(id)["first_name"] for id in (ada, grace)] == ["Ada", "Grace"]


def test_what_somebody_cleared_since_stays_empty(alice: Resender, cast: Cast) -> None:
    alice.put(Email="ada@example.com", First_Name="Old")
    id = alice.put(Email="ada@example.com", Vorname="Ada").objects[0].id
    Desk(cast.alice).save("contact", id, first_name="")
    alice.map("Vorname", "first_name")
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (0, 0, 1, 0)
    assert alice.contact(id)["first_name"] is None


def test_a_later_replay_of_an_earlier_record_loses(alice: Resender) -> None:
    id = alice.put(Email="ada@example.com", Vorname="A").objects[0].id
    alice.put(Email="ada@example.com", Given="Ada")
    alice.map("Given", "first_name")
    alice.again(heading="Given", configuration="contact")
    alice.map("Vorname", "first_name")
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (0, 0, 1, 0)
    assert alice.contact(id)["first_name"] == "Ada"


def test_a_later_replay_of_a_later_record_wins(alice: Resender) -> None:
    id = alice.put(Email="ada@example.com", Given="A").objects[0].id
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.map("Given", "first_name")
    alice.again(heading="Given", configuration="contact")
    alice.map("Vorname", "first_name")
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (1, 0, 0, 0)
    assert alice.contact(id)["first_name"] == "Ada"


def test_another_heading_of_the_record_that_fills_the_field_stays(alice: Resender) -> None:
    id = alice.put(Email="ada@example.com", First_Name="Ada", Vorname="A").objects[0].id
    alice.put(Email="grace@example.com", Vorname=" ")
    alice.map("Vorname", "first_name")
    done = alice.again(heading="Vorname", configuration="contact")
    assert (counts(done), set(done["reasons"])) == ((0, 1, 1, 0), {"another heading fills it", "sent empty"})
    assert alice.contact(id)["first_name"] == "Ada"
    alice.unmap("Vorname")
    alice.map("Vorname", "first_name", first=True)
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (1, 1, 0, 0)
    assert alice.contact(id)["first_name"] == "A"


def test_a_value_that_is_wrong_is_told_and_the_others_are_stored(alice: Resender) -> None:
    alice.put(Email="ada@example.com", Vorname="A" * 129)
    alice.put(Email="grace@example.com", Vorname="Grace")
    alice.map("Vorname", "first_name")
    done = alice.again(heading="Vorname", configuration="contact")
    assert counts(done) == (1, 0, 0, 1)
    assert done["reasons"] == {"The Vorname must not be greater than 128 characters.": 1}


def test_only_the_object_that_the_record_wrote_is_written(alice: Resender, cast: Cast) -> None:
    """Its address is another one's by now."""
    first = alice.put(Email="ada@example.com", Vorname="Ada").objects[0].id
    Desk(cast.alice).save("contact", first, email="lovelace@example.com")
    second = alice.put(Email="ada@example.com").objects[0].id
    alice.map("Vorname", "first_name")
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (1, 0, 0, 0)
    assert [alice.contact(id)["first_name"] for id in (first, second)] == ["Ada", None]


def test_what_is_deleted_since_stays_deleted(alice: Resender) -> None:
    id = alice.put(Email="ada@example.com", Vorname="Ada").objects[0].id
    assert alice.api.delete(f"/api/contacts/{id}").status_code == 204
    alice.map("Vorname", "first_name")
    done = alice.again(heading="Vorname", configuration="contact")
    assert (counts(done), done["reasons"]) == ((0, 0, 1, 0), {"deleted since": 1})
    assert alice.api.get("/api/contacts").json()["data"] == []


def test_a_heading_of_an_account_is_linked(alice: Resender, other: Resender) -> None:
    ada = alice.put(Email="ada@example.com", Firma="Engines").objects[0].id
    grace = alice.put(Email="grace@example.com", Firma="Looms").objects[0].id
    other.put(Email="grace@example.com", Account_Name="Mills")
    alice.map("Firma", "account_name")
    alice.unmap("Account Name")
    assert counts(alice.again(heading="Firma", configuration="contact")) == (1, 0, 1, 0)
    assert [alice.contact(id)["account"]["name"] for id in (ada, grace)] == ["Engines", "Mills"]
    names = [each["name"] for each in alice.api.get("/api/accounts").json()["data"]]
    assert sorted(names) == ["Engines", "Mills"], "no account is made for a link that stays"


def test_addresses_and_numbers_find_their_contact_unless_they_are_somebody_elses(alice: Resender) -> None:
    ada = alice.put(Phone="+44 20 1111", Mail="ada@example.com").objects[0].id
    grace = alice.put(Email="grace@example.com", Mobil="+44 20 2222").objects[0].id
    alan = alice.put(Phone="+44 20 3333", Mail="grace@example.com").objects[0].id
    alice.map("Mail", "email")
    done = alice.again(heading="Mail", configuration="contact")
    assert (counts(done), done["reasons"]) == ((1, 0, 1, 0), {"key taken since": 1})
    alice.map("Mobil", "phone")
    assert counts(alice.again(heading="Mobil", configuration="contact")) == (1, 0, 0, 0)
    keys = alice.stored()["contact_keys"]
    assert (keys["e:ada@example.com"], keys["p:44202222"]) == (ada, grace)
    assert alice.contact(alan)["email"] is None


def test_custom_fields_and_fields_of_accounts(alice: Resender, cast: Cast) -> None:
    with tenant_scope(alice.tenant) as tenant_id:
        fields.create(tenant_id, COMMAND, {"object": "contact", "name": "shoe", "label": "Shoe", "type": "text"})
    id = alice.put(Email="ada@example.com", Shoe_Size="9").objects[0].id
    account = alice.put("account", Account_Name="Engines", Branche="Looms").objects[0].id
    alice.map("Shoe Size", "contact.shoe")
    alice.map("Branche", "industry", "account")
    assert counts(alice.again(heading="Shoe Size", configuration="contact")) == (1, 0, 0, 0)
    assert counts(alice.again(heading="Branche", configuration="account")) == (1, 0, 0, 0)
    assert alice.contact(id)["attributes"] == {"shoe": "9"}
    assert alice.account(account)["industry"] == "Looms"


def test_surveys_are_made_once(alice: Resender) -> None:
    alice.put(Email="grace@example.com")
    alice.put("survey", Email="ada@example.com", Vorname="Ada", Abteilung="North")
    alice.put("survey", Email="grace@example.com", Vorname="Grace")
    alice.map("Vorname", "first_name", "survey")
    alice.map("Abteilung", "division", "survey")
    done = alice.again(heading="Vorname", configuration="survey")
    assert (counts(done), set(done["reasons"])) == ((1, 0, 1, 0), {"a survey changes no contact that is there"})
    done = alice.again(heading="Abteilung", configuration="survey")
    assert (counts(done), set(done["reasons"])) == ((0, 0, 1, 0), {"survey records and responses are made once"})


def test_it_is_undone_and_comes_again(alice: Resender) -> None:
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.refused(Email="grace@", First_Name="Grace")
    alice.map("Vorname", "first_name")
    before = alice.stored()
    done = alice.again(heading="Vorname", configuration="contact")
    after = alice.stored()
    undo = alice.undo(replay=done["id"])
    assert alice.stored() == before
    assert counts(alice.try_again(heading="Vorname", configuration="contact")) == (1, 0, 0, 0)
    alice.undo(undo=undo["id"])
    assert alice.stored() == after
    assert counts(alice.try_again(heading="Vorname", configuration="contact")) == (0, 1, 0, 0)


def test_what_was_undone_of_a_heading_is_applied_again_and_undone_again(alice: Resender) -> None:
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.map("Vorname", "first_name")
    before, asked = alice.stored(), {"heading": "Vorname", "configuration": "contact"}
    for _ in range(2):
        done = alice.again(**asked)
        assert counts(done) == (1, 0, 0, 0)
        alice.undo(replay=done["id"])
        assert alice.stored() == before


def test_an_undo_of_what_others_wrote_too_came_later(alice: Resender) -> None:
    alice.put(Email="ada@example.com", Vorname="Ada")
    moment = datetime.now(UTC).isoformat()
    alice.put(Email="ada@example.com", First_Name="Other")
    alice.undo(start=moment)
    alice.map("Vorname", "first_name")
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (0, 0, 1, 0)


def row(alice: Resender, **columns: Any) -> UUID:
    """The id of a refused record that is in the history."""
    made = ids.first(datetime.now(UTC))
    given = {"id": made, "at": ids.moment_of(made), "request_id": "r", "position": 0, "actor_type": "app"}
    given |= {"status": 422, "outcome": "rejected", "objects_written": []}
    with tenant_scope(alice.tenant) as tenant_id:
        return SentRecord.objects.create(tenant_id=tenant_id, **given | columns).id


# Refused records


def test_a_refused_record_is_stored_once_its_cause_is_mended(alice: Resender) -> None:
    id = alice.refused(Mail="ada@example.com", First_Name="Ada", Shoe="9")
    assert counts(alice.try_again(records=[str(id)])) == (0, 0, 0, 1)
    alice.map("Mail", "email")
    done = alice.again(records={"outcome": "rejected"})
    assert counts(done) == (1, 0, 0, 0)
    [contact] = alice.api.get("/api/contacts").json()["data"]
    assert (contact["email"], contact["first_name"]) == ("ada@example.com", "Ada")
    row = alice.history()[-1]
    assert (row.actor_type, str(row.actor_id), row.outcome, row.ignored) == ("replay", done["id"], "created", ["Shoe"])
    assert row.email_key == "ada@example.com"
    with tenant_scope(alice.tenant) as tenant_id:
        [repeated] = ReplayedRecord.objects.filter(tenant_id=tenant_id)
    assert (repeated.record, repeated.made, repeated.whole) == (id, row.id, True)


def test_it_is_put_through_only_once(alice: Resender) -> None:
    id = alice.refused(Mail="ada@example.com")
    alice.map("Mail", "email")
    alice.again(records=[str(id)])
    head = alice.head()
    done = alice.again(records=[str(id)])
    assert (counts(done), done["reasons"]) == ((0, 1, 0, 0), {"sent again before": 1})
    assert counts(alice.again(records={})) == (0, 1, 0, 0)
    assert alice.head() == head


def wrong_and_undone(alice: Resender, configuration: str, sent: dict[str, str], **undone: str) -> tuple[str, Any]:
    """A refused record that was corrected wrongly, and that undone: its id, and the undo."""
    record = str(alice.refused(configuration, Email="ada@", First_Name="Wrong"))
    done = alice.again(records=[record], sent=sent | {"First Name": "Wrong"})
    assert counts(done) == (1, 0, 0, 0)
    named = {"replay": done["id"]} if not undone else {"record": str(alice.history()[-1].id)}
    return record, alice.undo(**named)


@pytest.mark.parametrize("named", [{}, {"record": "its own"}])
@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("configuration", ["contact", "multi-object"])
def test_what_was_undone_is_sent_again(
    alice: Resender, configuration: str, is_there: bool, named: dict[str, str]
) -> None:
    if is_there:
        alice.put(Email="ada@example.com", First_Name="Before")
    before, sent = alice.stored(), {"Email": "ada@example.com", "Account Name": "Engines"}
    record = wrong_and_undone(alice, configuration, sent, **named)[0]
    assert alice.stored() == before
    right = sent | {"First Name": "Right"}
    done = alice.again(records=[record], sent=right)
    assert counts(done) == (1, 0, 0, 0)
    [contact] = alice.api.get("/api/contacts").json()["data"]
    assert (contact["first_name"], contact["account"]["name"]) == ("Right", "Engines")
    assert alice.try_again(records=[record], sent=right)["reasons"] == {"sent again before": 1}
    alice.undo(replay=done["id"])
    assert alice.stored() == before
    assert counts(alice.try_again(records=[record], sent=right)) == (1, 0, 0, 0)


def test_what_was_undone_and_brought_back_is_not_sent_again(alice: Resender) -> None:
    sent = {"Email": "ada@example.com"}
    record, undo = wrong_and_undone(alice, "contact", sent)
    alice.undo(undo=undo["id"])
    assert alice.try_again(records=[record], sent=sent)["reasons"] == {"sent again before": 1}


def test_what_was_sent_before_an_undone_record_is_not_older_than_what_is_there(alice: Resender) -> None:
    alice.put(Email="ada@example.com", First_Name="Before")
    first, second = (str(alice.refused(Mail="ada@example.com", First_Name=name)) for name in ("First", "Second"))
    alice.map("Mail", "email")
    done = alice.again(records=[second])
    assert counts(alice.try_again(records=[first])) == (0, 0, 1, 0)
    alice.undo(replay=done["id"])
    assert counts(alice.again(records=[first])) == (1, 0, 0, 0)


def test_what_was_undone_in_part_is_not_sent_again(alice: Resender, other: Resender) -> None:
    record = str(alice.refused(Mail="ada@example.com", First_Name="Ada"))
    alice.map("Mail", "email")
    done = alice.again(records=[record])
    other.put(Email="ada@example.com", Last_Name="L")
    assert alice.undo(replay=done["id"])["delete"] == 0
    assert alice.try_again(records=[record])["reasons"] == {"sent again before": 1}


@pytest.mark.parametrize(
    ("configuration", "record", "kind"),
    [
        ("contact", {"Email": "gone@example.com"}, "contacts"),
        ("multi-object", {"Email": "gone@example.com", "Account Name": "Engines"}, "contacts"),
        ("account", {"Account Name": "Looms"}, "accounts"),
    ],
)
def test_what_was_deleted_since_a_record_was_refused_stays_away(
    alice: Resender, configuration: str, record: dict[str, str], kind: str
) -> None:
    [made] = alice.send(record, configuration="account" if kind == "accounts" else "contact")
    wrong = {"Account Manager Email": "nobody"} if kind == "accounts" else {"Phone": "1"}
    [refused] = alice.send(record | wrong, configuration=configuration)
    assert refused.errors
    id = made.objects[0].id
    assert alice.api.delete(f"/api/{kind}/{id}").status_code == 204
    asked = {"records": [str(refused.record)], "sent": record | {"Industry": "Looms", "First Name": "A"}}
    before = alice.stored()
    planned = alice.try_again(**asked)
    assert (counts(planned), planned["reasons"]) == ((0, 0, 1, 0), {"deleted since": 1})
    assert (planned["examples"][0]["id"], planned["examples"][0]["because"]) == (str(id), "deleted since")
    alice.again(**asked)
    assert alice.stored() == before
    assert alice.api.post(f"/api/{kind}/{id}/restore").status_code == 200
    assert counts(alice.again(**asked)) == (1, 0, 0, 0)


def deleted_account(alice: Resender, name: str = "Engines") -> Any:
    """The id of one that was there, and is deleted."""
    id = next(each["id"] for each in alice.api.get("/api/accounts").json()["data"] if each["name"] == name)
    assert alice.api.delete(f"/api/accounts/{id}").status_code == 204
    return id


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("configuration", ["contact", "multi-object", "survey"])
def test_an_account_that_is_only_named_and_was_deleted_since_is_not_made_anew(
    alice: Resender, configuration: str, there: bool
) -> None:
    alice.put("account", Account_Name="Engines")
    if there:
        alice.put(Email="ada@example.com")
    id = alice.refused(configuration, Mail="ada@example.com", First_Name="Ada", Account_Name="Engines")
    account = deleted_account(alice)
    alice.map("Mail", "email", configuration)
    asked = {"records": [str(id)]}
    planned = alice.try_again(**asked)
    assert (counts(planned), planned["reasons"]) == ((1, 0, 0, 0), {"account deleted since": 1})
    [stays] = [each for each in planned["examples"] if each["verdict"] == "keep"]
    assert (stays["field"], stays["then"], stays["id"] is None) == ("account_name", "Engines", not there)
    alice.again(**asked)
    assert alice.api.get("/api/accounts").json()["data"] == []
    [contact] = alice.api.get("/api/contacts").json()["data"]
    assert (contact["email"], contact["account"]) == ("ada@example.com", None)
    assert alice.api.post(f"/api/accounts/{account}/restore").status_code == 200, "nothing has taken its name"


def test_what_is_nothing_without_its_account_stays_away_with_it(alice: Resender) -> None:
    alice.put("account", Account_Name="Engines")
    given = {"Account_Name": "Engines", "Reference": "T-1", "Type": "ticket", "Source": "desk"}
    ids = [
        str(alice.refused("activity", **given, Happened="2026-01-31 14:30:00")),
        str(alice.refused("account-alias", Account_Name="Engines", Other="One")),
    ]
    account = deleted_account(alice)
    alice.map("Happened", "happened_at", "activity")
    alice.map("Other", "alias", "account-alias")
    before = alice.stored()
    done = alice.again(records=ids)
    assert (counts(done), done["reasons"]) == ((0, 0, 2, 0), {"account deleted since": 2})
    assert alice.stored() == before
    assert alice.api.post(f"/api/accounts/{account}/restore").status_code == 200
    assert counts(alice.again(records=ids)) == (2, 0, 0, 0)


def test_a_heading_makes_no_account_anew_that_was_deleted_since(alice: Resender) -> None:
    alice.put("account", Account_Name="Engines")
    first = alice.put(Email="ada@example.com", Firma="Engines").objects[0].id
    deleted_account(alice)
    second = alice.put(Email="grace@example.com", Firma="Engines").objects[0].id
    alice.map("Firma", "account_name")
    alice.unmap("Account Name")
    done = alice.again(heading="Firma", configuration="contact")
    assert (counts(done), done["reasons"]) == ((1, 0, 1, 0), {"account deleted since": 1})
    assert alice.contact(first)["account"] is None
    assert alice.contact(second)["account"]["name"] == "Engines", "it came after the deletion, which released the name"


def test_what_was_deleted_before_comes_as_anything_new(alice: Resender) -> None:
    id = alice.put(Email="gone@example.com").objects[0].id
    assert alice.api.delete(f"/api/contacts/{id}").status_code == 204
    alice.refused(Mail="gone@example.com")
    alice.map("Mail", "email")
    assert counts(alice.again(records={})) == (1, 0, 0, 0)


def test_what_was_written_since_stays_and_the_rest_is_written(alice: Resender, other: Resender) -> None:
    made = other.put(Email="ada@example.com", Job_Title="Countess")
    alice.refused(Mail="ada@example.com", First_Name="A", Last_Name="L", Job_Title="Nobody")
    other.put(Email="ada@example.com", First_Name="Ada")
    alice.map("Mail", "email")
    done = alice.again(records={})
    assert (counts(done), done["reasons"]) == ((1, 0, 0, 0), {"changed since": 1})
    told = alice.contact(made.objects[0].id)
    assert (told["first_name"], told["last_name"], told["job_title"]) == ("Ada", "L", "Nobody")


def test_records_of_a_set_follow_one_another(alice: Resender) -> None:
    for name in ("A", "Ad", "Ada"):
        alice.refused(Mail="ada@example.com", First_Name=name)
    alice.map("Mail", "email")
    assert counts(alice.again(records={})) == (3, 0, 0, 0)
    [contact] = alice.api.get("/api/contacts").json()["data"]
    assert contact["first_name"] == "Ada"


def test_a_heading_of_a_replayed_record_is_as_old_as_what_it_repeats(alice: Resender, other: Resender) -> None:
    alice.refused(Mail="ada@example.com", Vorname="A", Nachname="L")
    alice.map("Mail", "email")
    other.put(Email="ada@example.com", First_Name="Ada")
    alice.again(records={})
    alice.map("Vorname", "first_name")
    alice.map("Nachname", "last_name")
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (0, 0, 1, 0)
    assert counts(alice.again(heading="Nachname", configuration="contact")) == (1, 0, 0, 0)
    [contact] = alice.api.get("/api/contacts").json()["data"]
    assert (contact["first_name"], contact["last_name"]) == ("Ada", "L")


def test_what_is_younger_wins_in_whatever_order_they_stand_in_the_history(alice: Resender) -> None:
    alice.refused(Mail="ada@example.com", Vorname="A")
    alice.put(Email="ada@example.com", Vorname="Ada")
    alice.map("Mail", "email")
    alice.again(records={})
    alice.map("Vorname", "first_name")
    assert counts(alice.again(heading="Vorname", configuration="contact")) == (1, 0, 1, 0)
    assert alice.api.get("/api/contacts").json()["data"][0]["first_name"] == "Ada"


def test_an_alias_that_was_moved_since_stays(alice: Resender, other: Resender) -> None:
    alice.put("account", Account_Name="Engines")
    looms = alice.put("account", Account_Name="Looms").objects[0].id
    alice.refused("account-alias", Firma="Engines", Alias="One")
    other.put("account-alias", Account_Name="Looms", Alias="One")
    alice.map("Firma", "account_name", "account-alias")
    assert counts(alice.again(records={})) == (0, 0, 1, 0)
    assert {owner for owner, is_alias, _ in alice.stored()["account_keys"].values() if is_alias} == {looms}


def test_a_link_and_a_key_that_somebody_took_away_since_stay_away(alice: Resender, cast: Cast) -> None:
    made = alice.put(Email="ada@example.com", Phone="+44 20 1111", Account_Name="Engines").objects[0].id
    sent = {"Email": "ada@example.com", "Phone": "+44 20 1111", "Account Name": "Engines", "Last Name": "L"}
    id = alice.refused(**sent, Job_Title="T" * 129)
    Desk(cast.alice).save("contact", made, phone="", account_name="", email="ada@example.com")
    done = alice.again(records=[str(id)], sent=sent)
    assert (counts(done), done["reasons"]) == ((1, 0, 0, 0), {"changed since": 2})
    told = alice.contact(made)
    assert (told["last_name"], told["phone"], told["account"]) == ("L", None, None)
    assert set(alice.stored()["contact_keys"]) == {"e:ada@example.com"}


def test_no_account_is_made_for_a_link_that_stays(alice: Resender, other: Resender) -> None:
    made = alice.put(Email="al@example.com").objects[0].id
    alice.refused(Mail="al@example.com", Account_Name="Old", First_Name="Al")
    other.put(Email="al@example.com", Account_Name="New")
    alice.map("Mail", "email")
    done = alice.again(records={})
    assert (counts(done), done["reasons"]) == ((1, 0, 0, 0), {"changed since": 1})
    told = alice.contact(made)
    assert (told["first_name"], told["account"]["name"]) == ("Al", "New")
    assert [each["name"] for each in alice.api.get("/api/accounts").json()["data"]] == ["New"]


def test_a_record_is_corrected_by_a_person(alice: Resender) -> None:
    id = str(alice.refused(Email="ada@", First_Name="Ada"))
    sent = {"Email": "ada@example.com", "First Name": "Ada"}
    done = alice.again(records=[id], sent=sent)
    assert (counts(done), done["asked"]) == ((1, 0, 0, 0), {"records": [id]})
    assert alice.row(done["id"]).corrected is None, "it is kept in the history alone"
    assert alice.history()[-1].sent == sent
    [contact] = alice.api.get("/api/contacts").json()["data"]
    assert contact["email"] == "ada@example.com"


def test_a_filter_finds_what_it_names(alice: Resender, other: Resender) -> None:
    alice.refused(Email="ada@", First_Name="Ada")
    other.refused(Email="grace@", First_Name="Grace")
    alice.refused("account", Industry="Looms")
    alice.put(Email="alan@example.com")
    sentence = "The Email must be a valid email address."
    for named, found in (
        ({}, 3),
        ({"outcome": "not_written"}, 0),
        ({"configuration": "account"}, 1),
        ({"app": other.person.client_id}, 2),
        ({"app": str(other.app.id)}, 1),
        ({"reason": sentence}, 2),
        ({"containing": "Grace"}, 1),
        ({"from": "2100-01-01"}, 0),
    ):
        assert sum(counts(alice.try_again(records=named))) == found, named


def test_what_is_not_kept_or_has_no_configuration_is_told(alice: Resender) -> None:
    alice.refused(Email="ada@")
    with tenant_scope(alice.tenant) as tenant_id:
        SentRecord.objects.filter(tenant_id=tenant_id).update(sent=None)
    unknown = {"errors": {"configuration": ["…"]}, "sent": {"configuration": "contacts"}}
    row(alice, id=uuid4(), sent={"Email": "a@example.com"})
    named = str(row(alice, **unknown))
    planned = alice.try_again(records={})
    assert counts(planned) == (0, 0, 2, 1)
    assert planned["reasons"] == {
        "what was sent is not kept": 1,
        "from before records had ids": 1,
        "no configuration reads it": 1,
    }
    alice.put(Email="ada@example.com")
    assert alice.try_again(records=[named, str(alice.history()[-1].id)])["reasons"]["stored already"] == 1


@pytest.mark.parametrize("key", ["dryRun", "dry_run", "atomic", "Idempotency-Key"])
def test_what_was_refused_for_its_request_is_not_written_later(alice: Resender, key: str) -> None:
    """A misspelt dry run was none that should be written, and a reused key has written something else."""
    with tenant_scope(alice.tenant) as tenant_id:
        contact = Configuration.objects.get(tenant_id=tenant_id, reference="contact")
    columns = {"configuration_id": contact.id, "sent": {"Email": "ada@example.com"}}
    id = row(alice, **columns, errors={key: ["…"], "record.Email": ["…"]})
    planned = alice.try_again(records=[str(id)])
    assert (counts(planned), planned["reasons"]) == ((0, 0, 1, 0), {"its request was refused": 1})
    assert counts(alice.try_again(records={})) == (0, 0, 1, 0)


def test_a_refused_activity_needs_no_configuration(alice: Resender) -> None:
    sent = {"account": "Engines", "source": "CRM", "type": "call", "happened_at": "yesterday", "reference": "r1"}
    id = str(row(alice, sent=sent, errors={"record.happened_at": ["…"]}))
    assert counts(alice.try_again(records=[id])) == (0, 0, 0, 1)
    right = {**sent, "happened_at": "2026-01-02T03:04:05Z"}
    assert counts(alice.again(records=[id], sent=right)) == (1, 0, 0, 0)
    [activity] = [each for each in alice.stored() if each[0] == "Activity"]
    assert activity


def test_a_heading_of_an_activity(alice: Resender) -> None:
    made = alice.put(
        "activity",
        Account_Name="Engines",
        Reference="r1",
        Source="CRM",
        Type="call",
        Happened_At="2026-01-02",
        Notiz="Busy",
        Konto="Looms",
        Wer="nobody@example.com",
    )
    alice.unmap("Additional Information", "activity")
    alice.unmap("Contact", "activity")
    alice.map("Notiz", "information", "activity")
    alice.map("Konto", "account_name", "activity", first=True)
    alice.map("Wer", "contact", "activity")
    assert counts(alice.again(heading="Notiz", configuration="activity")) == (1, 0, 0, 0)
    assert alice.stored()["Activity", made.objects[0].id]["information"] == "Busy"
    assert alice.again(heading="Konto", configuration="activity")["reasons"] == {"others are found by it": 1}
    assert counts(alice.again(heading="Wer", configuration="activity")) == (0, 0, 0, 1)


def test_a_default_configuration_is_mapped_in_a_copy(alice: Resender) -> None:
    """Records have named the default one, and a copy of it reads them."""
    id = alice.put(Email="ada@example.com", Vorname="Ada").objects[0].id
    refused = alice.refused(Mail="grace@example.com", First_Name="Grace")
    answer = alice.api.post(
        "/api/configurations/contact/copy", {"reference": "ours", "name": "Ours"}, content_type="application/json"
    )
    assert answer.status_code == 201, answer.content
    alice.map("Vorname", "first_name", "ours")
    alice.map("Mail", "email", "ours")
    assert counts(alice.again(heading="Vorname", configuration="ours")) == (0, 0, 0, 0)
    assert counts(alice.again(heading="Vorname", configuration="ours", instead_of="contact")) == (1, 0, 0, 0)
    assert alice.contact(id)["first_name"] == "Ada"
    assert counts(alice.again(records=[str(refused)])) == (0, 0, 0, 1)
    assert counts(alice.again(records=[str(refused)], configuration="ours")) == (1, 0, 0, 0)
    with tenant_scope(alice.tenant) as tenant_id:
        copy = Configuration.objects.get(tenant_id=tenant_id, reference="ours").id
    assert {each.configuration_id for each in alice.history() if each.actor_type == "replay"} == {copy}


def test_headings_are_counted_when_they_come_and_not_again(alice: Resender) -> None:
    alice.refused(Mail="ada@example.com", Shoe="9")
    alice.map("Mail", "email")
    with tenant_scope(alice.tenant) as tenant_id:
        before = list(UnmappedHeading.objects.filter(tenant_id=tenant_id).values("heading", "count"))
    alice.again(records={})
    with tenant_scope(alice.tenant) as tenant_id:
        assert list(UnmappedHeading.objects.filter(tenant_id=tenant_id).values("heading", "count")) == before


# The two steps


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "plan"),
        ({"plan": True}, "heading"),
        ({"plan": True, "heading": "Shoe", "configuration": "nothing"}, "configuration"),
        ({"plan": True, "heading": "Shoe", "configuration": "contact"}, "heading"),
        ({"plan": True, "heading": 1, "configuration": "contact"}, "heading"),
        ({"plan": True, "heading": "Shoe", "configuration": "contact", "sent": {"A": "b"}}, "sent"),
        ({"plan": True, "heading": "Shoe", "records": {}}, "heading"),
        ({"plan": True, "heading": "Email", "configuration": "contact", "instead_of": "nothing"}, "instead_of"),
        ({"plan": True, "heading": "Email", "configuration": "contact", "instead_of": "account"}, "instead_of"),
        ({"plan": True, "heading": "Email", "configuration": "contact", "from": "soon"}, "from"),
        ({"plan": True, "heading": "Email", "configuration": "contact", "to": 1}, "to"),
        ({"plan": True, "records": {}, "from": "2026-01-01"}, "from"),
        ({"plan": True, "records": {}, "instead_of": "contact"}, "instead_of"),
        ({"plan": True, "records": {}, "configuration": "nothing"}, "configuration"),
        ({"plan": True, "records": {}, "configuration": 1}, "configuration"),
        ({"plan": True, "records": "all"}, "records"),
        ({"plan": True, "records": []}, "records"),
        ({"plan": True, "records": [1]}, "records"),
        ({"plan": True, "records": [str(uuid4())]}, "records"),
        ({"plan": True, "records": {"outcome": "created"}}, "records.outcome"),
        ({"plan": True, "records": {"outcome": 1}}, "records.outcome"),
        ({"plan": True, "records": {"app": "nobody"}}, "records.app"),
        ({"plan": True, "records": {"from": "soon"}}, "records.from"),
        ({"plan": True, "records": {"limit": "1"}}, "records.limit"),
        ({"plan": True, "records": {}, "sent": {"A": "b"}}, "sent"),
        ({"plan": True, "records": {}, "everything": True}, "everything"),
        ({"commit": "nonsense"}, "commit"),
        ({"commit": 1}, "commit"),
        ({"commit": "nonsense", "if_moved": "skip"}, "if_moved"),
    ],
)
def test_what_is_wrong_is_told_by_name(alice: Resender, body: Any, field: str) -> None:
    assert field in alice.say(body, 422)["errors"]


def test_a_correction_is_of_texts(alice: Resender) -> None:
    id = str(alice.refused(Email="ada@"))
    for sent in ({}, [], {"Email": 1}):
        assert "sent" in alice.try_again(422, records=[id], sent=sent)["errors"]


def test_the_same_token_is_the_same_replay(alice: Resender, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.refused(Mail="ada@example.com")
    alice.map("Mail", "email")
    token = alice.try_again(records={})["plan"]
    replay = alice.say({"commit": token}, 202)
    alice.map("Again", "first_name")
    assert alice.say({"commit": token}, 202) == replay
    late = alice.try_again(records={})["plan"]
    monkeypatch.setattr(plan, "LIFETIME", -1)
    assert "older than an hour" in str(alice.say({"commit": late}, 422))


def test_a_configuration_that_was_changed_since_the_plan_refuses_it(alice: Resender) -> None:
    alice.refused(Mail="ada@example.com")
    alice.map("Mail", "email")
    token = alice.try_again(records={})["plan"]
    alice.map("Vorname", "first_name")
    assert "plan again" in alice.say({"commit": token}, 409)["message"]


def test_a_configuration_that_is_there_again_since_the_plan_refuses_it(alice: Resender) -> None:
    alice.refused(Mail="ada@example.com")
    alice.activate(active=False)
    planned = alice.try_again(records={})
    assert planned["reasons"] == {"no configuration reads it": 1}
    alice.map("Mail", "email")
    alice.activate(active=True)
    assert "plan again" in alice.say({"commit": planned["plan"]}, 409)["message"]
    assert alice.api.get("/api/contacts").json()["data"] == []


def test_configurations_of_records_that_were_only_counted_count_too(
    alice: Resender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "TRIED", 1)
    monkeypatch.setattr("rapport.evidence.replaying.cases.CHUNK", 1)
    alice.refused("account", Industry="Looms")
    alice.refused(Mail="ada@example.com")
    planned = alice.try_again(records={})
    assert planned["more"] == 1
    alice.map("Mail", "email")
    assert "plan again" in alice.say({"commit": planned["plan"]}, 409)["message"]


def test_records_that_came_since_the_plan_are_left_alone(alice: Resender) -> None:
    alice.refused(Mail="ada@example.com")
    alice.map("Mail", "email")
    token = alice.try_again(records={})["plan"]
    alice.refused(First_Name="Grace")
    done = alice.show(alice.say({"commit": token}, 202)["replay"])
    assert counts(done) == (1, 0, 0, 0)


def test_of_very_many_records_some_are_tried(alice: Resender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "TRIED", 2)
    monkeypatch.setattr("rapport.evidence.replaying.cases.CHUNK", 2)
    for number in range(5):
        alice.refused(Mail=f"a{number}@example.com")
    alice.map("Mail", "email")
    planned = alice.try_again(records={})
    assert (counts(planned), planned["more"]) == ((2, 0, 0, 0), 3)
    done = alice.show(alice.say({"commit": planned["plan"]}, 202)["replay"])
    assert (counts(done), done["progress"]) == ((5, 0, 0, 0), 1.0)


def test_charlie_and_others_without_the_scope_find_nothing(alice: Resender, cast: Cast) -> None:
    id = str(alice.refused(Mail="ada@example.com"))
    alice.map("Mail", "email")
    token = alice.try_again(records=[id])["plan"]
    charlie = Resender(cast.charlie)
    assert "records" in charlie.try_again(422, records=[id])["errors"]
    assert counts(charlie.try_again(records={})) == (0, 0, 0, 0)
    assert "commit" in charlie.say({"commit": token}, 422)["errors"]
    replay = alice.say({"commit": token}, 202)["replay"]
    assert charlie.api.get(f"/api/replay/{replay}").status_code == 404
    assert (
        "replay"
        in charlie.api.post("/api/undo", {"replay": replay, "plan": True}, content_type="application/json").json()[
            "errors"
        ]
    )
