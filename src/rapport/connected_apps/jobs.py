"""The upkeep of credentials."""

from __future__ import annotations

from django.db.models.functions import Now
from procrastinate.contrib.django import app

from rapport.tenants.models import Tenant
from rapport.tenants.scope import tenant_scope

from .models import AccessToken, AppSecret


@app.periodic(cron="27 * * * *")
@app.task(queueing_lock="connected_apps.purge")
def purge(timestamp: int) -> None:
    """Deletes access tokens and secrets that have expired. Twice does no harm: they are gone the second time."""
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with tenant_scope(tenant_id):
            for model in (AccessToken, AppSecret):
                model.objects.filter(tenant_id=tenant_id, expires_at__lte=Now()).delete()
