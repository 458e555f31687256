"""A feed beside the forms: records through ingest's own writer, each batch from a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rapport.db.write import Actor
from rapport.ingest.store import Store
from rapport.ingest.submission import Queued
from rapport.ingest.writer import Writer
from tests.records.shelves import DEFAULTS

if TYPE_CHECKING:
    from rapport.records.receipt import Receipt
    from rapport.settings import Settings


def feed(settings: Settings, tenant_id: int, app_id: UUID, *records: dict[str, Any]) -> list[Receipt]:
    """What became of the records; the key `""` of a record names its configuration, `contact` without it."""
    receipts: list[Receipt] = []

    def run() -> None:
        receipts.extend(asyncio.run(_write(settings, tenant_id, app_id, records)))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(receipts) == len(records)
    return receipts


async def _write(settings: Settings, tenant_id: int, app_id: UUID, records: Any) -> list[Receipt]:
    store = Store(settings, 1)
    writer = Writer(store, store, 1)
    results = [await writer.submit(tenant_id, submission(app_id, record)) for record in records]
    await writer.drain()
    return [result.receipts[0] for result in results]


def submission(app_id: UUID, record: dict[str, Any]) -> Queued:
    """A record of a feed; the key `""` names its configuration."""
    mapping = DEFAULTS[record.get("", "contact")]
    return Queued(
        actor=Actor("app", app_id),
        request_id="feed",
        configuration_id=None,
        type=mapping.type,
        records=[mapping.prepare({heading: text for heading, text in record.items() if heading})],
        keep_sent=True,
    )


def first_id(receipt: Receipt) -> UUID:
    """The id of a receipt's primary object, in the class that Django knows."""
    return UUID(str(receipt.objects[0].id))
