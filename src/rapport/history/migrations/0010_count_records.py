"""The function that adds up counts on the tenant's node (db/functions/counts_1.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

FUNCTION = resources.files("rapport.db").joinpath("functions/counts_1.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("history", "0009_note_headings")]

    operations = [migrations.RunSQL(FUNCTION, "drop function count_records_1")]
