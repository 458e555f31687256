"""What answers come to, what people do about them, and which they are told of."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0005_unnumbered"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRule",
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
                ("active", models.BooleanField(db_default=True)),
                (
                    "score_groups",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), db_default=[], default=list, size=None
                    ),
                ),
                ("touchpoint", models.TextField(null=True)),
                ("account_id", models.UUIDField(null=True)),
                ("field", models.TextField(null=True)),
                ("value", models.TextField(null=True)),
                ("follow_up_request", models.BooleanField(db_default=False)),
                (
                    "user_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), db_default=[], default=list, size=None
                    ),
                ),
                ("version", models.IntegerField(db_default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "alert_rules",
            },
        ),
        migrations.CreateModel(
            name="CountedAnswer",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("type", models.TextField()),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("score", models.SmallIntegerField(null=True)),
                ("touchpoint", models.TextField(null=True)),
                ("channel", models.TextField(null=True)),
                ("language", models.TextField(null=True)),
                ("campaign_id", models.UUIDField(null=True)),
                ("survey_id", models.UUIDField(null=True)),
                ("survey_record_id", models.UUIDField(null=True)),
                ("contact_id", models.UUIDField(null=True)),
                ("account_id", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "counted_answers",
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "answer_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("answer_id", models.UUIDField()),
                (
                    "state",
                    models.TextField(
                        choices=[("open", "Open"), ("in_progress", "In Progress"), ("closed", "Closed")],
                        db_default="open",
                    ),
                ),
                ("assignee_id", models.UUIDField(null=True)),
                ("version", models.IntegerField(db_default=1)),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "follow_ups",
            },
        ),
        migrations.CreateModel(
            name="FollowUpNote",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "answer_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("answer_id", models.UUIDField()),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("author_type", models.TextField()),
                ("author_id", models.UUIDField(null=True)),
                ("author_name", models.TextField()),
                ("state", models.TextField(null=True)),
                ("assignee", models.TextField(null=True)),
                ("text", models.TextField(db_default="")),
            ],
            options={
                "db_table": "follow_up_notes",
            },
        ),
        migrations.CreateModel(
            name="ScoreHead",
            fields=[
                ("tenant_id", models.IntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(db_default=0)),
            ],
            options={
                "db_table": "score_heads",
            },
        ),
        migrations.CreateModel(
            name="ScoreDay",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "day",
                        "touchpoint",
                        "campaign_id",
                        "score",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.DateTimeField()),
                ("touchpoint", models.TextField()),
                ("campaign_id", models.UUIDField()),
                ("score", models.SmallIntegerField()),
                ("counted", models.BigIntegerField()),
            ],
            options={
                "db_table": "score_days",
            },
        ),
        migrations.CreateModel(
            name="ScoreHour",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "hour",
                        "touchpoint",
                        "campaign_id",
                        "score",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("touchpoint", models.TextField()),
                ("campaign_id", models.UUIDField()),
                ("score", models.SmallIntegerField()),
                ("counted", models.BigIntegerField()),
            ],
            options={
                "db_table": "score_hours",
            },
        ),
        migrations.RemoveConstraint(
            model_name="response",
            name="responses_follow_up",
        ),
        migrations.RemoveField(
            model_name="response",
            name="assignee_id",
        ),
        migrations.RemoveField(
            model_name="response",
            name="follow_up_state",
        ),
        migrations.AddConstraint(
            model_name="alertrule",
            constraint=models.UniqueConstraint(fields=("tenant_id", "name"), name="alert_rules_name"),
        ),
        migrations.AddIndex(
            model_name="countedanswer",
            index=models.Index(fields=["tenant_id", "seq"], name="counted_answers_seq"),
        ),
        migrations.AddIndex(
            model_name="countedanswer",
            index=models.Index(fields=["tenant_id", "at"], name="counted_answers_at"),
        ),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("assignee_id__isnull", False)),
                fields=["tenant_id", "assignee_id"],
                name="follow_ups_assignee",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("open", "in_progress", "closed"))), name="follow_ups_state"
            ),
        ),
        *(
            EnableRowSecurity(table)
            for table in (
                "score_heads",
                "counted_answers",
                "score_hours",
                "score_days",
                "follow_ups",
                "follow_up_notes",
                "alert_rules",
            )
        ),
    ]
