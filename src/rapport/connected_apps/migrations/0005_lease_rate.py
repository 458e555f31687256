"""The lease of a rate bears a clock that goes back, and takes what a batch owes (db/functions/rates_3.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

FUNCTION = resources.files("rapport.db").joinpath("functions/rates_3.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("connected_apps", "0004_lease_rate")]

    operations = [migrations.RunSQL(FUNCTION, "drop function lease_rate_3")]
