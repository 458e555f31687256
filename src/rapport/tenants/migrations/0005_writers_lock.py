"""The function that takes a tenant's writers lock where its rows are (db/functions/writers_1.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

FUNCTION = resources.files("rapport.db").joinpath("functions/writers_1.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_policies")]

    operations = [migrations.RunSQL(FUNCTION, "drop function lock_writers_1")]
