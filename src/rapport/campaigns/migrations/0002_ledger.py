"""The steps of a delivery (db/functions/campaigns_1.sql)."""

from __future__ import annotations

import re
from importlib import resources

from django.db import migrations

CREATE = resources.files("rapport.db").joinpath("functions/campaigns_1.sql").read_text(encoding="utf-8")
FUNCTIONS = re.findall(r"^create function (\w+)\(", CREATE, re.MULTILINE)
DROP = f"drop function {', '.join(reversed(FUNCTIONS))}; drop type outcome_1, move_1"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("history", "0014_campaign")]

    operations = [migrations.RunSQL(CREATE, DROP)]
