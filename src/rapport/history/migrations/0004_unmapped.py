"""Values that no configuration maps, and the function that adds them up (db/functions/unmapped_1.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations, models

from rapport.tenants.operations import EnableRowSecurity

FUNCTION = resources.files("rapport.db").joinpath("functions/unmapped_1.sql").read_text(encoding="utf-8")
TABLES = ("unmapped_headings", "unmapped_values", "mapped_headings")


def key(*columns: str) -> models.CompositePrimaryKey:
    return models.CompositePrimaryKey(*columns, blank=True, editable=False, primary_key=True, serialize=False)


class Migration(migrations.Migration):
    dependencies = [("history", "0003_records_functions")]

    operations = [
        migrations.CreateModel(
            name="UnmappedHeading",
            fields=[
                ("tenant_id", models.IntegerField()),
                ("pk", key("tenant_id", "configuration_id", "heading")),
                ("configuration_id", models.UUIDField()),
                ("heading", models.TextField()),
                ("count", models.BigIntegerField()),
                ("first_seen", models.DateTimeField()),
                ("last_seen", models.DateTimeField()),
                ("dismissed_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "unmapped_headings"},
        ),
        migrations.CreateModel(
            name="UnmappedValue",
            fields=[
                ("tenant_id", models.IntegerField()),
                ("pk", key("tenant_id", "configuration_id", "heading", "id")),
                ("configuration_id", models.UUIDField()),
                ("heading", models.TextField()),
                ("id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("value", models.TextField()),
                ("email_key", models.TextField(null=True)),
                ("phone_key", models.TextField(null=True)),
            ],
            options={"db_table": "unmapped_values"},
        ),
        migrations.CreateModel(
            name="MappedHeading",
            fields=[
                ("tenant_id", models.IntegerField()),
                ("pk", key("tenant_id", "configuration_id", "heading")),
                ("configuration_id", models.UUIDField()),
                ("heading", models.TextField()),
                ("last_seen", models.DateTimeField()),
            ],
            options={"db_table": "mapped_headings"},
        ),
        *(EnableRowSecurity(table) for table in TABLES),
        migrations.RunSQL(FUNCTION, "drop function note_headings_1"),
    ]
