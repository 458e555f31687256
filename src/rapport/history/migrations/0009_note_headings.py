"""Unmapped headings give way by worth and age (db/functions/unmapped_2.sql); the old function stays for old workers."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

FUNCTION = resources.files("rapport.db").joinpath("functions/unmapped_2.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("history", "0008_ledger_indexes")]

    operations = [migrations.RunSQL(FUNCTION, "drop function note_headings_2")]
