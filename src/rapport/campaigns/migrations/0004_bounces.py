"""What came back to mails, and the mailbox that it is fetched from."""

from __future__ import annotations

from importlib import resources

import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity

CREATE = resources.files("rapport.db").joinpath("functions/bounces_1.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_automated"),
    ]

    operations = [
        migrations.CreateModel(
            name="BounceMailbox",
            fields=[
                ("tenant_id", models.IntegerField(primary_key=True, serialize=False)),
                ("host", models.TextField()),
                ("port", models.IntegerField()),
                (
                    "security",
                    models.TextField(choices=[("imaps", "TLS"), ("imap+tls", "STARTTLS"), ("imap", "Not encrypted")]),
                ),
                ("user_name", models.TextField()),
                ("password", models.BinaryField()),
                ("folder", models.TextField(db_default="INBOX")),
                ("uid_validity", models.BigIntegerField(null=True)),
                ("last_uid", models.BigIntegerField(db_default=0)),
                ("fault", models.TextField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(db_default=1)),
            ],
            options={
                "db_table": "bounce_mailboxes",
            },
        ),
        migrations.CreateModel(
            name="BounceReport",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("at", models.DateTimeField()),
                ("digest", models.BinaryField()),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("hard", "Nobody there"),
                            ("soft", "Not taken"),
                            ("delayed", "Delayed"),
                            ("complaint", "Complaint"),
                            ("notice", "No bounce"),
                            ("unknown", "Not understood"),
                        ]
                    ),
                ),
                (
                    "source",
                    models.TextField(
                        choices=[("api", "By API"), ("mailbox", "From the mailbox"), ("provider", "By the provider")]
                    ),
                ),
                ("delivery_id", models.UUIDField(null=True)),
                ("campaign_id", models.UUIDField(null=True)),
                ("contact_id", models.UUIDField(null=True)),
                ("address", models.TextField(null=True)),
                ("said", models.TextField(db_default="")),
                ("content", models.TextField(null=True)),
                ("open", models.BooleanField(db_default=False)),
            ],
            options={
                "db_table": "bounce_reports",
                "indexes": [
                    models.Index(fields=["tenant_id", "delivery_id"], name="bounce_reports_delivery"),
                    models.Index(
                        condition=models.Q(("open", True)), fields=["tenant_id", "id"], name="bounce_reports_open"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("tenant_id", "digest"), name="bounce_reports_digest")],
            },
        ),
        EnableRowSecurity("bounce_reports"),
        EnableRowSecurity("bounce_mailboxes"),
        migrations.RunSQL(CREATE, "drop function note_bounce_1"),
    ]
