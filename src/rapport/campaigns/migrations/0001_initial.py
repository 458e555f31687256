"""Campaigns, their texts and plans, the ledger of sending, mail servers."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import CompositeForeignKey, EnableRowSecurity


class Migration(migrations.Migration):
    initial = True

    dependencies = [("surveys", "0005_unnumbered"), ("directory", "0007_keys")]

    operations = [
        migrations.CreateModel(
            name="CampaignCount",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "campaign_id",
                        "wave",
                        "state",
                        "reason",
                        "bucket",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("campaign_id", models.UUIDField()),
                ("wave", models.SmallIntegerField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("queued", "Queued"),
                            ("scheduled", "Scheduled"),
                            ("claimed", "Claimed"),
                            ("handed over", "Handed over"),
                            ("sent", "Sent"),
                            ("deferred", "Deferred"),
                            ("bounced", "Bounced"),
                            ("failed", "Failed"),
                            ("skipped", "Skipped"),
                            ("cancelled", "Cancelled"),
                            ("in doubt", "In doubt"),
                        ]
                    ),
                ),
                ("reason", models.TextField()),
                ("bucket", models.SmallIntegerField()),
                ("count", models.BigIntegerField()),
            ],
            options={
                "db_table": "campaign_counts",
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "campaign_id",
                        "part",
                        "language",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("campaign_id", models.UUIDField()),
                (
                    "part",
                    models.TextField(
                        choices=[("first", "First message"), ("reminder", "Reminder")], db_default="first"
                    ),
                ),
                ("language", models.TextField()),
                ("subject", models.TextField()),
                ("preheader", models.TextField(db_default="")),
                ("body", models.TextField()),
            ],
            options={
                "db_table": "messages",
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "campaign_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("campaign_id", models.UUIDField()),
                ("hash", models.BinaryField()),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("seen", models.JSONField()),
                ("chosen", models.IntegerField()),
                ("send", models.IntegerField()),
                ("skip", models.JSONField()),
                ("examples", models.JSONField()),
                ("started_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "plans",
            },
        ),
        migrations.CreateModel(
            name="RestHold",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "key", "fields", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.TextField()),
                ("fields", models.TextField()),
                ("delivery_id", models.UUIDField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("asked_by", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "rest_holds",
            },
        ),
        migrations.CreateModel(
            name="SenderLease",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "sender_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("sender_id", models.UUIDField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "db_table": "sender_leases",
            },
        ),
        migrations.CreateModel(
            name="SendingRate",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "object_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("object_id", models.UUIDField()),
                ("next_at", models.DateTimeField()),
            ],
            options={
                "db_table": "sending_rates",
            },
        ),
        migrations.CreateModel(
            name="SendingRules",
            fields=[
                ("tenant_id", models.IntegerField(primary_key=True, serialize=False)),
                ("rest_on", models.BooleanField(db_default=True)),
                ("rest_days", models.IntegerField(db_default=30)),
                ("rest_fields", models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ("sender_name", models.TextField(db_default="")),
                ("sender_address", models.TextField(db_default="")),
                ("reply_to", models.TextField(null=True)),
                ("server_id", models.UUIDField(null=True)),
                ("version", models.IntegerField(db_default=1)),
            ],
            options={
                "db_table": "sending_rules",
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("name", models.TextField()),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("introduction", "Introduction"),
                            ("invitation", "Invitation"),
                            ("reminder", "Reminder"),
                            ("general", "General"),
                        ]
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("draft", "Draft"),
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        db_default="draft",
                    ),
                ),
                ("survey_id", models.UUIDField(null=True)),
                ("recipients", models.JSONField()),
                ("sender_name", models.TextField()),
                ("sender_address", models.TextField()),
                ("reply_to", models.TextField(null=True)),
                ("server_id", models.UUIDField(null=True)),
                ("reminders", models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ("rest_days", models.IntegerField(null=True)),
                ("rate", models.IntegerField(null=True)),
                ("window", models.JSONField(null=True)),
                ("spread_seconds", models.IntegerField(db_default=0)),
                ("version", models.IntegerField(db_default=1)),
                ("start_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("waves", models.SmallIntegerField(db_default=0)),
                ("reason", models.TextField(null=True)),
                ("fact", models.JSONField(null=True)),
                ("errors", models.IntegerField(db_default=0)),
                ("error_kind", models.TextField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "campaigns",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("running", "paused"))),
                        fields=["tenant_id", "id"],
                        name="campaigns_running",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("draft", "planned", "running", "paused", "done", "cancelled"))
                        ),
                        name="campaigns_state",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("campaign_id", models.UUIDField()),
                ("wave", models.SmallIntegerField()),
                ("contact_id", models.UUIDField()),
                ("survey_record_id", models.UUIDField(null=True)),
                ("address", models.TextField(null=True)),
                ("address_key", models.TextField(null=True)),
                ("language", models.TextField(null=True)),
                ("zone", models.TextField(null=True)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("queued", "Queued"),
                            ("scheduled", "Scheduled"),
                            ("claimed", "Claimed"),
                            ("handed over", "Handed over"),
                            ("sent", "Sent"),
                            ("deferred", "Deferred"),
                            ("bounced", "Bounced"),
                            ("failed", "Failed"),
                            ("skipped", "Skipped"),
                            ("cancelled", "Cancelled"),
                            ("in doubt", "In doubt"),
                        ]
                    ),
                ),
                ("reason", models.TextField(null=True)),
                ("fact", models.JSONField(null=True)),
                ("due_at", models.DateTimeField()),
                ("claim", models.IntegerField(db_default=0)),
                ("sender_id", models.UUIDField(null=True)),
                ("tries", models.SmallIntegerField(db_default=0)),
                ("tried_at", models.DateTimeField(null=True)),
                ("handed_over_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "deliveries",
                "indexes": [
                    models.Index(fields=["tenant_id", "campaign_id", "state", "id"], name="deliveries_listed"),
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "scheduled", "deferred"))),
                        fields=["tenant_id", "campaign_id", "due_at", "id"],
                        name="deliveries_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("claimed", "handed over"))),
                        fields=["tenant_id", "sender_id"],
                        name="deliveries_taken",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "contact_id", "campaign_id", "wave"), name="deliveries_contact"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                (
                                    "queued",
                                    "scheduled",
                                    "claimed",
                                    "handed over",
                                    "sent",
                                    "deferred",
                                    "bounced",
                                    "failed",
                                    "skipped",
                                    "cancelled",
                                    "in doubt",
                                ),
                            )
                        ),
                        name="deliveries_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("name", models.TextField()),
                ("conditions", models.JSONField()),
                ("version", models.IntegerField(db_default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "segments",
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "name"), name="segments_name")],
            },
        ),
        migrations.CreateModel(
            name="SmtpServer",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("name", models.TextField()),
                ("host", models.TextField()),
                ("port", models.IntegerField()),
                (
                    "security",
                    models.TextField(choices=[("smtp", "Not encrypted"), ("smtp+tls", "STARTTLS"), ("smtps", "TLS")]),
                ),
                ("user_name", models.TextField(db_default="")),
                ("password", models.BinaryField(null=True)),
                ("rate", models.IntegerField(null=True)),
                ("connections", models.SmallIntegerField(db_default=5)),
                ("fault", models.TextField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(db_default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "smtp_servers",
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "name"), name="smtp_servers_name")],
            },
        ),
        CompositeForeignKey("messages", "campaign_id", to="campaigns"),
        CompositeForeignKey("plans", "campaign_id", to="campaigns"),
        *(
            EnableRowSecurity(table)
            for table in (
                "campaigns",
                "messages",
                "segments",
                "plans",
                "deliveries",
                "campaign_counts",
                "rest_holds",
                "sender_leases",
                "sending_rates",
                "smtp_servers",
                "sending_rules",
            )
        ),
    ]
