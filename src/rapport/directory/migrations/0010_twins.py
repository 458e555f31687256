"""Contacts and accounts that are likely to be one."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [("directory", "0009_merges")]

    operations = [
        migrations.CreateModel(
            name="TwinKey",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "object_type", "key", "object_id",
                        blank=True, editable=False, primary_key=True, serialize=False,
                    ),
                ),
                ("object_type", models.TextField()),
                ("key", models.TextField()),
                ("object_id", models.UUIDField()),
            ],
            options={
                "db_table": "twin_keys",
                "indexes": [models.Index(fields=["tenant_id", "object_id"], name="twin_keys_object")],
            },
        ),
        migrations.CreateModel(
            name="Twin",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("object_type", models.TextField()),
                ("first_id", models.UUIDField()),
                ("second_id", models.UUIDField()),
                ("reason", models.TextField()),
                ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("dismissed_at", models.DateTimeField(null=True)),
                ("dismissed_by", models.TextField(null=True)),
            ],
            options={
                "db_table": "twins",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "first_id", "second_id"), name="twins_pair")
                ],
                "indexes": [
                    models.Index(fields=["tenant_id", "second_id"], name="twins_second"),
                    models.Index(
                        condition=models.Q(("dismissed_at__isnull", True)),
                        fields=["tenant_id", "found_at", "id"],
                        name="twins_open",
                    ),
                    models.Index(
                        condition=models.Q(("dismissed_at__isnull", False)),
                        fields=["tenant_id", "dismissed_at", "id"],
                        name="twins_dismissed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TwinHead",
            fields=[
                ("tenant_id", models.IntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(db_default=0)),
            ],
            options={"db_table": "twin_heads"},
        ),
        EnableRowSecurity("twin_keys"),
        EnableRowSecurity("twins"),
        EnableRowSecurity("twin_heads"),
    ]  # fmt: skip
