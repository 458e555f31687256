"""The writer itself, on a real database: groups, queues, lost guards, and data that the store refuses."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from uuid_utils import uuid7

from rapport.db.queries import statement
from rapport.db.tenancy import WRITERS_LOCK
from rapport.db.write import Actor
from rapport.groups.group import Group
from rapport.groups.rendering import as_json
from rapport.groups.submission import Decision, Once, Result
from rapport.ingest import line, settle
from rapport.ingest.http import Unavailable
from rapport.ingest.store import Session, Store
from rapport.ingest.submission import Queued
from rapport.ingest.writer import Writer
from rapport.records.decide import State
from rapport.records.errors import sentence
from rapport.records.mapping import Mapping
from rapport.records.receipt import Prepared, Receipt
from tests.ingest.serving import PATIENCE
from tests.records.shelves import DEFAULTS

if TYPE_CHECKING:
    from tests.cast import Cast
    from tests.conftest import Database
    from tests.ingest.conftest import Look

MAPPING: Mapping = DEFAULTS["contact"]
APP = Actor("app", uuid7())


def submission(*records: dict[str, Any], once: Once | None = None, **more: Any) -> Queued:
    """Records on their way in, of one request."""
    return Queued(
        actor=APP,
        request_id="r",
        configuration_id=None,
        type=MAPPING.type,
        records=[MAPPING.prepare(record) for record in records],
        keep_sent=True,
        once=once,
        answer=lambda receipts: [as_json(receipts[0].as_json())],
        **more,
    )


@pytest.fixture
def run(database: Database) -> Iterator[Any]:
    """Runs what a test does with a writer, in an event loop."""

    def run(act: Any) -> Any:
        async def whole() -> Any:
            store = Store(database.settings, 3)
            writer = Writer(store, store, 2)
            try:
                return await asyncio.wait_for(act(writer), PATIENCE)
            finally:
                await asyncio.wait_for(writer.drain(), PATIENCE)
                store.close()

        return asyncio.run(whole())

    return run


async def gathered(*waiting: Coroutine[Any, Any, Result]) -> list[Any]:
    return await asyncio.gather(*waiting, return_exceptions=True)


def test_what_queues_together_is_committed_together(run: Any, cast: Cast, look: Look) -> None:
    tenant = cast.alice.tenant.pk
    run(lambda writer: gathered(*(writer.submit(tenant, submission({"Email": f"{n}@b"})) for n in range(50))))
    assert len(look(cast.alice, "select distinct xmin::text from contacts")) == 1
    assert look(cast.alice, "select count(*) from contacts") == [{"count": 50}]


def test_a_batch_is_alone_in_its_transaction(run: Any, cast: Cast, look: Look) -> None:
    tenant = cast.alice.tenant.pk
    queue = [
        submission({"Email": "0@b"}),
        submission({"Email": "1@b"}),
        submission({"Email": "2@b"}, {"Email": "3@b"}, single=False),
        submission({"Email": "4@b"}),
    ]
    run(lambda writer: gathered(*(writer.submit(tenant, each) for each in queue)))
    rows = look(cast.alice, "select array_agg(email order by email) as emails from contacts group by xmin::text")
    assert sorted(row["emails"] for row in rows) == [["0@b", "1@b"], ["2@b", "3@b"], ["4@b"]]


def test_repeats_in_one_group_are_answered_from_the_first(run: Any, cast: Cast, look: Look) -> None:
    once, other = Once("k", b"same"), Once("k", b"other")
    queue = [submission({"Email": "a@b"}, once=each) for each in (once, once, other, once)]
    tenant = cast.alice.tenant.pk
    first, second, third, fourth = run(lambda writer: gathered(*(writer.submit(tenant, each) for each in queue)))
    assert first.receipts[0].outcome == "created"
    assert second.replay == fourth.replay == as_json(first.receipts[0].as_json()).decode()
    assert (third.status, third.conflict) == (422, True)
    assert len(look(cast.alice, "select from changes")) == 1


def test_data_that_the_store_refuses_fails_only_who_brought_it(run: Any, cast: Cast, look: Look) -> None:
    """Should a check ever miss something."""
    queue = [submission({"Email": f"{number}@b"}) for number in range(20)]
    queue[3].records[0].values["first_name"] = "a\0b"
    queue[17].records[0].values["last_name"] = "\0"
    tenant = cast.alice.tenant.pk
    results = run(lambda writer: gathered(*(writer.submit(tenant, each) for each in queue)))
    assert [number for number, result in enumerate(results) if result.status == 422] == [3, 17]
    assert results[3].receipts[0].errors == {"record": ["The record holds a value that the store cannot keep."]}
    assert len(look(cast.alice, "select from contacts")) == 18


def test_a_record_of_a_batch_that_makes_us_fail_is_rejected_and_leaves_the_others_alone(
    run: Any, cast: Cast, look: Look
) -> None:
    """A mistake of ours, in the middle of changing the state: nothing of that record is left, all else is written."""
    kind = MAPPING.type

    def apply(state: State, record: Prepared) -> Receipt:
        receipt = kind.apply(state, record)
        if record.values["email"] == "1@b":
            raise ArithmeticError("of ours")
        return receipt

    batch = submission(*({"Email": f"{number}@b"} for number in range(3)), single=False)
    batch.type = Decision(apply)
    tenant = cast.alice.tenant.pk
    result = run(lambda writer: writer.submit(tenant, batch))
    assert [receipt.outcome for receipt in result.receipts] == ["created", "rejected", "created"]
    assert result.receipts[1].errors == {"record": [sentence("broken")]}
    assert look(cast.alice, "select email from contacts order by email") == [{"email": "0@b"}, {"email": "2@b"}]


def test_the_third_try_keeps_others_out(
    run: Any, cast: Cast, look: Look, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody changes the contact each time between our reading and our writing, for as long as nobody stops them."""
    tenant = cast.alice.tenant.pk
    run(lambda writer: writer.submit(tenant, submission({"Email": "a@b"})))
    decide, attempts = Group.decide, []

    def interfere(group: Group) -> Iterator[None]:
        with psycopg.connect(database.app) as rival:
            rival.execute(f"set local rapport.tenant_id = '{tenant}'")
            locked = "select pg_try_advisory_xact_lock_shared(%s, %s)"
            (free,) = rival.execute(locked, [WRITERS_LOCK, tenant]).fetchone()
            attempts.append(free)
            if free:
                rival.execute("update contacts set version = version + 1")
        return decide(group)

    monkeypatch.setattr(Group, "decide", interfere)
    result = run(lambda writer: writer.submit(tenant, submission({"Email": "a@b", "First Name": "Ada"})))
    assert attempts == [True, True, False]
    assert result.receipts[0].outcome == "updated"
    assert look(cast.alice, "select first_name, version from contacts") == [{"first_name": "Ada", "version": 4}]


def test_a_lost_guard_decides_anew(run: Any, cast: Cast, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contact that was not there when we read is found when we try again."""
    tenant = cast.alice.tenant.pk
    decide = Group.decide
    rivals = [submission({"Email": "a@b", "Last Name": "First"})]

    def interfere(group: Group) -> Iterator[None]:
        if rivals:
            rival = rivals.pop()
            thread = threading.Thread(target=run, args=(lambda writer: writer.submit(tenant, rival),))
            thread.start()
            thread.join()
        return decide(group)

    monkeypatch.setattr(Group, "decide", interfere)
    result = run(lambda writer: writer.submit(tenant, submission({"Email": "A@B", "First Name": "Ada"})))
    assert (result.receipts[0].outcome, result.receipts[0].objects[0].matched_by) == ("updated", "email")
    assert look(cast.alice, "select email, first_name, last_name, version from contacts") == [
        {"email": "a@b", "first_name": "Ada", "last_name": "First", "version": 2}
    ]


@pytest.mark.parametrize("committed", [True, False])
def test_a_write_whose_answer_got_lost_is_looked_up(
    run: Any, cast: Cast, look: Look, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    tenant = cast.alice.tenant.pk
    fetch, losses = Session.fetch, [1]

    async def lose(session: Session, sql: str, *arguments: Any) -> Any:
        if sql is not statement("write_group") or not losses:
            return await fetch(session, sql, *arguments)
        losses.pop()
        if committed:
            await fetch(session, sql, *arguments)
        raise ConnectionResetError

    monkeypatch.setattr(Session, "fetch", lose)
    queue = [submission({"Email": "a@b"}), submission({"Email": "c@d"}), submission({"Email": "ada"})]
    results = run(lambda writer: gathered(*(writer.submit(tenant, each) for each in queue)))
    if committed:
        assert [result.status for result in results] == [200, 200, 422]
    else:
        assert [str(result) for result in results] == ["The store is not available; nothing was written."] * 3
    assert len(look(cast.alice, "select from contacts")) == 2 * committed
    assert len(look(cast.alice, "select from requests")) == 3 * committed


def test_nobody_claims_to_know_while_the_store_stays_away(
    run: Any, cast: Cast, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who come next are not kept waiting for that."""
    tenant = cast.alice.tenant.pk
    away = asyncio.Event()
    session, fetch = Store.session, Session.fetch

    def no_session(store: Store) -> Any:
        if away.is_set():
            raise Unavailable
        return session(store)

    async def lose(session: Session, sql: str, *arguments: Any) -> Any:
        if sql is statement("write_group"):
            away.set()
            raise ConnectionResetError
        return await fetch(session, sql, *arguments)

    async def act(writer: Writer) -> Any:
        doubtful = asyncio.ensure_future(writer.submit(tenant, submission({"Email": "a@b"})))
        await away.wait()
        next_ = await gathered(writer.submit(tenant, submission({"Email": "c@d"})))
        assert not doubtful.done()
        return [*next_, *await asyncio.gather(doubtful, return_exceptions=True)]

    monkeypatch.setattr(Store, "session", no_session)
    monkeypatch.setattr(Session, "fetch", lose)
    monkeypatch.setattr(settle, "PATIENCE_SECONDS", 0.5)
    next_, doubtful = run(act)
    assert str(next_) == "The store is not available; nothing was written."
    assert str(doubtful) == "The store went away during the commit; it is not known whether it was written."


def test_a_full_queue_sends_callers_away(run: Any, cast: Cast, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "QUEUE_LIMIT", 5)
    tenant, other = cast.alice.tenant.pk, cast.charlie.tenant.pk

    def queue(writer: Writer) -> Any:
        ours = [writer.submit(tenant, submission({"Email": f"{number}@b"})) for number in range(8)]
        return gathered(*ours, writer.submit(other, submission({"Email": "a@b"})))

    *results, theirs = run(queue)
    assert [type(result) for result in results] == [Result] * 5 + [Unavailable] * 3
    assert (results[-1].status, dict(results[-1].headers)) == (503, {b"retry-after": b"1"})
    assert theirs.status == 200, "another tenant's queue is another queue"
    assert len(look(cast.alice, "select from contacts")) == 5


@pytest.mark.parametrize(("limit", "most"), [("QUEUE_LIMIT", 5), ("QUEUE_BYTES", 500)])
def test_what_is_being_written_waits_no_more(
    run: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(line, limit, most)
    tenant = cast.alice.tenant.pk

    async def act(writer: Writer) -> list[Any]:
        sent = []
        for round_ in range(2):
            for number in range(4):
                record = submission({"Email": f"{round_}-{number}@b"}, size=100)
                sent.append(asyncio.ensure_future(writer.submit(tenant, record)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # the writer has taken them
        return await asyncio.gather(*sent)

    assert {result.status for result in run(act)} == {200}


def test_draining_writes_what_is_queued_and_takes_nothing_more(run: Any, cast: Cast, look: Look) -> None:
    tenant, other = cast.alice.tenant.pk, cast.charlie.tenant.pk

    async def act(writer: Writer) -> list[Any]:
        waiting = [asyncio.ensure_future(writer.submit(tenant, submission({"Email": f"{n}@b"}))) for n in range(1200)]
        await asyncio.sleep(0)
        drained = asyncio.ensure_future(writer.drain())
        await asyncio.sleep(0)
        late = [writer.submit(place, submission({"Email": "late@b"})) for place in (tenant, other)]
        refused = await gathered(*late)
        await drained
        assert all(task.done() for task in waiting)
        return [*await gathered(*waiting), *refused]

    *results, mine, theirs = run(act)
    assert {result.status for result in results} == {200}
    for late in (mine, theirs):
        assert isinstance(late, Unavailable)
    assert len(look(cast.alice, "select from contacts")) == 1200
    assert look(cast.charlie, "select from contacts") == []
