"""Records that come in: through ingest's own writer, from a thread of its own, into the request history."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from rapport.configurations import catalogue
from rapport.configurations.models import Configuration
from rapport.connected_apps.models import ConnectedApp
from rapport.db.write import Actor
from rapport.history.models import SentRecord
from rapport.ingest.store import Store
from rapport.ingest.submission import Queued
from rapport.ingest.writer import Writer
from rapport.records.mapping import Mapping
from rapport.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from rapport.settings import Settings
    from tests.cast import Person
    from tests.conftest import Database


def deliver(
    database: Database,
    person: Person,
    *records: dict[str, Any],
    configuration: str = "contact",
    request_id: str = "one",
    keep_sent: bool = True,
) -> list[SentRecord]:
    """Sends one request of a person's app, a batch where there are several records; its rows in their order."""
    with tenant_scope(person.tenant) as tenant_id:
        row = Configuration.objects.get(tenant_id=tenant_id, reference=configuration)
        app = ConnectedApp.objects.get(tenant_id=tenant_id, client_id=person.client_id)
        mapping = Mapping(row.data_type, row.mapping, catalogue.of_tenant(tenant_id), row.options, row.kind)
    prepared = [mapping.prepare(record) for record in records]
    refused = len(records) == 1 and bool(prepared[0].errors)
    submission = Queued(
        actor=Actor("app", app.id),
        request_id=request_id,
        configuration_id=row.id,
        type=None if refused else mapping.type,
        records=prepared,
        keep_sent=keep_sent,
        refused=422 if refused else 0,
        single=len(records) == 1,
    )
    thread = threading.Thread(target=lambda: asyncio.run(_write(database.settings, tenant_id, submission)))
    thread.start()
    thread.join()
    with tenant_scope(person.tenant):
        rows = SentRecord.objects.filter(tenant_id=tenant_id).order_by("-at", "-id")[: len(records)]
        return sorted(rows, key=lambda row: row.position)


async def _write(settings: Settings, tenant_id: int, submission: Queued) -> None:
    store = Store(settings, 1)
    writer = Writer(store, store, 1)
    await writer.submit(tenant_id, submission)
    await writer.drain()
