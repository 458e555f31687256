"""The functions that the records writer calls (db/functions/records_1.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations

CREATE = resources.files("rapport.db").joinpath("functions/records_1.sql").read_text(encoding="utf-8")
DROP = """
drop function write_group_1, guard_1, read_answers_1, read_activities_1, read_contacts_1, read_linked_accounts_1,
    read_accounts_1;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0002_write_types"),
        ("directory", "0003_activities"),
        ("surveys", "0001_initial"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
