"""Objects that are deleted, come back and are merged, as their ledger rows say (db/functions/rewrites_1.sql)."""

from __future__ import annotations

from importlib import resources

from django.db import migrations, models

CREATE = resources.files("rapport.db").joinpath("functions/rewrites_1.sql").read_text(encoding="utf-8")
DROP = """
drop function rewrite_objects_1, released_keys_1, customised_1, patched_1, following_record_1;
drop type rewritten_1, rewrite_1;
"""
ACTORS = [
    ("app", "App"),
    ("user", "User"),
    ("import", "Import"),
    ("webhook", "Webhook"),
    ("respondent", "Respondent"),
    ("campaign", "Campaign"),
    ("undo", "Undo"),
    ("replay", "Replay"),
    ("command", "Command"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0014_campaign"),
    ]

    operations = [
        migrations.AlterField("change", "actor_type", models.TextField(choices=ACTORS)),
        migrations.AlterField("hourlycount", "actor_type", models.TextField(choices=ACTORS)),
        migrations.RunSQL(CREATE, DROP),
    ]
