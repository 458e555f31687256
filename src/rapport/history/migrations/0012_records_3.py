"""The writer numbers survey records and external responses (db/functions/records_3.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

CREATE = resources.files("rapport.db").joinpath("functions/records_3.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0011_respondent"),
        ("tenants", "0006_number"),
        ("surveys", "0004_asking"),
    ]

    operations = [migrations.RunSQL(CREATE, "drop function write_group_3; drop type survey_write_3")]
