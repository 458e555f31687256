"""The number that a tenant's newest survey record or external response was given."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_writers_lock")]

    operations = [migrations.AddField("tenanthead", "number", models.BigIntegerField(db_default=0))]
