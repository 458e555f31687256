"""Undo beside others: what they have, found, answered or hold meanwhile stays whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection

from rapport.connected_apps import issue
from rapport.directory import removing
from rapport.evidence.undoing import plan, run
from rapport.history.models import Change
from rapport.surveys.models import SurveyRecord
from rapport.tenants.actors import COMMAND
from rapport.tenants.errors import BusyError
from rapport.tenants.scope import tenant_scope
from tests.directory.desk import Desk
from tests.evidence.sending import Sender
from tests.feedback.respondent import Respondent, link

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast) -> Sender:
    return Sender(cast.alice)


@pytest.fixture
def other(cast: Cast) -> Sender:
    """Another app of the same system."""
    return Sender(cast.alice, issue.create_app(cast.alice.tenant, COMMAND, "Other").client_id)


def now() -> str:
    return datetime.now(UTC).isoformat()


def survey_record(alice: Sender) -> SurveyRecord:
    with tenant_scope(alice.tenant) as tenant_id:
        return SurveyRecord.ever.get(tenant_id=tenant_id)


@pytest.mark.parametrize("asked_before", [True, False])
def test_an_answer_is_never_taken_back(alice: Sender, asked_before: bool) -> None:
    starts = [now()]
    made = alice.put("survey", Email="ada@example.com")
    starts.append(now())
    [asked] = [each.id for each in made.objects if each.type == "survey_record"]
    page = Respondent(link(alice.tenant, asked)).open()
    page.send(nps="9")
    state = survey_record(alice).state
    assert state in ("started", "answered")
    planned = alice.plan(start=starts[asked_before])
    assert set(planned["reasons"]) <= {"answered since", "asked since", "linked since", "changed since"}
    alice.undo(start=starts[asked_before])
    row = survey_record(alice)
    assert (row.state, row.deleted_at) == (state if asked_before or state == "answered" else "closed", None)


def test_a_field_whose_old_key_is_taken_keeps_the_key_that_it_has(alice: Sender, cast: Cast) -> None:
    desk = Desk(cast.alice)
    id = desk.make("contact", email="ada@example.com", first_name="Ada")
    start = now()
    desk.save("contact", id, email="ada@new.example")
    taken = alice.put(Email="ada@example.com", First_Name="Another")
    keys = alice.stored()["contact_keys"]
    assert keys == {"e:ada@new.example": id, "e:ada@example.com": taken.objects[0].id}
    plan = alice.plan(user=cast.alice.user.id, start=start)
    assert (plan["restore"], plan["keep"], plan["reasons"]) == (0, 1, {"key taken since": 1})
    alice.undo(user=cast.alice.user.id, start=start)
    assert alice.stored()["contact_keys"] == keys
    assert alice.contact(id)["email"] == "ada@new.example"


def test_an_activity_that_others_changed_keeps_what_none_is_without(alice: Sender, other: Sender) -> None:
    given = {"Account_Name": "Engines", "Reference": "T-1", "Happened_At": "2026-01-31 14:30:00"}
    made = alice.put("activity", **given, Type="ticket", Source="desk")
    other.put("activity", **given, Type="ticket", Source="phone")
    id = next(each.id for each in made.objects if each.type == "activity")
    with tenant_scope(alice.tenant) as tenant_id:
        assert Change.objects.filter(tenant_id=tenant_id, object_id=id).count() == 2
    before = alice.stored()
    planned = alice.plan(record=made.record)
    assert set(planned["reasons"]) == {"changed since", "linked since"}
    alice.undo(record=made.record)
    assert alice.stored() == before


def test_an_alias_that_moved_twice_finds_whom_it_found_at_first(alice: Sender) -> None:
    for name in ("Engines", "Looms", "Mills"):
        alice.put("account", Account_Name=name)
    alice.put("account-alias", Account_Name="Engines", Alias="One")
    before, start = alice.stored(), now()
    alice.put("account-alias", Account_Name="Looms", Alias="One")
    alice.put("account-alias", Account_Name="Mills", Alias="One")
    after = alice.stored()
    undo = alice.undo(start=start)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == after


def test_an_alias_that_a_new_account_took_goes_back_and_forth_with_it(alice: Sender) -> None:
    alice.put("account-alias", Account_Name="Engines", Alias="One")
    before, start = alice.stored(), now()
    alice.put("account-alias", Account_Name="Looms", Alias="One")
    after = alice.stored()
    undo = alice.undo(start=start)
    assert alice.stored() == before
    redo = alice.undo(undo=undo["id"])
    assert alice.stored() == after
    alice.undo(undo=redo["id"])
    assert alice.stored() == before


def test_an_undo_that_was_cut_off_goes_on(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    before = alice.stored()
    made = alice.put(Email="ada@example.com", First_Name="Ada")
    planned = alice.plan(record=made.record)
    told: list[Any] = []
    monkeypatch.setattr(plan.jobs.run, "defer", lambda **given: told.append(given))

    def busy(*_: Any) -> None:
        raise BusyError

    with monkeypatch.context() as patch:
        patch.setattr(plan.run, "whole", busy)
        undo = alice.ask({"commit": planned["plan"]}, 202)["undo"]
    assert told == [{"tenant_id": alice.tenant.pk, "undo_id": undo}], "the worker has it, whatever happens here"
    assert alice.api.get(f"/api/undo/{undo}").json()["state"] == "running"
    assert alice.ask({"commit": planned["plan"]}, 202)["undo"] == undo
    assert alice.api.get(f"/api/undo/{undo}").json()["state"] == "done"
    assert alice.stored() == before
    assert len(told) == 1


def test_where_a_step_ends_is_looked_up_while_nobody_waits(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LOOKED_THROUGH", 2)
    before, start = alice.stored(), now()
    for number in range(4):
        alice.put(Email=f"c{number}@example.com", Account_Name="Engines")
    whole, looked = run.fetch, []

    def fetch(sql: str, *given: Any) -> Any:
        if sql == run._NEXT:
            with connection.cursor() as cursor:
                cursor.execute("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()")
                looked.append(cursor.fetchone())
        return whole(sql, *given)

    monkeypatch.setattr(run, "fetch", fetch)
    alice.undo(start=start)
    assert alice.stored() == before
    assert len(looked) > len(run.KINDS)
    assert set(looked) == {(0,)}


def test_no_step_parts_what_one_record_did(alice: Sender, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed account has two entries of one record: its new name, and the old one as an alias."""
    monkeypatch.setattr(run, "STEP", 1)
    desk = Desk(cast.alice)
    id = desk.make("account", account_name="Engines")
    before, start, head = alice.stored(), now(), alice.head()
    desk.save("account", id, account_name="Looms")
    after = alice.stored()
    assert alice.head() == head + 2
    undo = alice.undo(start=start)
    assert alice.stored() == before
    alice.undo(undo=undo["id"])
    assert alice.stored() == after


def test_entries_that_are_named_are_looked_up_by_number(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    made = alice.put(Email="ada@example.com")
    first = alice.head()
    for name in "12":
        alice.put(Email="ada@example.com", First_Name=name)
    monkeypatch.setattr(run, "LOOKED_THROUGH", 1)
    whole, looked = run.fetch, []
    monkeypatch.setattr(run, "fetch", lambda sql, *given: looked.append(sql) or whole(sql, *given))
    alice.undo(changes=[first, first + 1, first + 2])
    assert alice.api.get(f"/api/contacts/{made.objects[0].id}").status_code == 410
    assert set(looked) == {run._STEP}, "the numbers between are nobody's business"


def test_too_much_to_look_through_asks_for_a_time(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def canceled(*_: Any) -> None:
        raise psycopg.errors.QueryCanceled

    monkeypatch.setattr(plan, "fetch", canceled)
    assert alice.ask({"plan": True, "app": str(alice.app.id)}, 422)["errors"] == {"from": [plan.LONG]}


def test_messages_are_cancelled_before_the_ledger_is_held(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that has them waits for the ledger's number."""
    id = alice.put(Email="ada@example.com").objects[0].id
    head, seen = alice.head(), []
    monkeypatch.setattr(
        removing.lifecycle,
        "removed",
        lambda tenant_id, *_: seen.append(Change.objects.filter(tenant_id=tenant_id, seq__gt=head).count()),
    )
    assert alice.api.delete(f"/api/contacts/{id}").status_code == 204
    assert (seen, alice.head()) == ([0], head + 1)
