"""Records are counted by hour, sender, configuration and outcome, outside of any record's transaction."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest

from rapport.connected_apps import webhooks
from rapport.connected_apps.models import ConnectedApp
from rapport.db.write import Actor
from rapport.groups import counts as counts_room
from rapport.groups.submission import Result, Submission
from rapport.ingest import handover
from rapport.ingest.http import Unavailable
from rapport.ingest.store import Store
from rapport.ingest.tally import Tally
from rapport.records.receipt import Prepared, Receipt
from rapport.tenants.actors import COMMAND
from rapport.tenants.scope import tenant_scope
from tests.ingest.serving import serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cast import Cast, Person
    from tests.conftest import Database
    from tests.ingest.conftest import Caller, Look

APP = UUID(int=7)
OUTCOMES = """
select actor_type, c.reference, outcome, sum(records)::integer as records, sum(records_ignored)::integer as ignored
from hourly_counts h left join configurations c on c.tenant_id = h.tenant_id and c.id = h.configuration_id
group by 1, 2, 3 order by 1, 2, 3
"""


def counted(look: Look, person: Person, wanted: set[tuple[Any, ...]]) -> None:
    """Wait until just these are counted: (actor type, configuration, outcome, records, with ignored headings)."""

    def found() -> set[tuple[Any, ...]]:
        return {tuple(row.values()) for row in look(person, OUTCOMES)}

    until(lambda: found() == wanted, f"{wanted} are counted", patience=10)


def submission(*ignored: str, actor: UUID = APP, records: int = 1, dry_run: bool = False) -> Submission:
    """Records of an app, each with those unmapped headings."""
    prepared = [Prepared({}) for _ in range(records)]
    for record in prepared:
        record.ignored.extend(ignored)
    return Submission(
        actor=Actor("app", actor), request_id="r", type=None, records=prepared, keep_sent=False, dry_run=dry_run
    )


def result(*outcomes: Any) -> Result:
    return Result([Receipt(outcome) for outcome in outcomes])


def test_every_door_counts_every_outcome(alice: Caller, look: Look, database: Database) -> None:
    alice.record({"Email": "ada@example.com", "First Name": "Ada", "Shoe Size": "38"})
    alice.record({"Email": "ada@example.com", "First Name": "Augusta"})
    alice.record({"Email": "ada@example.com"})
    alice.record({"First Name": "Nobody"})
    alice.record({"Account Name": "Engines"}, "account")
    alice.record({"Account Name": "Engines"}, "nowhere")
    alice.batch([{"Email": "grace@example.com"}, {"Odd": "x"}, {"Email": "grace@example.com"}])
    alice.batch([{"Email": "new@example.com"}, {}], params={"atomic": "true"})
    for _ in range(2):
        alice.record({"Email": "once@example.com"}, headers={"Idempotency-Key": "once"})
    made = webhooks.create(alice.person.tenant, COMMAND, "contact", database.settings)
    path = made.url[made.url.index("/hooks/") :]
    alice.headers.pop("Authorization")
    alice.put(path, params={"Email": "hook@example.com"}, auth=(made.user_name, made.password))
    counted(
        look,
        alice.person,
        {
            ("app", "contact", "created", 3, 1),
            ("app", "contact", "updated", 1, 0),
            ("app", "contact", "unchanged", 2, 0),
            ("app", "contact", "rejected", 3, 1),
            ("app", "contact", "not_written", 1, 0),
            ("app", "contact", "replayed", 1, 0),
            ("app", "account", "created", 1, 0),
            ("app", None, "rejected", 1, 0),
            ("webhook", "contact", "created", 1, 0),
        },
    )
    (history,) = look(alice.person, "select count(*) from requests")
    assert history["count"] == 14


def test_counts_name_the_hour_the_sender_and_the_last_time(alice: Caller, look: Look) -> None:
    before = datetime.now(UTC)
    alice.record({"Email": "ada@example.com"})
    (row,) = until(lambda: look(alice.person, "select * from hourly_counts"), "it is counted")
    with tenant_scope(alice.person.tenant) as tenant_id:
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=alice.person.client_id)
    assert row["actor_id"] == app.id
    assert row["hour"] in {moment.replace(minute=0, second=0, microsecond=0) for moment in (before, row["last_at"])}
    assert before <= row["last_at"] <= datetime.now(UTC)


def test_a_rehearsal_leaves_no_count_and_a_refusal_does(alice: Caller, look: Look, cast: Cast) -> None:
    with tenant_scope(cast.alice.tenant) as tenant_id:
        apps = ConnectedApp.objects.filter(tenant_id=tenant_id, client_id=cast.alice.client_id)
        apps.update(configurations=[UUID(int=1)])
    alice.record({"Email": "ada@example.com"}, params={"dry_run": "true"})
    assert alice.record({"Email": "ada@example.com"}).status_code == 403
    counted(look, alice.person, {("app", "contact", "rejected", 2, 0)})


def test_activities_count_without_a_configuration(alice: Caller, look: Look) -> None:
    activity = {"account": "Engines", "type": "call", "source": "phone", "happened_at": "2026-11-01T10:00:00Z"}
    assert alice.put("/activities", json=activity).status_code == 201
    counted(look, alice.person, {("app", None, "created", 1, 0)})


def test_workers_and_seconds_add_up(alice: Caller, look: Look) -> None:
    for part in range(2):
        for number in range(20):
            alice.record({"Phone": f"55555{number}{part}"})
        counted(look, alice.person, {("app", "contact", "created", 20 * (part + 1), 0)})


def test_what_is_counted_survives_an_orderly_stop(database: Database, cast: Cast, tmp_path: Path, look: Look) -> None:
    from tests.ingest.conftest import Caller  # noqa: PLC0415

    with serving(database, tmp_path, workers=1) as server, Caller(server.url, cast.alice) as alice:
        alice.record({"Email": "ada@example.com"})
    assert {tuple(row.values()) for row in look(cast.alice, OUTCOMES)} == {("app", "contact", "created", 1, 0)}


class Flaky(Store):
    """A store that is away at first."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.failures = 2
        self.tried = asyncio.Event()

    async def fetchrow(self, tenant: int, sql: str, *arguments: Any) -> Any:
        self.tried.set()
        if self.failures:
            self.failures -= 1
            raise Unavailable
        return await super().fetchrow(tenant, sql, *arguments)


def test_counts_wait_for_a_store_that_is_away(
    database: Database, cast: Cast, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "PAUSE_SECONDS", 0.01)
    charlie = cast.charlie

    async def work() -> None:
        store = Flaky(database.settings, 1)
        counts = Tally(store)
        for _ in range(3):
            counts.note(cast.alice.tenant.pk, submission("Odd"), result("created"))
            counts.note(charlie.tenant.pk, submission(), result("created"))
            counts.note(cast.alice.tenant.pk, submission(dry_run=True), result("created"))
            await asyncio.wait_for(store.tried.wait(), 5)
            store.tried.clear()
        await counts.close()
        assert store.failures == 0
        store.close()

    asyncio.run(work())
    assert [tuple(row.values()) for row in look(cast.alice, OUTCOMES)] == [("app", None, "created", 3, 3)]
    assert [tuple(row.values()) for row in look(charlie, OUTCOMES)] == [("app", None, "created", 3, 0)]


def test_memory_is_bounded(database: Database, cast: Cast, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts_room, "KEYS_LIMIT", 5)

    async def work() -> None:
        store = Store(database.settings, 1)
        counts = Tally(store)
        for number in range(9):
            counts.note(cast.alice.tenant.pk, submission(actor=UUID(int=number)), result("created"))
        counts.note(cast.alice.tenant.pk, submission(actor=UUID(int=1)), result("created"))
        await counts.close()
        store.close()

    asyncio.run(work())
    (row,) = look(cast.alice, "select count(*), sum(records)::integer as records from hourly_counts")
    assert row == {"count": 5, "records": 6}


def test_workers_that_count_the_same_do_not_wait_for_each_other_in_a_circle(database: Database, cast: Cast) -> None:
    """Both hand over the same places in opposite order, many times."""
    tenant, actors = cast.alice.tenant.pk, [UUID(int=number) for number in range(50)]

    async def worker(order: list[UUID]) -> None:
        store = Store(database.settings, 1)
        for _ in range(20):
            counts = Tally(store)
            for actor in order:
                counts.note(tenant, submission(actor=actor), result("created"))
            await counts.close()
        store.close()

    async def work() -> None:
        await asyncio.gather(worker(actors), worker(actors[::-1]))

    asyncio.run(work())
    with psycopg.connect(database.app) as app:
        app.execute(f"set local rapport.tenant_id = '{tenant}'")
        assert app.execute("select count(*), sum(records) from hourly_counts").fetchone() == (50, 2000)
