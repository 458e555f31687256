"""Ledger, partitioned request history, idempotency keys."""

from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models

import rapport.history.models
from rapport.tenants.operations import EnableRowSecurity

REQUESTS = """
create table requests (
    tenant_id integer not null,
    at timestamptz not null,
    id uuid not null,
    request_id text not null,
    position integer not null,
    actor_type text not null,
    actor_id uuid,
    configuration_id uuid,
    status smallint not null,
    outcome text not null,
    objects json not null,
    sent json,
    errors json,
    ignored json,
    warnings json,
    email_key text,
    phone_key text,
    primary key (tenant_id, at, id)
) partition by range (at);
create table requests_default partition of requests default;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Request",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "at",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("id", models.UUIDField()),
                ("request_id", models.TextField()),
                ("position", models.IntegerField()),
                (
                    "actor_type",
                    models.TextField(
                        choices=[
                            ("app", "App"),
                            ("user", "User"),
                            ("import", "Import"),
                            ("webhook", "Webhook"),
                        ]
                    ),
                ),
                ("actor_id", models.UUIDField(null=True)),
                ("configuration_id", models.UUIDField(null=True)),
                ("status", models.SmallIntegerField()),
                ("outcome", models.TextField()),
                ("objects_written", rapport.history.models.PlainJSONField(db_column="objects")),
                ("sent", rapport.history.models.PlainJSONField(null=True)),
                ("errors", rapport.history.models.PlainJSONField(null=True)),
                ("ignored", rapport.history.models.PlainJSONField(null=True)),
                ("warnings", rapport.history.models.PlainJSONField(null=True)),
                ("email_key", models.TextField(null=True)),
                ("phone_key", models.TextField(null=True)),
            ],
            options={
                "db_table": "requests",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "actor_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("actor_id", models.UUIDField()),
                ("key", models.TextField()),
                ("fingerprint", models.BinaryField()),
                ("receipt", rapport.history.models.PlainJSONField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "db_table": "idempotency_keys",
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("object_type", models.TextField()),
                ("object_id", models.UUIDField()),
                ("version", models.IntegerField()),
                ("kind", models.TextField()),
                ("diff", models.JSONField()),
                (
                    "actor_type",
                    models.TextField(
                        choices=[
                            ("app", "App"),
                            ("user", "User"),
                            ("import", "Import"),
                            ("webhook", "Webhook"),
                        ]
                    ),
                ),
                ("actor_id", models.UUIDField(null=True)),
                ("request_id", models.TextField()),
            ],
            options={
                "db_table": "changes",
                "indexes": [
                    models.Index(fields=["tenant_id", "object_id", "seq"], name="changes_object"),
                    models.Index(fields=["tenant_id", "at"], name="changes_at"),
                ],
            },
        ),
        migrations.RunSQL(REQUESTS, "drop table requests"),
        EnableRowSecurity("changes"),
        EnableRowSecurity("requests"),
        EnableRowSecurity("idempotency_keys"),
    ]
