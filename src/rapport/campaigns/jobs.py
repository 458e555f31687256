"""Reads the mailboxes in which reports of bounces arrive, in the worker."""

from __future__ import annotations

from procrastinate.contrib.django import app

from rapport.tenants import upkeep
from rapport.tenants.models import Tenant
from rapport.tenants.queue import LONG

from .bounces import fetching


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="campaigns.fetch_bounces", queue=LONG)
def fetch_bounces(timestamp: int) -> None:
    """Visits each system's mailbox. Twice does no harm: a report that is there already changes nothing."""
    upkeep.each_tenant(_visit)


def _visit(tenant: Tenant) -> None:
    fetching.visit(tenant.pk)
