"""Tenants and their head rows."""

from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity, StorageParameters


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TenantHead",
            fields=[
                ("tenant_id", models.IntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(db_default=0)),
            ],
            options={
                "db_table": "tenant_heads",
            },
        ),
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("slug", models.TextField()),
                ("name", models.TextField()),
                ("region", models.TextField()),
                ("time_zone", models.TextField(db_default="UTC")),
                ("sent_days", models.IntegerField(db_default=30)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "db_table": "tenants",
                "constraints": [models.UniqueConstraint(fields=("slug",), name="tenants_slug")],
            },
        ),
        StorageParameters("tenant_heads", ("fillfactor=10",)),
        EnableRowSecurity("tenant_heads"),
    ]
