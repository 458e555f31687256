"""The upkeep of credentials."""

from __future__ import annotations

from django.db.models.functions import Now
from procrastinate.contrib.django import app

from rapport.tenants import upkeep
from rapport.tenants.models import Tenant
from rapport.tenants.queue import LONG

from .models import AccessToken, AppSecret


@app.periodic(cron="27 * * * *")
@app.task(queue=LONG, queueing_lock="connected_apps.purge")
def purge(timestamp: int) -> None:
    """Deletes access tokens and secrets that have expired. Twice does no harm: they are gone the second time."""
    upkeep.each_tenant(_purge)


def _purge(tenant: Tenant) -> None:
    upkeep.delete(tenant, AccessToken.objects.filter(expires_at__lte=Now()))
    upkeep.delete(tenant, AppSecret.objects.filter(expires_at__lte=Now()))
