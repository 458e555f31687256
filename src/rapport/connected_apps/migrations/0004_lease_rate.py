"""The lease of a rate sets its tenant itself (db/functions/rates_2.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

FUNCTION = resources.files("rapport.db").joinpath("functions/rates_2.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("connected_apps", "0003_webhooks")]

    operations = [migrations.RunSQL(FUNCTION, "drop function lease_rate_2")]
