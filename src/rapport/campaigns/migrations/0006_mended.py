"""Bounces count since a campaign was last resumed; the steps of the ledger that know it."""

from __future__ import annotations

import re
from importlib import resources

from django.db import migrations, models

FUNCTIONS = resources.files("rapport.db").joinpath("functions")
STEPS = "".join(FUNCTIONS.joinpath(f"{name}_1.sql").read_text(encoding="utf-8") for name in ("campaigns", "bounces"))
#: A database that has them already gets those of today; the types are the same.
RENEWED = re.sub(r"^create type .*?\);$", "", STEPS, flags=re.MULTILINE | re.DOTALL)
RENEWED = re.sub(r"^create function ", "create or replace function ", RENEWED, flags=re.MULTILINE)


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_provider"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="past_mails",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="campaign",
            name="past_bounces",
            field=models.IntegerField(db_default=0),
        ),
        migrations.RunSQL(RENEWED, migrations.RunSQL.noop),
    ]
