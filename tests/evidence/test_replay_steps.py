"""Large replays: in the worker, by chunks with their checkpoints; killed and told twice, each record is once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from psycopg.errors import DataError as Refused

from rapport.evidence import jobs
from rapport.evidence.models import ReplayedRecord
from rapport.evidence.replaying import cases, plan, run
from rapport.groups import ids
from rapport.history.models import Change
from rapport.tenants.errors import BusyError
from rapport.tenants.scope import tenant_scope
from tests.evidence.again import COUNTS, Resender, counts

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Resender:
    monkeypatch.setattr(plan, "FEW", 0)
    monkeypatch.setattr(cases, "CHUNK", 3)
    return Resender(cast.alice)


def refuse(alice: Resender) -> None:
    """Fourteen records of six contacts and two accounts, one of them wrong for good."""
    for number in range(14):
        if number % 5 == 4:
            alice.refused("account", Firma=f"Firm {number % 2}", Industry=f"Looms {number}")
        else:
            alice.refused(Mail=f"a{number % 6}@example.com", First_Name=f"Name {number}")
    alice.refused(Mail="nobody", First_Name="X")
    alice.map("Mail", "email")
    alice.map("Firma", "account_name", "account")


def begun(alice: Resender, **asked: Any) -> UUID:
    planned = alice.try_again(**asked)
    return UUID(alice.say({"commit": planned["plan"]}, 202)["replay"])


def stored(alice: Resender) -> set[tuple[Any, ...]]:
    contacts = alice.api.get("/api/contacts").json()["data"]
    accounts = alice.api.get("/api/accounts").json()["data"]
    return {(each["email"], each["first_name"]) for each in contacts} | {(each["name"],) for each in accounts}


#: What is there in the end: who has which of the names.
WHOLE = {(f"a{n}@example.com", f"Name {last}") for n, last in enumerate((12, 13, 8, 3, 10, 11))}
WHOLE |= {("Firm 0",), ("Firm 1",)}


def test_chunks_add_up(alice: Resender) -> None:
    refuse(alice)
    id = begun(alice, records={})
    told = alice.show(id)
    assert (told["state"], told["progress"], stored(alice)) == ("running", 0.0, set())
    progress = [0.0]
    while run.step(alice.tenant, id):
        progress.append(run.progress(alice.row(id)))
    assert len(progress) >= 5
    assert progress == sorted(progress)
    assert stored(alice) == WHOLE
    done = alice.show(id)
    assert (done["state"], done["progress"], counts(done)) == ("done", 1.0, (14, 0, 0, 1))


def test_a_chunk_that_is_cut_off_is_done_once(alice: Resender, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by SIGKILL: the transaction of the chunk, and its checkpoint with it, is gone."""
    refuse(alice)
    id = begun(alice, records={})
    whole, cut, more = run._note, 0, True
    while more:

        def note(*given: Any, whole: Any = whole) -> None:
            whole(*given)
            raise KeyboardInterrupt

        head = alice.head()
        monkeypatch.setattr(run, "_note", note)
        try:
            more = run.step(alice.tenant, id)
        except KeyboardInterrupt:
            cut += 1
            assert alice.head() == head
        monkeypatch.setattr(run, "_note", whole)
        more = run.step(alice.tenant, id)
    assert cut >= 5
    assert stored(alice) == WHOLE
    assert counts(alice.show(id)) == (14, 0, 0, 1)
    with tenant_scope(alice.tenant) as tenant_id:
        repeated = ReplayedRecord.objects.filter(tenant_id=tenant_id)
        assert repeated.count() == 14
        made = Change.objects.filter(tenant_id=tenant_id, actor_type="replay")
        assert made.values("record").distinct().count() == 14


def test_the_job_goes_on_and_is_harmless_twice(alice: Resender, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(alice)
    id = begun(alice, records={})
    monkeypatch.setattr(run, "TURN_SECONDS", 0.0)
    turns: list[Any] = []
    monkeypatch.setattr(jobs.replay, "defer", lambda **given: turns.append(given))
    for _ in range(50):
        jobs.replay(tenant_id=alice.tenant.pk, replay_id=str(id))
        if alice.row(id).state == "done":
            break
    assert turns
    assert stored(alice) == WHOLE
    head = alice.head()
    jobs.replay(tenant_id=alice.tenant.pk, replay_id=str(id))
    assert alice.head() == head


def test_a_worker_that_comes_second_loses_at_the_checkpoint(alice: Resender, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(alice)
    id = begun(alice, records={})
    whole = run._take

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(run, "_take", whole)
        run.step(alice.tenant, id)
        return whole(*given)

    monkeypatch.setattr(run, "_take", meanwhile)
    run.whole(alice.tenant, id)
    assert (stored(alice), counts(alice.show(id))) == (WHOLE, (14, 0, 0, 1))


def test_of_two_replays_of_the_same_records_each_record_is_in_one(
    alice: Resender, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(alice)
    first, second = begun(alice, records={}), begun(alice, records={"outcome": "rejected"})
    whole = run._take

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(run, "_take", whole)
        run.step(alice.tenant, second)
        return whole(*given)

    monkeypatch.setattr(run, "_take", meanwhile)
    with pytest.raises(BusyError):
        run.step(alice.tenant, first)
    run.whole(alice.tenant, first)
    run.whole(alice.tenant, second)
    told = [alice.show(id) for id in (first, second)]
    assert sum(each["apply"] for each in told) == 14
    assert sum(each["unchanged"] for each in told) == 14
    assert stored(alice) == WHOLE


def test_of_two_replays_of_what_was_undone_each_record_is_in_one(
    alice: Resender, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(alice)
    undone = begun(alice, records={})
    run.whole(alice.tenant, undone)
    alice.undo(replay=undone)
    assert stored(alice) == set()
    first, second = begun(alice, records={}), begun(alice, records={"outcome": "rejected"})
    whole = run._take

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(run, "_take", whole)
        run.step(alice.tenant, second)
        return whole(*given)

    monkeypatch.setattr(run, "_take", meanwhile)
    with pytest.raises(BusyError):
        run.step(alice.tenant, first)
    run.whole(alice.tenant, first)
    run.whole(alice.tenant, second)
    told = [alice.show(id) for id in (first, second)]
    assert [sum(each[name] for each in told) for name in ("apply", "unchanged")] == [14, 14]
    assert stored(alice) == WHOLE


def test_a_heading_is_applied_in_chunks(alice: Resender) -> None:
    for number in range(8):
        alice.put(Email=f"a{number % 4}@example.com", Vorname=f"Name {number}")
    alice.map("Vorname", "first_name")
    id = begun(alice, heading="Vorname", configuration="contact")
    run.whole(alice.tenant, id)
    assert stored(alice) == {(f"a{n}@example.com", f"Name {n + 4}") for n in range(4)}


def test_what_moves_while_it_runs_stays(alice: Resender) -> None:
    refuse(alice)
    id = begun(alice, records={})
    alice.put(Email="a3@example.com", First_Name="Mine")
    run.whole(alice.tenant, id)
    assert ("a3@example.com", "Mine") in stored(alice)
    assert alice.show(id)["reasons"]["changed since"] == 1


def test_a_configuration_that_changes_meanwhile_ends_it(alice: Resender) -> None:
    refuse(alice)
    id = begun(alice, records={})
    run.step(alice.tenant, id)
    alice.map("Vorname", "first_name")
    run.whole(alice.tenant, id)
    told = alice.show(id)
    assert (told["state"], told["reason"]) == ("failed", "A configuration was changed since the plan: plan again.")
    assert 0 < told["apply"] < 14


def test_of_a_value_that_the_store_refuses_only_its_record_is_rejected(
    alice: Resender, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(alice)
    id = begun(alice, records={})
    whole = run._write

    def write(tenant: Any, row: Any, part: Any) -> None:
        if any(case.record.values.get("first_name") == "Name 6" for case in part.going):
            raise run.DataError from Refused()
        whole(tenant, row, part)

    monkeypatch.setattr(run, "_write", write)
    run.whole(alice.tenant, id)
    assert counts(alice.show(id)) == (13, 0, 0, 2)


def test_a_mistake_of_ours_ends_it_with_a_sentence(alice: Resender, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(alice)
    id = begun(alice, records={})
    monkeypatch.setattr(run, "_take", lambda *_: 1 / 0)
    jobs.replay(tenant_id=alice.tenant.pk, replay_id=str(id))
    assert (alice.row(id).state, alice.row(id).reason) == ("failed", jobs.BROKEN_REPLAY)


def test_which_records_were_repeated_is_forgotten_with_the_history(alice: Resender) -> None:
    old, new = (ids.first(datetime.now(UTC) - timedelta(days=days)) for days in (100, 80))
    with tenant_scope(alice.tenant) as tenant_id:
        for id in (old, new):
            ReplayedRecord.objects.create(tenant_id=tenant_id, made=id, record=id, replay_id=id, whole=True)
    jobs.forget(timestamp=0)
    with tenant_scope(alice.tenant) as tenant_id:
        assert list(ReplayedRecord.objects.filter(tenant_id=tenant_id).values_list("made", flat=True)) == [new]


def test_counts_are_named_alike() -> None:
    assert COUNTS == cases.VERDICTS
