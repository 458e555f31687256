"""Automated campaigns: what they take, deliveries for a survey record, and the steps of the ledger that know it."""

from __future__ import annotations

import re
from importlib import resources

from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity

STEPS = resources.files("rapport.db").joinpath("functions/campaigns_1.sql").read_text(encoding="utf-8")
#: A database that has them already gets those of today; the types are the same.
RENEWED = re.sub(r"^create type .*?\);$", "", STEPS, flags=re.MULTILINE | re.DOTALL)
RENEWED = re.sub(r"^create function ", "create or replace function ", RENEWED, flags=re.MULTILINE)


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_ledger"),
    ]

    operations = [
        migrations.CreateModel(
            name="TakingHead",
            fields=[
                ("tenant_id", models.IntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "taking_heads",
            },
        ),
        migrations.RemoveConstraint(
            model_name="delivery",
            name="deliveries_contact",
        ),
        migrations.AddField(
            model_name="campaign",
            name="after_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="by_order_date",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="delay_seconds",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="campaign",
            name="is_default",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="mode",
            field=models.TextField(choices=[("manual", "Manual"), ("automated", "Automated")], db_default="manual"),
        ),
        migrations.AddField(
            model_name="campaign",
            name="priority",
            field=models.IntegerField(db_default=100),
        ),
        migrations.AddField(
            model_name="delivery",
            name="subject_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="looked",
            field=models.IntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("tenant_id",), name="campaigns_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("tenant_id", "contact_id", "campaign_id", "wave", "subject_id"),
                name="deliveries_subject",
                nulls_distinct=False,
            ),
        ),
        EnableRowSecurity("taking_heads"),
        migrations.RunSQL(RENEWED, migrations.RunSQL.noop),
    ]
