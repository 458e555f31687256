"""Survey records, external responses, and the shapes in which the records writer hands them over."""

from __future__ import annotations

from django.db import migrations, models

from rapport.tenants.operations import CompositeForeignKey, EnableRowSecurity

CREATE = """
create type survey_write as (
    id uuid, contact_id uuid, account_id uuid, state text, touchpoint text, order_date timestamptz,
    delivery_vector text, division text, fields jsonb, attributes jsonb
);
create type response_write as (
    id uuid, contact_id uuid, account_id uuid, nps_score smallint, comment text, follow_up_request text,
    follow_up_details text, sent_date timestamptz, response_date timestamptz, touchpoint text, division text,
    attributes jsonb
);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("directory", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ExternalResponse",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("contact_id", models.UUIDField()),
                ("account_id", models.UUIDField(null=True)),
                ("nps_score", models.SmallIntegerField()),
                ("comment", models.TextField(null=True)),
                ("follow_up_request", models.TextField(null=True)),
                ("follow_up_details", models.TextField(null=True)),
                ("sent_date", models.DateTimeField()),
                ("response_date", models.DateTimeField()),
                ("touchpoint", models.TextField(null=True)),
                ("division", models.TextField(null=True)),
                ("attributes", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "external_responses",
                "indexes": [models.Index(fields=["tenant_id", "contact_id"], name="external_responses_contact")],
            },
        ),
        migrations.CreateModel(
            name="SurveyRecord",
            fields=[
                ("tenant_id", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("contact_id", models.UUIDField()),
                ("account_id", models.UUIDField(null=True)),
                ("state", models.TextField(choices=[("queued", "Queued")])),
                ("touchpoint", models.TextField(null=True)),
                ("order_date", models.DateTimeField(null=True)),
                ("delivery_vector", models.TextField(null=True)),
                ("division", models.TextField(null=True)),
                ("fields", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("attributes", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "survey_records",
                "indexes": [
                    models.Index(fields=["tenant_id", "contact_id"], name="survey_records_contact"),
                    models.Index(
                        condition=models.Q(("state", "queued")),
                        fields=["tenant_id", "created_at"],
                        name="survey_records_queued",
                    ),
                ],
            },
        ),
        *(
            operation
            for table in ("survey_records", "external_responses")
            for operation in (
                CompositeForeignKey(table, "contact_id", to="contacts"),
                CompositeForeignKey(table, "account_id", to="accounts"),
                EnableRowSecurity(table),
            )
        ),
        migrations.RunSQL(CREATE, "drop type survey_write, response_write"),
    ]
