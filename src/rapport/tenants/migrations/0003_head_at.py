"""The time of a tenant's newest ledger entry."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_audit")]

    operations = [migrations.AddField("tenanthead", "at", models.DateTimeField(null=True))]
