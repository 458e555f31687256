"""Surveys with their versions, answers with their pages, links, suppressions; survey records get their life."""

from __future__ import annotations

import django.db.models.functions.datetime
import uuid_utils.compat
from django.db import migrations, models

import rapport.history.models
from rapport.tenants.operations import CompositeForeignKey, EnableRowSecurity


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0003_last_record"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "feed", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("feed", models.TextField(choices=[("responses", "Responses"), ("non-responses", "Non Responses")])),
                ("seq", models.BigIntegerField()),
                ("object_type", models.TextField()),
                ("object_id", models.UUIDField()),
            ],
            options={
                "db_table": "feed_entries",
            },
        ),
        migrations.CreateModel(
            name="Fetch",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "purpose",
                        "object_id",
                        "score",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("purpose", models.TextField(choices=[("a", "Answer"), ("u", "Unsubscribe"), ("t", "Touchpoint")])),
                ("object_id", models.UUIDField()),
                ("score", models.SmallIntegerField(db_default=-1)),
                ("fetches", models.IntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("device", models.TextField()),
                ("user_agent", models.TextField(null=True)),
                ("trapped", models.IntegerField(db_default=0)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("accepted_by", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "link_fetches",
            },
        ),
        migrations.CreateModel(
            name="LinkKey",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("secret", models.BinaryField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "link_keys",
            },
        ),
        migrations.CreateModel(
            name="Response",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("number", models.BigIntegerField()),
                ("survey_record_id", models.UUIDField(null=True)),
                ("survey_id", models.UUIDField()),
                ("survey_version", models.IntegerField()),
                ("contact_id", models.UUIDField(null=True)),
                ("account_id", models.UUIDField(null=True)),
                ("campaign_id", models.UUIDField(null=True)),
                ("touchpoint", models.TextField(null=True)),
                ("nps_score", models.SmallIntegerField(null=True)),
                ("comment", models.TextField(null=True)),
                ("answers", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("follow_up_request", models.BooleanField(null=True)),
                ("language", models.TextField()),
                ("channel", models.TextField(choices=[("link", "By link"), ("touchpoint", "At a touchpoint")])),
                ("started_at", models.DateTimeField()),
                ("paged_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("entered_seq", models.BigIntegerField(null=True)),
                ("corrections", models.IntegerField(db_default=0)),
                (
                    "follow_up_state",
                    models.TextField(
                        choices=[("open", "Open"), ("in_progress", "In Progress"), ("closed", "Closed")],
                        db_default="open",
                    ),
                ),
                ("assignee_id", models.UUIDField(null=True)),
                ("version", models.IntegerField(db_default=1)),
                ("last_record", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "responses",
            },
        ),
        migrations.CreateModel(
            name="ResponsePage",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "response_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("response_id", models.UUIDField()),
                ("number", models.IntegerField()),
                ("nonce", models.BinaryField()),
                ("digest", models.BinaryField()),
                ("page", models.TextField()),
                ("survey_id", models.UUIDField()),
                ("survey_version", models.IntegerField()),
                ("content", models.JSONField()),
                ("language", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("arrived_at", models.DateTimeField()),
                ("device", models.TextField()),
                ("user_agent", models.TextField(null=True)),
                ("record", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "response_pages",
            },
        ),
        migrations.CreateModel(
            name="Suppressed",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "key", "list", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.TextField()),
                ("list", models.TextField(choices=[("unsubscribe", "Unsubscribed"), ("bounce", "Bounced")])),
                ("suppression_id", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "suppressed",
            },
        ),
        migrations.CreateModel(
            name="Suppression",
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
                ("list", models.TextField(choices=[("unsubscribe", "Unsubscribed"), ("bounce", "Bounced")])),
                ("act", models.TextField(choices=[("added", "Added"), ("lifted", "Lifted")])),
                ("kind", models.TextField(choices=[("email", "E-mail"), ("phone", "Phone"), ("domain", "Domain")])),
                ("address", models.TextField(null=True)),
                ("key", models.TextField()),
                ("source", models.TextField()),
                ("reason", models.TextField(null=True)),
                ("proof", models.JSONField(null=True)),
                ("actor_type", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("request_id", models.TextField()),
            ],
            options={
                "db_table": "suppressions",
            },
        ),
        migrations.CreateModel(
            name="Survey",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField(default=uuid_utils.compat.uuid7)),
                ("reference", models.TextField()),
                ("name", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("archived", "Archived")], db_default="draft"
                    ),
                ),
                ("is_default", models.BooleanField(db_default=False)),
                ("version", models.IntegerField(db_default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "surveys",
            },
        ),
        migrations.CreateModel(
            name="SurveyVersion",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "survey_id",
                        "version",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("survey_id", models.UUIDField()),
                ("version", models.IntegerField()),
                ("document", rapport.history.models.PlainJSONField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor_type", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.TextField()),
            ],
            options={
                "db_table": "survey_versions",
            },
        ),
        migrations.CreateModel(
            name="TouchpointLink",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "touchpoint_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("touchpoint_id", models.UUIDField()),
                ("survey_id", models.UUIDField(null=True)),
                ("generation", models.IntegerField(db_default=0)),
                ("opened_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "touchpoint_links",
            },
        ),
        migrations.AddField(
            model_name="externalresponse",
            name="number",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="answered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="campaign_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="closes_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="generation",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="number",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="origin",
            field=models.TextField(
                choices=[
                    ("record", "By a record"),
                    ("hand", "By hand"),
                    ("api", "By the API"),
                    ("campaign", "By a campaign"),
                ],
                db_default="record",
            ),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="sent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="started_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="survey_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="survey_version",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="surveyrecord",
            name="version",
            field=models.IntegerField(db_default=1),
        ),
        migrations.AlterField(
            model_name="surveyrecord",
            name="state",
            field=models.TextField(
                choices=[
                    ("queued", "Queued"),
                    ("sent", "Sent"),
                    ("started", "Started"),
                    ("answered", "Answered"),
                    ("closed", "Closed"),
                    ("cancelled", "Cancelled"),
                ]
            ),
        ),
        migrations.AddConstraint(
            model_name="surveyrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("queued", "sent", "started", "answered", "closed", "cancelled"))),
                name="survey_records_state",
            ),
        ),
        migrations.AddIndex(
            model_name="response",
            index=models.Index(
                condition=models.Q(("contact_id__isnull", False)),
                fields=["tenant_id", "contact_id"],
                name="responses_contact",
            ),
        ),
        migrations.AddIndex(
            model_name="response",
            index=models.Index(
                condition=models.Q(("account_id__isnull", False)),
                fields=["tenant_id", "account_id"],
                name="responses_account",
            ),
        ),
        migrations.AddIndex(
            model_name="response",
            index=models.Index(fields=["tenant_id", "entered_seq"], name="responses_entered"),
        ),
        migrations.AddIndex(
            model_name="response",
            index=models.Index(fields=["tenant_id", "updated_at", "id"], name="responses_updated"),
        ),
        migrations.AddIndex(
            model_name="response",
            index=models.Index(
                condition=models.Q(("entered_seq__isnull", True)),
                fields=["tenant_id", "paged_at"],
                name="responses_begun",
            ),
        ),
        migrations.AddConstraint(
            model_name="response",
            constraint=models.UniqueConstraint(
                condition=models.Q(("survey_record_id__isnull", False)),
                fields=("tenant_id", "survey_record_id"),
                name="responses_survey_record",
            ),
        ),
        migrations.AddConstraint(
            model_name="response",
            constraint=models.CheckConstraint(
                condition=models.Q(("follow_up_state__in", ("open", "in_progress", "closed"))),
                name="responses_follow_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsepage",
            constraint=models.UniqueConstraint(
                fields=("tenant_id", "response_id", "nonce", "digest"), name="response_pages_rendering"
            ),
        ),
        migrations.AddIndex(
            model_name="suppressed",
            index=models.Index(fields=["tenant_id", "list", "at", "key"], name="suppressed_list"),
        ),
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(fields=["tenant_id", "key", "id"], name="suppressions_key"),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.UniqueConstraint(fields=("tenant_id", "reference"), name="surveys_reference"),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("tenant_id",), name="surveys_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("draft", "live", "archived"))), name="surveys_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_default", False), ("state", "live"), _connector="OR"),
                name="surveys_default_is_live",
            ),
        ),
        CompositeForeignKey("survey_versions", "survey_id", to="surveys"),
        CompositeForeignKey("responses", "survey_record_id", to="survey_records"),
        CompositeForeignKey("response_pages", "response_id", to="responses"),
        *(
            EnableRowSecurity(table)
            for table in (
                "surveys",
                "survey_versions",
                "responses",
                "response_pages",
                "link_fetches",
                "feed_entries",
                "link_keys",
                "touchpoint_links",
                "suppressions",
                "suppressed",
            )
        ),
    ]
