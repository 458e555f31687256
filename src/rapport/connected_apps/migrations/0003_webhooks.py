"""Webhooks, and how Connected Apps share their rate."""

from __future__ import annotations

from importlib import resources

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity

FUNCTION = resources.files("rapport.db").joinpath("functions/rates_1.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("connected_apps", "0002_configurations"),
        ("configurations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="RateLease",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "app_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("app_id", models.UUIDField()),
                ("window_start", models.DateTimeField()),
                ("taken", models.BigIntegerField()),
            ],
            options={"db_table": "rate_leases"},
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("public_id", models.TextField()),
                ("configuration_id", models.UUIDField()),
                ("user_name", models.TextField()),
                ("hash", models.BinaryField()),
                ("active", models.BooleanField(db_default=True, default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_used_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "webhooks",
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "public_id"), name="webhooks_public_id")],
            },
        ),
        migrations.RunSQL(
            # A webhook goes with its configuration.
            "alter table webhooks add constraint webhooks_configuration_id_fkey"
            " foreign key (tenant_id, configuration_id) references configurations (tenant_id, id) on delete cascade",
            "alter table webhooks drop constraint webhooks_configuration_id_fkey",
        ),
        EnableRowSecurity("webhooks"),
        EnableRowSecurity("rate_leases"),
        migrations.RunSQL(FUNCTION, "drop function lease_rate_1"),
    ]
