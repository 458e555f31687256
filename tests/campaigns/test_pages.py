"""Campaigns in the console: from a draft to a campaign that runs, by forms alone."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from rapport.campaigns import choosing, conditions, proofs, ready, recipients, rules
from rapport.campaigns.errors import FaultsError
from rapport.campaigns.models import Campaign, CampaignCount, Delivery, Message, SmtpServer
from rapport.configurations.models import CustomField
from rapport.feedback.documents import starters
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.console.visitor import visitor
from tests.directory.feed import feed
from tests.feedback.stock import put_survey
from tests.sender import office
from tests.sender.sink import sink

if TYPE_CHECKING:
    from tests.cast import Cast, Person
    from tests.conftest import Database

FORM = {
    "name": "Q4",
    "kind": "invitation",
    "source": "contacts",
    "field_0": "last_name",
    "operator_0": "is",
    "value_0": "Lovelace",
    "sender_name": "Ada",
    "sender_address": "ada@sender.example",
    "reminders": "7, 14",
}


class Desk:
    """Somebody at the console."""

    def __init__(self, person: Person) -> None:
        self.client, self.home = visitor(person), f"/s/{person.tenant.slug}"
        self.tenant = person.tenant

    def get(self, path: str) -> Any:
        return self.client.get(self.home + path)

    def post(self, path: str, **given: Any) -> Any:
        return self.client.post(self.home + path, given)

    def campaign(self) -> Campaign:
        with tenant_scope(self.tenant) as tenant_id:
            return Campaign.objects.filter(tenant_id=tenant_id).order_by("-id")[0]


@pytest.fixture
def alice(database: Database, cast: Cast) -> Desk:
    """Alice has two contacts called Lovelace, and one who is not."""
    office.contacts(database, cast.alice.tenant, "ada@example.com", "ann@example.com", **{"Last Name": "Lovelace"})
    office.contacts(database, cast.alice.tenant, "bob@example.com", **{"Last Name": "Byron"})
    return Desk(cast.alice)


def test_from_a_form_to_a_campaign_that_runs(database: Database, alice: Desk) -> None:
    assert "No campaigns yet" in alice.get("/campaigns/manual").content.decode()
    answer = alice.post("/campaigns/manual/new", **FORM)
    assert answer.status_code == 302, answer.content.decode()
    row = alice.campaign()
    assert row.recipients == {"where": [{"field": "last_name", "is": "Lovelace"}]}
    assert row.reminders == [7, 14]
    path = f"/campaigns/{row.id}"
    page = alice.get(f"{path}/message").content.decode()
    assert "contact.first_name" in page
    assert "likely" in alice.get(f"{path}/preview").content.decode()
    with office.serving(database, 25):
        plan = alice.post(f"{path}/plan").content.decode()
        assert "2 contacts of 2 chosen" in plan
        token = re.search(r'name="plan" value="([^"]+)"', plan)[1]
        alice.post(f"{path}/start", plan=token, at="")
    assert alice.campaign().state == "running"
    shown = alice.get(path).content.decode()
    assert "0 of 2 are over" in shown
    assert 'Lovelace</a> <span class="quiet">ada@example.com' in shown
    assert re.search(r"A reminder goes out <time[^>]*>in \d d", shown)
    assert "Save" not in alice.get(f"{path}/message").content.decode().partition("<main")[2]
    assert "bob@example.com" not in shown
    for act, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        alice.post(f"{path}/{act}")
        assert alice.campaign().state == state
        assert ("Paused by Alice" in alice.get(path).content.decode()) == (act == "pause")
    rows = b"".join(alice.get(f"{path}/deliveries.csv").streaming_content).decode().splitlines()
    assert rows[0] == "Id,Wave,Address,State,Reason,Tries,Sent"
    assert all("cancelled,The campaign was cancelled." in line for line in rows[1:])
    assert len(rows) == 3
    assert "Q4" in alice.get("/campaigns/manual").content.decode()


def test_a_message_is_saved_by_language_and_its_faults_stand_at_their_field(alice: Desk) -> None:
    alice.post("/campaigns/manual/new", **FORM)
    path = f"/campaigns/{alice.campaign().id}/message?language=de"
    wrong = alice.post(path, subject="Hallo", body="{{ contact.shoe }} {{ unsubscribe_link }} {{ survey_link }}")
    assert wrong.status_code == 422
    assert "The tag contact.shoe is unknown." in wrong.content.decode()
    right = alice.post(path, subject="Hallo", body="Wie **wahrscheinlich**? {{ score_row }} {{ unsubscribe_link }}")
    assert right.status_code == 302
    shown = alice.get(f"/campaigns/{alice.campaign().id}/preview?language=de").content.decode()
    assert "<strong>wahrscheinlich</strong>" in shown


def test_faults_of_a_draft_stand_in_its_form(alice: Desk) -> None:
    answer = alice.post("/campaigns/manual/new", **FORM | {"sender_address": "nobody", "operator_0": "more"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "must be a valid email address" in text
    assert "more and less are for numbers" in text
    wrong = {"window_from": "17:00", "window_to": "09:00", "spread_hours": "300", "reminders": "soon"}
    row = {"field_0": "", "field_2": "created_at", "operator_2": "before", "value_2": "yesterday"}
    text = unescape(alice.post("/campaigns/manual/new", **FORM | wrong | row).content.decode())
    for field, told in (
        ("window_from", "Write from when until when on each chosen day"),
        ("spread_hours", "Write a number of hours from 0 to 240."),
        ("reminders", "Write one or two numbers of days"),
        ("value_2", " is before: yesterday is no date, such as 2026-01-31, and no time"),
    ):
        assert told in text.partition(f'name="{field}"')[2].partition("<label")[0], field
    text = alice.post("/campaigns/segments/new", name="None").content.decode()
    assert "Choose a field and what it must be, in one row at least." in text
    assert "JSON" not in text


def test_a_test_mail_goes_to_whoever_asks_for_it(database: Database, alice: Desk) -> None:
    alice.post("/campaigns/manual/new", **FORM)
    with sink() as server, office.serving(database, server.port):
        alice.post(f"/campaigns/{alice.campaign().id}/test", language="en")
        [mail] = server.messages()
    assert mail["To"].startswith("alice-")
    assert "preview" in mail.get_body(("plain",)).get_content()
    assert office.rows(alice.tenant) == {}


def test_an_hours_test_mails_of_one_person_are_bounded(
    database: Database, alice: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "TESTS", 2)
    alice.post("/campaigns/manual/new", **FORM)
    path = f"/campaigns/{alice.campaign().id}"
    with sink() as server, office.serving(database, server.port):
        for _ in range(3):
            alice.post(f"{path}/test", language="en")
        assert len(server.taken) == 2
    told = "Whoever edits campaigns may send 2 test mails an hour, each to their own address."
    assert told in alice.get(f"{path}/message").content.decode()


def test_a_message_is_shown_as_any_contact_gets_it(database: Database, alice: Desk, cast: Cast) -> None:
    office.contacts(database, alice.tenant, "greta@example.com", **{"First Name": "Greta", "Language": "German"})
    office.contacts(database, alice.tenant, "zoe@example.com", **{"First Name": "Zoe"})
    office.contacts(database, cast.charlie.tenant, "theirs@example.com", **{"First Name": "Theirs"})
    alice.post("/campaigns/manual/new", **FORM)
    path = f"/campaigns/{alice.campaign().id}"
    body = "Hallo {{ contact.first_name }} {{ score_row }} {{ unsubscribe_link }}"
    alice.post(f"{path}/message?language=de", subject="Hallo", body=body)
    shown = alice.get(f"{path}/preview?contact=Greta@Example.com").content.decode()
    assert "Hallo Greta" in shown
    assert "Hello Greta" in alice.get(f"{path}/preview?contact=greta@example.com&language=en").content.decode()
    for other in ("theirs@example.com", "not an address", ""):
        assert "Hello Zoe" in alice.get(f"{path}/preview?contact={other}&language=en").content.decode()
    assert "No contact has that address" in alice.get(f"{path}/message?contact=theirs@example.com").content.decode()
    assert "No contact has that" not in alice.get(f"{path}/message?contact=greta@example.com").content.decode()


def test_a_mail_server_is_asked_when_it_is_saved_and_its_password_is_sealed(alice: Desk) -> None:
    given = {"name": "Ours", "host": "127.0.0.1", "security": "smtp", "connections": 2, "rate": ""}
    with sink() as server:
        alice.post("/settings/sending/new-server", **given, port=server.port, user_name="", password="")
        page = alice.get("/settings/sending").content.decode()
        assert "It answered." in page
    with tenant_scope(alice.tenant) as tenant_id:
        row = SmtpServer.objects.get(tenant_id=tenant_id)
    path = f"/settings/sending/{row.id}"
    alice.post(path, **given, port=1, user_name="ada", password="open sesame")
    with tenant_scope(alice.tenant) as tenant_id:
        row = SmtpServer.objects.get(tenant_id=tenant_id)
    assert row.fault == "127.0.0.1:1 cannot be used: nothing answers at this port of this host."
    assert b"sesame" not in bytes(row.password)
    assert "sesame" not in alice.get(path).content.decode()
    for change in ({"host": "localhost"}, {"port": 2}, {"security": "smtps"}, {"user_name": "bob"}):
        answer = alice.post(path, **{**given, "port": 1, "user_name": "ada", "password": ""} | change)
        assert "The password must be given again" in answer.content.decode(), change
    assert alice.post(path, **given | {"name": "Our"}, port=1, user_name="ada", password="").status_code == 302
    alice.post(f"{path}/remove")
    assert "Our" not in alice.get("/settings/sending").content.decode().partition("Mail servers")[2]


def test_the_rest_rule_is_set_for_all_campaigns(alice: Desk) -> None:
    given = {"rest_on": "on", "rest_days": 90, "rest_fields": ["job_title"], "sender_name": "A", "server": ""}
    assert alice.post("/settings/sending", **given).status_code == 302
    assert 'value="90"' in alice.get("/settings/sending").content.decode()


def test_the_rest_rule_offers_and_takes_no_field_that_is_called_like_one_of_ours(alice: Desk) -> None:
    with tenant_scope(alice.tenant) as tenant_id:
        for owner, name in (("contact", "language"), ("account", "region"), ("contact", "tier")):
            CustomField.objects.create(tenant_id=tenant_id, object=owner, name=name, label=name, type="text")
    page = alice.get("/settings/sending").content.decode()
    assert [name for name in ("tier", "account.region", "language") if f'value="{name}"' not in page] == []
    assert "custom." not in page
    with tenant_scope(alice.tenant) as tenant_id, pytest.raises(FaultsError):
        rules.change(rules.of(tenant_id), COMMAND, {"rest_fields": ["account.custom.region"]})


def test_a_new_campaign_takes_over_who_sends_and_its_plan_says_what_lacks(alice: Desk) -> None:
    with tenant_scope(alice.tenant) as tenant_id:
        mail = {"host": "127.0.0.1", "port": 25, "security": "smtp"}
        server = SmtpServer.objects.create(tenant_id=tenant_id, name="Sink", **mail)
    rules = {"rest_on": "on", "rest_days": 90, "sender_name": "Demo", "sender_address": "ask@demo.example"}
    alice.post("/settings/sending", **rules, server=str(server.id))
    html = alice.get("/campaigns/manual/new").content.decode()
    assert re.search(r'name="sender_name"[^>]*value="Demo"|value="Demo"[^>]*name="sender_name"', html)
    assert f'<option value="{server.id}" selected>Sink</option>' in html
    alice.post("/campaigns/manual/new", **FORM | {"sender_name": ""})
    path = f"/campaigns/{alice.campaign().id}/plan"
    told = alice.post(path).content.decode()
    assert "Links in mails lead nowhere yet" in told
    assert "No mail server takes its messages yet" not in told
    assert "disabled" in told
    row = alice.campaign()
    assert (row.sender_name, row.server_id) == ("Demo", server.id)
    assert alice.get(path)["Location"] == alice.home + path.removesuffix("/plan")
    alice.post("/settings/sending", **rules)
    alice.post("/campaigns/manual/new", **FORM)
    told = alice.post(f"/campaigns/{alice.campaign().id}/plan").content.decode()
    assert "No mail server takes its messages yet: a system administrator adds one under Settings, Sending." in told


def test_the_message_asks_what_the_survey_asks_on_its_scale(database: Database, alice: Desk) -> None:
    put_survey(alice.tenant, "csat", starters.CSAT.document)
    alice.post("/campaigns/manual/new", **FORM | {"survey": "csat"})
    row = alice.campaign()
    path = f"/campaigns/{row.id}"
    shown = alice.get(f"{path}/preview").content.decode()
    assert re.findall(r"score=(\d+)", shown) == ["1", "2", "3", "4", "5"]
    assert "How satisfied are you with us?" in shown
    assert "from 1 (Very dissatisfied) to 5 (Very satisfied)" in shown
    alice.post(f"{path}/edit", **FORM)
    assert "recommend" in alice.get(f"{path}/preview").content.decode()
    alice.post(f"{path}/message", subject="Hi", preheader="You", body=ready.TEXTS["invitation"][2])
    alice.post(f"{path}/edit", **FORM | {"survey": "csat"})
    with tenant_scope(alice.tenant) as tenant_id:
        [kept] = Message.objects.filter(tenant_id=tenant_id, campaign_id=row.id)
    assert (kept.subject, kept.preheader, kept.body) == ("Hi", "You", ready.TEXTS["invitation"][2])
    told = "The message asks how likely people are to recommend; the survey Customer satisfaction does not"
    assert told in alice.get(f"{path}/message").content.decode()
    assert told in alice.client.get(alice.post(f"{path}/plan")["Location"]).content.decode()


def test_words_of_another_scale_are_refused_at_the_plan(alice: Desk) -> None:
    put_survey(alice.tenant, "csat", starters.CSAT.document)
    alice.post("/campaigns/manual/new", **FORM | {"survey": "csat"})
    row = alice.campaign()
    path = f"/campaigns/{row.id}"
    with tenant_scope(alice.tenant) as tenant_id:
        body = Message.objects.get(tenant_id=tenant_id, campaign_id=row.id).body
    alice.post(f"{path}/edit", **FORM)
    alice.post(f"{path}/message", subject="Hi", body=body)
    told = "The message asks for a number from 1 to 5, the survey Relationship NPS from 0 to 10: change its words."
    assert told in unescape(alice.client.get(alice.post(f"{path}/plan")["Location"]).content.decode())


def test_a_survey_without_english_gets_a_message_in_english_of_its_scale(alice: Desk) -> None:
    german = json.loads(json.dumps(starters.CSAT.document).replace('"en"', '"de"'))
    put_survey(alice.tenant, "csat", german)
    alice.post("/campaigns/manual/new", **FORM | {"survey": "csat"})
    shown = alice.get(f"/campaigns/{alice.campaign().id}/preview").content.decode()
    assert "we would like to know what you think. It takes a minute. Choose a number from 1 to 5." in " ".join(
        shown.split()
    )


def test_a_segment_says_how_many_it_means_and_lists_them(alice: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"name": "Poets", "field_0": "last_name", "operator_0": "is", "value_0": "Lovelace, Byron"}
    answer = alice.post("/campaigns/segments/new", **given)
    assert answer.status_code == 302
    assert "3 contacts now" in alice.client.get(answer["Location"]).content.decode()
    assert "Poets" in alice.get("/campaigns/segments").content.decode()
    path = answer["Location"].removeprefix(alice.home)
    people = ("ada@example.com", "ann@example.com", "bob@example.com")
    assert all(f">{each}<" in alice.get(path).content.decode() for each in people)
    monkeypatch.setattr(choosing, "SIZE", 2)
    shown = re.findall(r">(\w+@example.com)<", first := alice.get(path).content.decode())
    assert len(shown) == 2
    [older] = re.findall(r'href="(\?before=[^"]+)" rel="next"', first)
    rest = alice.get(path + older).content.decode()
    assert sorted([*shown, *re.findall(r">(\w+@example.com)<", rest)]) == sorted(people)
    assert 'rel="next"' not in rest
    monkeypatch.setattr(choosing, "LOOKED_AT", 1)
    assert "Not all contacts have been looked at yet" in alice.get(path).content.decode()
    assert "Not all" not in alice.get(path + "?before=00000000-0000-7000-8000-000000000000").content.decode()


def test_a_segment_that_takes_long_lists_what_it_has_looked_at_and_says_so(
    alice: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"name": "Slow", "field_0": "last_name", "operator_0": "is", "value_0": "Lovelace"}
    path = alice.post("/campaigns/segments/new", **given)["Location"].removeprefix(alice.home)

    def slow(tenant_id: int, given: Any) -> tuple[conditions.Piece, conditions.Piece]:
        join, where = source(tenant_id, given)
        return join, where._replace(sql=f"{where.sql} and pg_sleep(0.2) is not null")

    source = recipients.source
    monkeypatch.setattr(recipients, "source", slow)
    monkeypatch.setattr(choosing, "COUNTING", 300)
    monkeypatch.setattr(choosing, "SAMPLE", 2)
    html = alice.get(path).content.decode()
    assert ">ann@example.com<" in html
    assert ">ada@example.com<" not in html
    assert "Not all contacts have been looked at yet" in html
    [further] = re.findall(r'href="(\?before=[^"]+)"', html)
    assert ">ada@example.com<" in alice.get(path + further).content.decode()


def test_a_survey_field_that_is_called_like_one_of_ours_has_conditions_of_its_own(alice: Desk) -> None:
    own = {"object": "survey", "name": "division", "label": "Their Division", "type": "text"}
    with tenant_scope(alice.tenant) as tenant_id:
        CustomField.objects.create(tenant_id=tenant_id, **own)
        known = conditions.fields(tenant_id)
        where = [{"field": "survey.custom.division", "is": "North"}]
        piece = conditions.compiled(tenant_id, where)
    assert known["survey.division"].sql == "s.division"
    assert "s.attributes ->> 'division'" in piece.sql
    assert piece.sql.startswith("exists"), "a condition on survey records"
    assert conditions.told(known, {"where": where}) == "Their Division is North"


def test_charlie_and_bob_find_what_they_may(cast: Cast, alice: Desk) -> None:
    alice.post("/campaigns/manual/new", **FORM)
    path = f"/campaigns/{alice.campaign().id}"
    bob, charlie = Desk(cast.bob), Desk(cast.charlie)
    assert bob.get(path).status_code == 200
    assert bob.get(f"{path}/edit").status_code == bob.post(f"{path}/plan").status_code == 403
    for each in ("", "/edit", "/message", "/preview", "/deliveries.csv"):
        assert charlie.get(path + each).status_code == 404
    assert charlie.post(f"{path}/plan").status_code == 404


def test_an_automated_campaign_is_made_rehearsed_and_activated_by_forms(
    database: Database, alice: Desk, cast: Cast
) -> None:
    feed(database.settings, alice.tenant.pk, office.UUID(int=7), {"": "survey", "Email": "ada@example.com"})
    page = alice.get("/campaigns/automated").content.decode()
    assert "Default" in page
    assert "1 survey record waits unsent: no automated campaign is active." in page
    assert "1 survey record waits unsent" in alice.get("").content.decode()
    given = {"name": "Late ones", "priority": 10, "delay_hours": 2, "by_order_date": "on", **FORM}
    answer = alice.post("/campaigns/automated/new", **given | {"name": "Late ones"})
    assert answer.status_code == 302, answer.content.decode()
    row = alice.campaign()
    assert (row.mode, row.priority, row.delay_seconds, row.by_order_date) == ("automated", 10, 7200, True)
    assert row.recipients == {"where": [{"field": "last_name", "is": "Lovelace"}]}
    activate_and_edit(database, alice, given)
    theirs = Desk(cast.charlie)
    assert "Late ones" not in theirs.get("/campaigns/automated").content.decode()
    assert theirs.get(f"/campaigns/{row.id}").status_code == 404


def activate_and_edit(database: Database, alice: Desk, given: dict[str, Any]) -> None:
    path = f"/campaigns/{alice.campaign().id}"
    with office.serving(database, 25):
        rehearsal = alice.post(f"{path}/plan").content.decode()
        assert "Of the last 1 survey record it would have taken 1, and mailed 1." in rehearsal
        token = re.search(r'name="plan" value="([^"]+)"', rehearsal)[1]
        alice.post(f"{path}/start", plan=token)
    assert alice.campaign().state == "running"
    page = alice.get("/campaigns/automated").content.decode()
    assert "Last name is Lovelace" in page
    assert "no active campaign took them" in page
    alice.post(f"{path}/pause")
    shown = alice.get(path).content.decode()
    assert "Resume" in shown
    assert "Edit" in shown
    assert alice.post(f"{path}/edit", **given | {"priority": 20}).status_code == 302
    assert (alice.campaign().state, alice.campaign().priority) == ("draft", 20)
    assert alice.post("/campaigns/automated/new", **given | {"priority": 0}).status_code == 422
    assert 'value="waiting" selected' in alice.get("/campaigns/manual/new?waiting=1").content.decode()


def test_those_who_wait_are_chosen_by_the_form_of_manual_campaigns(database: Database, alice: Desk) -> None:
    feed(database.settings, alice.tenant.pk, office.UUID(int=7), {"": "survey", "Email": "ada@example.com"})
    alice.post("/campaigns/manual/new", **FORM | {"source": "waiting", "waiting_days": 30})
    assert alice.campaign().recipients["waiting"] == {"days": 30}
    with office.serving(database, 25):
        assert "1 contact of 1 chosen" in alice.post(f"/campaigns/{alice.campaign().id}/plan").content.decode()


def test_the_default_one_is_edited_without_a_priority_or_a_filter(alice: Desk) -> None:
    with tenant_scope(alice.tenant) as tenant_id:
        row = Campaign.objects.get(tenant_id=tenant_id, is_default=True)
    path = f"/campaigns/{row.id}/edit"
    page = alice.get(path).content.decode()
    assert "It has no filter and comes last" in page
    assert 'name="priority"' not in page
    given = {"name": "Everything else", "sender_address": "ada@sender.example", "delay_hours": 1, "reminders": "7"}
    assert alice.post(path, **given).status_code == 302
    with tenant_scope(alice.tenant) as tenant_id:
        row = Campaign.objects.get(tenant_id=tenant_id, is_default=True)
    assert (row.name, row.delay_seconds, row.reminders, row.recipients) == ("Everything else", 3600, [7], {"all": True})


def test_what_cannot_be_taken_back_is_asked_first(database: Database, alice: Desk) -> None:
    alice.post("/campaigns/manual/new", **FORM)
    path = f"/campaigns/{alice.campaign().id}"
    assert "Nothing of it was sent" in alice.get(f"{path}/cancel").content.decode()
    with office.serving(database, 25):
        token = re.search(r'name="plan" value="([^"]+)"', alice.post(f"{path}/plan").content.decode())[1]
        alice.post(f"{path}/start", plan=token, at="")
    asked = alice.get(f"{path}/cancel").content.decode()
    assert "2 messages that wait will never be sent" in asked
    assert "0 were sent" in asked
    assert alice.campaign().state == "running"
    with tenant_scope(alice.tenant) as tenant_id:
        first = Delivery.objects.filter(tenant_id=tenant_id).order_by("id")[0]
        Delivery.objects.filter(tenant_id=tenant_id, id=first.id).update(state="in doubt")
        CampaignCount.objects.filter(tenant_id=tenant_id, state="queued").update(count=1)
        told = {"state": "in doubt", "reason": "", "wave": 0, "bucket": 0, "count": 1}
        CampaignCount.objects.create(tenant_id=tenant_id, campaign_id=first.campaign_id, **told)
    assert "Send 1 message again?" in alice.get(f"{path}/send-again?state=in%20doubt").content.decode()
    assert alice.get(f"{path}/send-again?state=sent").status_code == 302
    assert (
        "1 message is queued again."
        in alice.client.post(alice.home + f"{path}/send-again", {"state": "in doubt"}, follow=True).content.decode()
    )


def test_a_segment_that_no_open_campaign_names_is_removed(alice: Desk) -> None:
    given = {"name": "Poets", "field_0": "last_name", "operator_0": "filled", "value_0": ""}
    path = alice.post("/campaigns/segments/new", **given)["Location"].removeprefix(alice.home)
    shown = alice.get(path).content.decode()
    assert '<option value="filled" selected>' in shown
    assert "3 contacts now" in shown
    draft = FORM | {"source": "segment", "segment": path.rpartition("/")[2], "field_0": ""}
    alice.post("/campaigns/manual/new", **draft)
    assert "No contact is touched" in alice.get(f"{path}/remove").content.decode()
    kept = alice.client.post(f"{alice.home}{path}/remove", follow=True).content.decode()
    assert "A campaign that was not started names this segment." in kept
    alice.post(f"/campaigns/{alice.campaign().id}/cancel")
    alice.post(f"{path}/remove")
    assert alice.get(path).status_code == 404


def test_a_form_counts_whom_it_means_and_saves_nothing(alice: Desk, cast: Cast) -> None:
    where = {name: FORM[name] for name in ("field_0", "operator_0", "value_0")}
    lovelaces, three = "2 contacts now.", io.BytesIO(b"Id,Mail\n1,bob@example.com\n2,ada@example.com\n3,none@x.com\n")
    cases = (
        ({"source": "contacts"} | where, lovelaces),
        ({"source": "contacts"}, "3 contacts now."),
        ({"source": "emails", "emails": "ada@example.com"}, "1 contact now."),
        ({"source": "emails", "emails": "ann@example.com", "file": three}, "3 contacts now."),
        ({"source": "waiting"}, "0 survey records now."),
        ({"source": "emails"}, "Write 1 to 100,000 e-mail addresses, or choose a file that has some."),
        ({"source": "emails", "file": io.BytesIO(b"ada@example.com\nx y\n")}, "Line 2: x y is no e-mail address."),
        ({"source": "contacts"} | where | {"operator_0": "more"}, "more and less are for numbers"),
    )
    for given, told in cases:
        answer = alice.post("/campaigns/manual/new", count="now", **given)
        page = answer.content.decode()
        assert (answer.status_code, told in page) == (200, True), given
        assert "This field is required" not in page
    page = alice.get("/campaigns/manual/new").content.decode()
    assert page.index('name="name"') < page.index('class="counts"') < page.index('name="source"')
    assert 'hx-trigger="input from:.counts ' in page
    charlie = Desk(cast.charlie)
    assert "0 contacts now." in charlie.post("/campaigns/manual/new", count="now", source="contacts").content.decode()
    counted = alice.post("/campaigns/segments/new", name="", count="now", **where).content.decode()
    assert lovelaces in counted
    assert "No campaigns yet" in alice.get("/campaigns/manual").content.decode()
    saved = alice.post("/campaigns/segments/new", name="Poets", **where)["Location"]
    assert lovelaces in alice.client.get(saved).content.decode()


def test_recipients_come_by_file(alice: Desk) -> None:
    given = {"source": "emails", "emails": "ann@example.com", "file": io.BytesIO(b"Mail;Name\nbob@example.com;Bob\n")}
    answer = alice.post("/campaigns/manual/new", **FORM | given)
    assert answer.status_code == 302, answer.content.decode()
    assert alice.campaign().recipients == {"emails": ["ann@example.com", "bob@example.com"]}
    path = f"/campaigns/{alice.campaign().id}/edit"
    refused = alice.post(path, **FORM | given | {"file": io.BytesIO(b"?\0")})
    assert refused.status_code == 422
    assert "must be text or CSV" in refused.content.decode()
    hidden = alice.post(path, **FORM | {"file": io.BytesIO(b"nobody")})
    assert (hidden.status_code, "where" in alice.campaign().recipients) == (302, True)
    counted = alice.post(path, count="now", source="emails", emails="ann@example.com bob@example.com")
    assert "2 contacts now." in counted.content.decode()
