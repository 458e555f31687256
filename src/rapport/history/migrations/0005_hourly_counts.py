"""Counts of records by hour."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("history", "0004_unmapped")]

    operations = [
        migrations.CreateModel(
            name="HourlyCount",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "hour", "actor_type", "actor_id", "configuration_id", "outcome",
                        blank=True, editable=False, primary_key=True, serialize=False,
                    ),
                ),
                ("hour", models.DateTimeField()),
                (
                    "actor_type",
                    models.TextField(
                        choices=[("app", "App"), ("user", "User"), ("import", "Import"), ("webhook", "Webhook")]
                    ),
                ),
                ("actor_id", models.UUIDField()),
                ("configuration_id", models.UUIDField()),
                ("outcome", models.TextField()),
                ("records", models.BigIntegerField()),
                ("records_ignored", models.BigIntegerField()),
                ("last_at", models.DateTimeField()),
            ],
            options={"db_table": "hourly_counts"},
        ),
        EnableRowSecurity("hourly_counts"),
    ]  # fmt: skip
