"""Large undos: in the worker, step by step, each with its checkpoint; killed and told twice, they do each step once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from rapport.evidence import jobs
from rapport.evidence.models import Undo
from rapport.evidence.undoing import plan, run
from rapport.history.models import Change
from rapport.tenants.scope import tenant_scope
from tests.evidence.sending import Sender

if TYPE_CHECKING:
    from tests.cast import Cast


@pytest.fixture
def alice(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Sender:
    monkeypatch.setattr(plan, "FEW", 0)
    monkeypatch.setattr(run, "STEP", 3)
    return Sender(cast.alice)


def harm(alice: Sender) -> tuple[Any, Any]:
    """What was before, and the request that did harm: several entries of some objects, accounts that are used."""
    alice.send(*({"Email": f"c{n}@example.com", "First Name": "Old", "Account Name": "Engines"} for n in range(6)))
    before = alice.stored()
    records = [{"Email": f"c{n % 9}@example.com", "First Name": f"New {n}"} for n in range(14)]
    records += [{"Email": f"d{n}@example.com", "Account Name": f"Firm {n % 3}"} for n in range(7)]
    return before, alice.send(*records)[0].record


def begun(alice: Sender, **asked: Any) -> UUID:
    planned = alice.plan(**asked)
    return UUID(alice.ask({"commit": planned["plan"]}, 202)["undo"])


def row(alice: Sender, id: UUID) -> Undo:
    with tenant_scope(alice.tenant) as tenant_id:
        return Undo.objects.get(tenant_id=tenant_id, id=id)


def test_steps_add_up_to_the_plan(alice: Sender) -> None:
    before, request = harm(alice)
    full, planned = alice.stored(), alice.plan(request=request)
    id = UUID(alice.ask({"commit": planned["plan"]}, 202)["undo"])
    told = alice.api.get(f"/api/undo/{id}").json()
    assert (told["state"], told["progress"], alice.stored()) == ("running", 0.0, full)
    progress, steps = [0.0], 0
    while run.step(alice.tenant, id):
        steps += 1
        progress.append(run.progress(row(alice, id)))
    assert steps > 10
    assert progress == sorted(progress)
    done = row(alice, id)
    assert (done.state, run.progress(done)) == ("done", 1.0)
    assert (done.restored, done.deleted, done.kept) == (planned["restore"], planned["delete"], planned["keep"])
    assert alice.stored() == before
    again = begun(alice, undo=id)
    run.whole(alice.tenant, again)
    assert alice.stored() == full


def test_a_step_that_is_cut_off_is_done_once(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by SIGKILL: the transaction of the step, and its checkpoint with it, is gone."""
    before, request = harm(alice)
    id = begun(alice, request=request)
    whole = run.fetch
    cut = 0
    more = True
    while more:

        def fetch(sql: str, *given: Any, whole: Any = whole) -> Any:
            found = whole(sql, *given)
            if sql == run._STEP:
                raise KeyboardInterrupt
            return found

        monkeypatch.setattr(run, "fetch", fetch)
        at, stored = row(alice, id), alice.stored()
        try:
            more = run.step(alice.tenant, id)
        except KeyboardInterrupt:
            cut += 1
            same = row(alice, id)
            assert (same.kind, same.position, same.restored) == (at.kind, at.position, at.restored)
            assert alice.stored() == stored
            monkeypatch.setattr(run, "fetch", whole)
            more = run.step(alice.tenant, id)
    assert cut > 5
    assert alice.stored() == before
    with tenant_scope(alice.tenant) as tenant_id:
        made = Change.objects.filter(tenant_id=tenant_id, actor_type="undo")
        assert made.count() == made.values("object_id").distinct().count(), "each object once"


def test_the_job_goes_on_and_is_harmless_twice(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    before, request = harm(alice)
    id = begun(alice, request=request)
    monkeypatch.setattr(run, "TURN_SECONDS", 0.0)
    turns = []
    monkeypatch.setattr(jobs.run, "defer", lambda **given: turns.append(given))
    for _ in range(200):
        jobs.run(tenant_id=alice.tenant.pk, undo_id=str(id))
        jobs.run(tenant_id=alice.tenant.pk, undo_id=str(id))
        if row(alice, id).state == "done":
            break
    assert turns
    assert alice.stored() == before


def test_what_moves_while_it_runs_stays(alice: Sender) -> None:
    _, request = harm(alice)
    id = begun(alice, request=request)
    alice.put(Email="c3@example.com", First_Name="Mine")
    alice.put(Email="d3@example.com", Last_Name="Mine")
    run.whole(alice.tenant, id)
    told = row(alice, id)
    assert set(told.reasons) == {"changed since", "changed since the plan", "linked since"}
    names = {
        each["email"]: (each["first_name"], each["last_name"]) for each in alice.api.get("/api/contacts").json()["data"]
    }
    assert names["c3@example.com"] == ("Mine", None)
    assert names["d3@example.com"] == (None, "Mine")
    assert names["c4@example.com"] == ("Old", None)


def test_a_mistake_of_ours_ends_it_with_a_sentence(alice: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    _, request = harm(alice)
    id = begun(alice, request=request)
    monkeypatch.setattr(run, "fetch", lambda *_: 1 / 0)
    jobs.run(tenant_id=alice.tenant.pk, undo_id=str(id))
    assert (row(alice, id).state, row(alice, id).reason) == ("failed", jobs.BROKEN)
